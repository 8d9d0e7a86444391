// A box on the heatmap: its traces, by time and duration.
import { type Span, durations, spanOf } from './span';

const SVG = 'http://www.w3.org/2000/svg';

/** Below this many pixels in both directions a box is a click. */
const CLICK_PX = 5;

export function startBox(heat: HTMLElement, rows: HTMLTableRowElement[]): void {
  const svg = heat.querySelector('svg');
  const [low, high] = [Number(heat.dataset['low']), Number(heat.dataset['high'])];
  if (!svg || !(low > 0) || !(high > low)) return;
  let start: { x: number; y: number } | null = null;
  let box: SVGRectElement | null = null;
  const end = (): void => {
    box?.remove();
    [start, box] = [null, null];
  };
  heat.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && event.pointerType !== 'touch') start = { x: event.clientX, y: event.clientY };
  });
  // A link that is dragged would carry its address away.
  heat.addEventListener('dragstart', (event) => event.preventDefault());
  heat.addEventListener('pointermove', (event) => {
    if (!start || (!box && !isBox(start, event))) return;
    if (!box) {
      box = document.createElementNS(SVG, 'rect');
      box.setAttribute('class', 'box');
      svg.append(box);
      heat.setPointerCapture(event.pointerId);
    }
    const area = heat.getBoundingClientRect();
    const [x, y] = [Math.min(start.x, event.clientX) - area.x, Math.min(start.y, event.clientY) - area.y];
    box.setAttribute('x', `${x}`);
    box.setAttribute('y', `${y}`);
    box.setAttribute('width', `${Math.abs(event.clientX - start.x)}`);
    box.setAttribute('height', `${Math.abs(event.clientY - start.y)}`);
  });
  heat.addEventListener('pointerup', (event) => {
    if (start && box) open(heat, rows, start, event, [low, high]);
    end();
  });
  heat.addEventListener('pointercancel', end);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') end();
  });
}

function isBox(start: { x: number; y: number }, event: PointerEvent): boolean {
  return Math.abs(event.clientX - start.x) > CLICK_PX || Math.abs(event.clientY - start.y) > CLICK_PX;
}

function open(heat: HTMLElement, rows: HTMLTableRowElement[], start: { x: number; y: number }, event: PointerEvent, axis: [number, number]): void {
  const area = heat.getBoundingClientRect();
  const share = (from: number, to: number, low: number, length: number): Span => spanOf((from - low) / length, (to - low) / length);
  const [first, last] = share(start.x, event.clientX, area.x, area.width);
  const at = (place: number): number => Math.min(rows.length - 1, Math.floor(place * rows.length));
  const [least, most] = durations(share(start.y, event.clientY, area.y, area.height), axis);
  const query = new URLSearchParams(heat.dataset['query']);
  // Of the calls: a trace that is as long may hold none of them.
  query.set('q', `${query.get('q')} duration>=${least} duration<=${most}`);
  query.set('from', rows[at(first)]?.dataset['from'] ?? '');
  query.set('to', rows[at(last)]?.dataset['to'] ?? '');
  location.assign(`/traces?${query}`);
}
