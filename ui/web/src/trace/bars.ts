// The bars of the rows that are seen, on one canvas as large as the view. Full colour is self time, pale is waiting for
// children; a hairline with end ticks is what the caller waited, and the room between it and the bar is the network.
import { duration } from './figures';
import { type Ink, barColour, fitted, hatching } from './ink';
import type { Model } from './model';
import { isError } from './rows';
import { Flag, Kind, firstEvent, has, kindOf } from './skeleton';

const EDGE = 10;
/** Room on the right, so that the longest bar still has its duration beside it. */
const LABEL_ROOM = 78;
const BAR = 10;

interface Label {
  text: string;
  x: number;
  y: number;
  isError: boolean;
  /** Whether it may stand on a line or a bar: then a halo keeps it readable. A row with a wash has no halo of its colour. */
  hasHalo: boolean;
}

export class Bars {
  private ink: Ink;
  private hatch: CanvasPattern | null = null;
  private labels: Label[] = [];
  private pen: CanvasRenderingContext2D | null = null;
  private width = 0;
  private hovered = -1;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly model: Model, ink: Ink) {
    this.ink = ink;
  }

  repaint(ink: Ink): void {
    this.ink = ink;
    this.hatch = null;
  }

  resize(width: number): void {
    this.width = width;
  }

  hover(row: number): void {
    this.hovered = row;
  }

  /** Where an instant stands, in pixels. */
  x(ns: number): number {
    const [from, to] = this.model.zoom;
    const x = EDGE + ((ns - from) / (to - from)) * this.span;
    // What lies far outside is outside all the same, and keeps the numbers small.
    return Math.max(-1e4, Math.min(1e4 + this.width, x));
  }

  /** Which instant stands at a pixel. */
  at(x: number): number {
    const [from, to] = this.model.zoom;
    return from + ((x - EDGE) / this.span) * (to - from);
  }

  draw(top: number, viewport: number, rowHeight: number, pins: readonly number[], ticks: readonly number[]): void {
    this.pen = fitted(this.canvas, this.width, viewport);
    const { pen } = this;
    if (!pen || this.width === 0) return;
    this.hatch ??= hatching(pen, this.ink.bg0);
    pen.clearRect(0, 0, this.width, viewport);
    this.grid(ticks, 0, viewport);
    const last = Math.min(this.model.rows.count - 1, Math.floor((top + viewport) / rowHeight));
    this.labels = [];
    for (let row = Math.floor((top + pins.length * rowHeight) / rowHeight); row <= last; row++) this.row(row, row * rowHeight - top, rowHeight);
    this.write();
    if (pins.length === 0) return;
    pen.fillStyle = this.ink.bg0;
    pen.fillRect(0, 0, this.width, pins.length * rowHeight);
    this.grid(ticks, 0, pins.length * rowHeight);
    pins.forEach((row, at) => this.row(row, at * rowHeight, rowHeight));
    this.write();
  }

  private get span(): number {
    return Math.max(1, this.width - EDGE - LABEL_ROOM);
  }

  private grid(ticks: readonly number[], from: number, to: number): void {
    this.pen!.fillStyle = this.ink.line1;
    for (const tick of ticks) this.pen!.fillRect(Math.round(this.x(tick)), from, 1, to - from);
  }

  private row(row: number, y: number, rowHeight: number): void {
    const { s, rows, selected } = this.model;
    const failed = isError(s, rows, row);
    const isWashed = this.wash(row, y, rowHeight, failed, this.model.rowOf(selected) === row);
    const [outer, head] = [rows.first[row]!, rows.head[row]!];
    const [left, right] = this.ends(outer);
    const [from, to] = head === outer ? [left, right] : this.ends(head);
    const middle = y + rowHeight / 2;
    if (Math.max(right, to) < 0 || Math.min(left, from) > this.width) return this.beyond(Math.min(left, from) > this.width, middle);
    const colour = barColour(s, this.ink, head);
    if (head !== outer) this.caller(left, right, middle, colour);
    this.bar(row, from, to, middle, colour, failed);
    this.dots(row, middle - BAR / 2 - 2.5);
    if (this.anyLinks(row)) this.linkMark(Math.min(left, from) - 8, middle);
    const isUnknown = has(s, outer, Flag.NoTime) && has(s, head, Flag.NoTime);
    const text = isUnknown ? 'no time' : has(s, outer, Flag.Negative) ? 'ends before it starts' : duration(Math.max(s.duration[outer]!, s.duration[head]!)).replace('\u00a0', ' ');
    this.labels.push({ text, x: this.beside(text, Math.min(left, from), Math.max(right, to), from, failed), y: middle + 0.5, isError: failed, hasHalo: !isWashed });
  }

  private wash(row: number, y: number, rowHeight: number, failed: boolean, isChosen: boolean): boolean {
    const { ink } = this;
    const wash = isChosen ? ink.accentWash : this.hovered === row ? ink.bg1 : failed ? ink.errWash : this.model.rowMatches(row) ? ink.match : '';
    if (!wash) return false;
    this.pen!.fillStyle = wash;
    this.pen!.fillRect(0, y, this.width, rowHeight);
    return true;
  }

  private ends(span: number): [number, number] {
    const start = this.model.s.start[span]!;
    const left = this.x(start);
    return [left, Math.max(left + 2, this.x(start + this.model.s.duration[span]!))];
  }

  // Out of sight because of the zoom: a small arrow says on which side.
  private beyond(isRight: boolean, middle: number): void {
    const pen = this.pen!;
    const [x, by] = isRight ? [this.width - 8, 3] : [8, -3];
    pen.strokeStyle = this.ink.ink3;
    pen.lineWidth = 1.25;
    pen.beginPath();
    pen.moveTo(x - by, middle - 3);
    pen.lineTo(x, middle);
    pen.lineTo(x - by, middle + 3);
    pen.stroke();
  }

  private caller(left: number, right: number, middle: number, colour: string): void {
    const pen = this.pen!;
    pen.fillStyle = colour;
    pen.globalAlpha = 0.75;
    pen.fillRect(left, middle - 0.75, right - left, 1.5);
    pen.fillRect(left, middle - 4, 1.5, 8);
    pen.fillRect(right - 1.5, middle - 4, 1.5, 8);
    pen.globalAlpha = 1;
  }

  private bar(row: number, from: number, to: number, middle: number, colour: string, failed: boolean): void {
    const pen = this.pen!;
    const [top, width] = [middle - BAR / 2, to - from];
    pen.fillStyle = this.ink.bg0;
    pen.fillRect(from, top, width, BAR);
    pen.fillStyle = colour;
    pen.globalAlpha = 0.3;
    pen.beginPath();
    pen.roundRect(from, top, width, BAR, Math.min(1.5, width / 2));
    pen.fill();
    pen.globalAlpha = 0.88;
    this.own(row, top, width);
    pen.globalAlpha = 1;
    if (!failed) return;
    if (this.hatch) {
      pen.fillStyle = this.hatch;
      pen.fillRect(from, top, width, BAR);
    }
    pen.strokeStyle = this.ink.err;
    pen.lineWidth = 1.5;
    pen.strokeRect(from - 0.75, top - 0.75, width + 1.5, BAR + 1.5);
  }

  // Self time: of each span but the caller's, the pieces in which none of its children ran.
  private own(row: number, top: number, width: number): void {
    const { s, rows } = this.model;
    const [first, end] = [rows.first[row]!, rows.first[row]! + rows.length[row]!];
    for (let span = first; span < end; span++) {
      if (end - first > 1 && kindOf(s, span) === Kind.Client) continue;
      this.gaps(span, top, width < 3 ? 2 : 0.75);
    }
  }

  private gaps(span: number, top: number, least: number): void {
    const { s, tree } = this.model;
    const end = s.start[span]! + s.duration[span]!;
    let at = s.start[span]!;
    // Pieces that touch on the screen are one rectangle: a span may have a hundred thousand children.
    let [from, to] = [NaN, NaN];
    const flush = (): void => {
      if (!Number.isNaN(from)) this.pen!.fillRect(from, top, Math.max(to - from, least), BAR);
    };
    const piece = (start: number, stop: number): void => {
      const [left, right] = [this.x(start), this.x(stop)];
      if (right < 0 || left > this.width) return;
      if (left - to < 0.25) {
        to = Math.max(to, right);
        return;
      }
      flush();
      [from, to] = [left, right];
    };
    for (let child = span + 1; child < tree.end[span]!; child = tree.end[child]!) {
      if (has(s, child, Flag.NoTime) || has(s, child, Flag.Negative)) continue;
      const start = Math.min(s.start[child]!, end);
      if (start > at) piece(at, start);
      at = Math.max(at, s.start[child]! + s.duration[child]!);
      if (at >= end) break;
    }
    if (at < end) piece(at, end);
    flush();
  }

  private dots(row: number, y: number): void {
    const { s, rows } = this.model;
    const pen = this.pen!;
    const end = rows.first[row]! + rows.length[row]!;
    let last = -Infinity;
    pen.fillStyle = this.ink.ink2;
    for (let event = firstEvent(s, rows.first[row]!); event < s.eventSpan.length && s.eventSpan[event]! < end; event++) {
      const x = this.x(s.eventAt[event]!);
      if (x < 0 || x > this.width || Math.abs(x - last) < 2) continue;
      last = x;
      pen.beginPath();
      pen.arc(x, y, 1.3, 0, 7);
      pen.fill();
    }
  }

  private anyLinks(row: number): boolean {
    const { s, rows } = this.model;
    const end = rows.first[row]! + rows.length[row]!;
    for (let span = rows.first[row]!; span < end; span++) if (has(s, span, Flag.Links)) return true;
    return false;
  }

  // Two rings of a chain.
  private linkMark(x: number, middle: number): void {
    const pen = this.pen!;
    const at = Math.max(4, Math.min(x, this.width - 4));
    pen.strokeStyle = this.ink.ink2;
    pen.lineWidth = 1.25;
    for (const by of [-1.75, 1.75]) {
      pen.beginPath();
      pen.arc(at + by, middle, 2.5, 0, 7);
      pen.stroke();
    }
  }

  // Right of the bar, else left of it, else inside.
  private beside(text: string, left: number, right: number, inside: number, failed: boolean): number {
    const pen = this.pen!;
    pen.font = `${failed ? 600 : 400} 11px ${this.ink.font}`;
    const width = pen.measureText(text).width;
    if (right + 8 + width < this.width) return Math.max(right + 8, 4);
    return left - 8 - width > 0 ? left - 8 - width : Math.max(inside, 0) + 8;
  }

  // Above everything else: over a line they have a halo.
  private write(): void {
    const pen = this.pen!;
    pen.textBaseline = 'middle';
    pen.lineJoin = 'round';
    pen.lineWidth = 4;
    pen.strokeStyle = this.ink.bg0;
    for (const { text, x, y, isError: failed, hasHalo } of this.labels) {
      pen.font = `${failed ? 600 : 400} 11px ${this.ink.font}`;
      if (hasHalo) pen.strokeText(text, x, y);
      pen.fillStyle = failed ? this.ink.err : this.ink.ink2;
      pen.fillText(text, x, y);
    }
    this.labels = [];
  }
}
