// The zoom by hand: dragging over the minimap chooses a stretch, its edges and its middle can be moved, a double click
// shows everything; on the bars a wheel with Ctrl zooms around the pointer and a sideways one moves.
import type { Bars } from './bars';
import type { Minimap } from './minimap';
import type { Model } from './model';

/** How near to an edge the pointer must come to take it. */
const GRIP = 6;
const WHEEL = 0.0015;

type Drag = { kind: 'new'; from: number } | { kind: 'left' } | { kind: 'right' } | { kind: 'move'; from: number; zoom: readonly [number, number] };

export function startBrush(box: HTMLElement, keys: HTMLElement, map: Minimap, model: Model): void {
  let drag: Drag | null = null;
  const xOf = (event: PointerEvent | MouseEvent): number => event.clientX - box.getBoundingClientRect().left;
  const grip = (x: number): Drag => {
    const [from, to] = model.zoom.map((ns) => map.x(ns)) as [number, number];
    if (Math.abs(x - from) <= GRIP) return { kind: 'left' };
    if (Math.abs(x - to) <= GRIP) return { kind: 'right' };
    if (!model.isWhole && x > from && x < to) return { kind: 'move', from: map.at(x), zoom: model.zoom };
    return { kind: 'new', from: map.at(x) };
  };
  box.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    drag = grip(xOf(event));
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener('pointermove', (event) => {
    const x = xOf(event);
    if (!drag) {
      const { kind } = grip(x);
      box.style.cursor = kind === 'left' || kind === 'right' ? 'ew-resize' : kind === 'move' ? 'grab' : 'crosshair';
      return;
    }
    pull(drag, map.at(x));
  });
  const pull = (drag: Drag, at: number): void => {
    const [from, to] = model.zoom;
    if (drag.kind === 'left') model.zoomTo(Math.min(at, to), to);
    else if (drag.kind === 'right') model.zoomTo(from, Math.max(at, from));
    else if (drag.kind === 'move') model.zoomTo(drag.zoom[0] + at - drag.from, drag.zoom[1] + at - drag.from);
    // A click that trembles is no stretch.
    else if (Math.abs(map.x(at) - map.x(drag.from)) > 3) model.zoomTo(Math.max(0, Math.min(at, drag.from)), Math.min(model.s.total, Math.max(at, drag.from)));
  };
  for (const end of ['pointerup', 'pointercancel'] as const) box.addEventListener(end, () => (drag = null));
  box.addEventListener('dblclick', () => model.zoomTo(0, model.s.total));
  keys.addEventListener('keydown', (event) => {
    const [from, to] = model.zoom;
    const tenth = (to - from) / 10;
    const move: Record<string, readonly [number, number]> = {
      ArrowLeft: [from - tenth, to - tenth], ArrowRight: [from + tenth, to + tenth],
      '+': [from + tenth, to - tenth], '-': [from - tenth, to + tenth], '0': [0, model.s.total],
    };
    const next = move[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    model.zoomTo(...next);
  });
}

export function startWheel(box: HTMLElement, bars: Bars, model: Model): void {
  box.addEventListener(
    'wheel',
    (event) => {
      const [from, to] = model.zoom;
      if (event.ctrlKey) {
        event.preventDefault();
        const at = Math.max(from, Math.min(to, bars.at(event.clientX - box.getBoundingClientRect().left)));
        const by = Math.exp(event.deltaY * WHEEL);
        model.zoomTo(at - (at - from) * by, at + (to - at) * by);
        return;
      }
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (model.isWhole || Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
      event.preventDefault();
      const by = (sideways / Math.max(1, box.clientWidth)) * (to - from);
      model.zoomTo(from + by, to + by);
    },
    { passive: false },
  );
}
