// The whole trace in 68 pixels: a line per span, or, where lines would be thinner than a pixel, how many spans ran at each
// moment, by service. Errors are flags; what lies outside of the zoom fades.
import { type Ink, barColour, fitted, slotOf } from './ink';
import type { Model } from './model';
import { Kind, type Skeleton, kindOf } from './skeleton';
import { type Steps, STRIDE, run } from './steps';

export const EDGE = 16;
const LINES_MAX = 600;
const COLUMN = 2;
/** Services that have a layer of their own; the others share one. */
const LAYERS_MAX = 64;

/** Spans that run in each column, by layer. */
export interface Density {
  layers: Float64Array[];
  /** The service of each layer; -1 for the shared one. */
  services: number[];
  most: number;
}

/** Counts without touching every column of every span: a span is one step up and one down. */
export function* density(s: Skeleton, kids: Uint32Array, columns: number): Steps<Density> {
  const layerOf = (service: number): number => Math.min(service, LAYERS_MAX);
  const count = Math.min(s.services.length, LAYERS_MAX + 1);
  const layers = Array.from({ length: count }, () => new Float64Array(columns + 1));
  for (let span = 0; span < s.spans; span++) {
    if (span % STRIDE === 0) yield;
    // A call is shown by its callee, where there is one.
    if (kindOf(s, span) === Kind.Client && kids[span]! > 0) continue;
    const layer = layers[layerOf(s.service[span]!)]!;
    const from = Math.min(columns - 1, Math.floor((s.start[span]! / s.total) * columns));
    const to = Math.min(columns - 1, Math.floor(((s.start[span]! + s.duration[span]!) / s.total) * columns));
    layer[from]!++;
    layer[to + 1]!--;
  }
  let most = 0;
  const running = new Float64Array(count);
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    layers.forEach((layer, at) => {
      running[at]! += layer[column]!;
      layer[column] = running[at]!;
      sum += running[at]!;
    });
    most = Math.max(most, sum);
  }
  return { layers, services: layers.map((_, at) => (at < LAYERS_MAX ? at : -1)), most };
}

export class Minimap {
  private readonly picture = document.createElement('canvas');
  private turn = 0;
  private width = 0;
  private height = 0;

  constructor(private readonly box: HTMLElement, private readonly canvas: HTMLCanvasElement, private readonly model: Model, private ink: Ink) {}

  /** Draws everything anew: size or theme has changed. */
  async repaint(ink: Ink): Promise<void> {
    this.ink = ink;
    const turn = ++this.turn;
    [this.width, this.height] = [this.box.clientWidth, this.box.clientHeight];
    if (this.width < 2 * EDGE) return;
    const { s } = this.model;
    const columns = Math.max(1, Math.floor((this.width - 2 * EDGE) / COLUMN));
    const counted = s.spans > LINES_MAX ? await run(density(s, this.model.tree.kids, columns)) : null;
    if (turn !== this.turn) return;
    const pen = fitted(this.picture, this.width, this.height);
    if (!pen) return;
    pen.clearRect(0, 0, this.width, this.height);
    if (counted) this.layers(pen, counted);
    else this.lines(pen);
    this.draw();
  }

  /** Draws the zoom over the picture. */
  draw(): void {
    const pen = fitted(this.canvas, this.width, this.height);
    if (!pen || this.picture.width === 0) return;
    const { ink, width, height } = this;
    pen.clearRect(0, 0, width, height);
    pen.drawImage(this.picture, 0, 0, width, height);
    const [from, to] = this.model.zoom.map((ns) => this.x(ns)) as [number, number];
    pen.fillStyle = ink.bg1;
    pen.globalAlpha = 0.66;
    pen.fillRect(0, 0, from, height);
    pen.fillRect(to, 0, width - to, height);
    pen.globalAlpha = 1;
    this.flags(pen);
    pen.fillStyle = ink.accent;
    for (const x of [from, to]) {
      pen.fillRect(x - 0.75, 0, 1.5, height);
      pen.beginPath();
      pen.roundRect(x - 3, height / 2 - 9, 6, 18, 2);
      pen.fill();
    }
  }

  x(ns: number): number {
    return EDGE + (ns / this.model.s.total) * (this.width - 2 * EDGE);
  }

  at(x: number): number {
    return ((x - EDGE) / Math.max(1, this.width - 2 * EDGE)) * this.model.s.total;
  }

  private lines(pen: CanvasRenderingContext2D): void {
    const { s } = this.model;
    const step = (this.height - 18) / Math.max(1, s.spans);
    pen.globalAlpha = 0.85;
    for (let span = 0; span < s.spans; span++) {
      pen.fillStyle = barColour(s, this.ink, span);
      const x = this.x(s.start[span]!);
      const width = Math.max(1, this.x(s.start[span]! + s.duration[span]!) - x);
      pen.fillRect(x, 10 + span * step, width, Math.min(7, Math.max(0.8, step * 0.85)));
    }
    pen.globalAlpha = 1;
  }

  private layers(pen: CanvasRenderingContext2D, { layers, services, most }: Density): void {
    const { s } = this.model;
    const room = this.height - 12;
    const columns = (layers[0]?.length ?? 1) - 1;
    const floor = new Float64Array(columns).fill(this.height - 1);
    pen.globalAlpha = 0.8;
    layers.forEach((layer, at) => {
      const service = services[at]!;
      const slot = service < 0 ? -1 : slotOf(s, service);
      pen.fillStyle = this.ink.services[slot] ?? this.ink.ink4;
      for (let column = 0; column < columns; column++) {
        if (layer[column] === 0) continue;
        const height = (layer[column]! / Math.max(1, most)) * room;
        floor[column]! -= height;
        pen.fillRect(EDGE + column * COLUMN, floor[column]!, COLUMN - 0.4, height);
      }
    });
    pen.globalAlpha = 1;
  }

  // One flag a pixel, however many errors end there.
  private flags(pen: CanvasRenderingContext2D): void {
    const { s, errors } = this.model;
    const taken = new Uint8Array(Math.ceil(this.width) + 1);
    pen.fillStyle = this.ink.errMark;
    for (const span of errors) {
      const x = Math.round(this.x(s.start[span]! + s.duration[span]!));
      if (taken[x] === 1) continue;
      taken[x] = 1;
      pen.fillRect(x - 0.75, 0, 1.5, this.height);
      pen.beginPath();
      pen.moveTo(x - 5, 0);
      pen.lineTo(x + 5, 0);
      pen.lineTo(x, 7);
      pen.fill();
    }
  }
}
