// Parts of the heatmap's two axes. Places are shares of its width and height, from the left and from the top.

export type Span = [number, number];

/** Where the plot has its highest and its lowest duration, as `charts.rs` draws it. */
const TOP = 0.08;
const BASE = 0.98;

/** Two places in order, within the plot. */
export function spanOf(a: number, b: number): Span {
  const inside = (place: number): number => Math.min(1, Math.max(0, place));
  return [inside(Math.min(a, b)), inside(Math.max(a, b))];
}

/** The durations of a part of the height, as a search takes them; `axis` is in milliseconds. */
export function durations([top, bottom]: Span, [low, high]: Span): [string, string] {
  const decades = Math.max(1, Math.log10(high) - Math.log10(low));
  const ms = (y: number): number => 10 ** (Math.log10(low) + Math.min(1, Math.max(0, (BASE - y) / (BASE - TOP))) * decades);
  const text = (value: number, round: (value: number) => number): string => `${Math.max(0, round(value * 1_000))}us`;
  return [text(ms(bottom), Math.floor), text(ms(top), Math.ceil)];
}
