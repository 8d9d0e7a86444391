// Ticks of the time axis. All of one axis share unit and decimals, which the step and the far end decide together.

export interface Tick {
  at: number;
  text: string;
}

const UNITS: readonly (readonly [one: number, unit: string])[] = [
  [3_600e9, 'h'],
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

const DECIMALS_MAX = 3;

/** Ticks from `from` to `to`, in nanoseconds, some `wanted` of them. */
export function ticks(from: number, to: number, wanted: number): Tick[] {
  if (!(to > from)) return [];
  const step = niceStep((to - from) / Math.max(1, wanted));
  const [one, unit] = UNITS.find(([one]) => to >= one && decimals(step / one) <= DECIMALS_MAX) ?? UNITS[5]!;
  const digits = decimals(step / one);
  const out: Tick[] = [];
  // Counted in steps: adding them up would drift.
  for (let n = Math.ceil(from / step); n * step <= to; n++) {
    const at = n * step;
    out.push({ at, text: n === 0 ? '0' : `${(at / one).toFixed(digits)}\u00a0${unit}` });
  }
  return out;
}

/** The least of 1, 2, 5 times a power of ten, from a minute on of whole minutes and hours, that is not below `least`. */
export function niceStep(least: number): number {
  const minute = 60e9;
  if (least > 30e9) {
    const whole = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].map((n) => n * minute).find((step) => step >= least);
    if (whole !== undefined) return whole;
    return 60 * minute * power(least / (60 * minute));
  }
  if (least > 20e9) return 30e9;
  return Math.max(1, power(least));
}

function power(least: number): number {
  const ten = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((n) => n * ten >= least * (1 - 1e-9)) ?? 10) * ten;
}

function decimals(step: number): number {
  for (let digits = 0; digits < 12; digits++) {
    const shown = step * 10 ** digits;
    if (Math.round(shown) >= 1 && Math.abs(shown - Math.round(shown)) < 1e-6 * shown) return digits;
  }
  return 12;
}
