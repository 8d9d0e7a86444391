// Numbers and durations as people read them: the twin of `pages/format.rs`.

const UNITS: readonly (readonly [below: number, one: number, unit: string])[] = [
  [999.5, 1, 'ns'],
  [999.5e3, 1e3, 'µs'],
  [999.5e6, 1e6, 'ms'],
  [59.95e9, 1e9, 's'],
  [3_597e9, 60e9, 'min'],
  [Infinity, 3_600e9, 'h'],
];

/** Three significant digits, a no-break space, the unit: `826 µs`, `1.22 ms`, `2.84 s`. */
export function duration(ns: number): string {
  const [, one, unit] = UNITS.find(([below]) => Math.abs(ns) < below) ?? UNITS[5]!;
  const value = ns / one;
  const size = Math.abs(value);
  const digits = unit === 'ns' || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)}\u00a0${unit}`;
}

/** `6,297`. */
export const count = (n: number): string => n.toLocaleString('en-US');

/** `1 span`, `2 spans`. */
export const counted = (n: number, one: string, many: string): string => `${count(n)} ${n === 1 ? one : many}`;

/** What a path repeats steps back: `/api`, a version and the segment that says the service's own name again. */
export function shortPath(name: string, service: string): string {
  const at = name.search(/(?:^|\s)\//);
  if (at < 0) return name;
  const start = name[at] === '/' ? at : at + 1;
  const segments = name.slice(start + 1).split('/');
  const own = letters(service);
  const steps = [/^(?:api|rest)$/i, /^v\d+$/i, (segment: string) => own.length > 2 && letters(segment).includes(own)];
  let cut = 0;
  for (const step of steps) {
    const segment = segments[cut];
    if (segment === undefined || cut + 1 >= segments.length) break;
    if (typeof step === 'function' ? step(segment) : step.test(segment)) cut++;
  }
  return cut === 0 ? name : `${name.slice(0, start)}…/${segments.slice(cut).join('/')}`;
}

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** A service's name without what most services share. */
export function shortService(name: string, prefix: string, suffix: string): string {
  let rest = prefix && name.length > prefix.length && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (suffix && rest.length > suffix.length && rest.endsWith(suffix)) rest = rest.slice(0, -suffix.length);
  return rest;
}
