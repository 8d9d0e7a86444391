// Colours and fonts for canvases, read from the tokens of the style sheet: a theme is a set of values, not of code.
import { type Skeleton, serviceOf } from './skeleton';

const COLOURS = 20;
const SPLIT = 1 << 8;

export interface Ink {
  readonly bg0: string;
  readonly bg1: string;
  readonly ink1: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly ink4: string;
  readonly line1: string;
  readonly err: string;
  readonly errMark: string;
  readonly errWash: string;
  readonly accent: string;
  readonly accentWash: string;
  readonly match: string;
  readonly font: string;
  /** By colour slot. */
  readonly services: readonly string[];
}

export function readInk(): Ink {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    bg0: token('--bg-0'), bg1: token('--bg-1'), ink1: token('--ink-1'), ink2: token('--ink-2'), ink3: token('--ink-3'), ink4: token('--ink-4'),
    line1: token('--line-1'), err: token('--err'), errMark: token('--err-mark'), errWash: token('--err-wash'),
    accent: token('--accent'), accentWash: token('--accent-wash'), match: token('--match'), font: token('--font-ui'),
    services: Array.from({ length: COLOURS }, (_, slot) => token(`--s${slot}`)),
  };
}

/** The colour slot of a service; -1 for spans without one. The server keeps slots; one that it does not know yet has the
    colour that it would try first. */
export function slotOf(s: Skeleton, service: number): number {
  const name = s.services.at(service);
  if (!name) return -1;
  const slot = s.slots[service]!;
  return slot === 0xffffffff ? hash(name) % COLOURS : slot & 0xff;
}

/** The class of a service's mark. */
export function markClass(s: Skeleton, service: number): string {
  const slot = slotOf(s, service);
  if (slot < 0) return 'mk';
  const known = s.slots[service]!;
  return `mk mk-${slot}${known !== 0xffffffff && (known & SPLIT) !== 0 ? ' mk-split' : ''}`;
}

/** The colour of a span's bar. */
export function barColour(s: Skeleton, ink: Ink, span: number): string {
  const slot = serviceOf(s, span) ? slotOf(s, s.service[span]!) : -1;
  return ink.services[slot] ?? ink.ink4;
}

// FNV-1a of 32 bits.
function hash(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** A canvas as large as its box, in the screen's own pixels. */
export function fitted(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext('2d');
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

/** Lines at 45 degrees, laid over the bar of an error. */
export function hatching(context: CanvasRenderingContext2D, colour: string): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const pen = tile.getContext('2d');
  if (!pen) return null;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.3;
  pen.beginPath();
  for (const [x, y] of [[-1, 7], [-4, 4], [2, 10]] as const) {
    pen.moveTo(x, y);
    pen.lineTo(x + 8, y - 8);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat');
}
