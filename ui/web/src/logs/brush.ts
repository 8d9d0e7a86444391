// A stretch of time by pointer or by keys, laid over the bars. Ends are those of bars, as text: no nanosecond passes a number.
import { announce } from '../shell/clipboard';

interface Bar {
  from: string;
  to: string;
  label: string;
  errors: number;
  warnings: number;
  others: number;
}

/** Pixels that a pointer moves before a click becomes a stretch. */
const DRAG_FROM = 4;
/** How long a click waits for its second one, which zooms out. */
const SECOND_CLICK_MS = 250;

export class LogBrush extends HTMLElement {
  private bars: Bar[] = [];
  private anchor = -1;
  private head = -1;
  private startX = 0;
  private dragged = false;
  private wash: HTMLElement | undefined;
  private pending = 0;

  connectedCallback(): void {
    this.bars = [...this.querySelectorAll('a')].map(barOf);
    if (this.bars.length === 0) return;
    this.tabIndex = 0;
    this.setAttribute('role', 'application');
    this.setAttribute('aria-label', 'A stretch of time: arrow keys choose, with Shift they widen, Enter shows it');
    // No bar takes the focus, and no text is selected on the way.
    this.addEventListener('mousedown', (event) => event.preventDefault());
    this.addEventListener('pointerdown', (event) => this.down(event));
    this.addEventListener('pointermove', (event) => this.move(event));
    this.addEventListener('pointerup', (event) => this.up(event));
    this.addEventListener('pointercancel', () => this.clear());
    this.addEventListener('pointerleave', () => read(null));
    this.addEventListener('click', (event) => this.clicked(event));
    this.addEventListener('dblclick', () => this.out());
    this.addEventListener('keydown', (event) => this.key(event));
    this.addEventListener('blur', () => this.clear());
  }

  private at(x: number): number {
    const box = this.getBoundingClientRect();
    const place = Math.floor(((x - box.left) / box.width) * this.bars.length);
    return Math.min(Math.max(place, 0), this.bars.length - 1);
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.startX = event.clientX;
    this.dragged = false;
    this.anchor = this.at(event.clientX);
  }

  private move(event: PointerEvent): void {
    if (this.anchor < 0 || event.buttons === 0) {
      read(this.bars[this.at(event.clientX)] ?? null);
      return;
    }
    if (!this.dragged && Math.abs(event.clientX - this.startX) < DRAG_FROM) return;
    if (!this.dragged) {
      this.setPointerCapture(event.pointerId);
      read(null);
    }
    this.dragged = true;
    this.head = this.at(event.clientX);
    this.draw();
  }

  private up(event: PointerEvent): void {
    if (!this.dragged) {
      this.anchor = -1;
      return;
    }
    this.head = this.at(event.clientX);
    this.show();
  }

  // The links of the bars would follow at once, also where the click ends a stretch or is the first of two.
  private clicked(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (this.dragged) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const href = link?.getAttribute('href');
    clearTimeout(this.pending);
    if (href) this.pending = window.setTimeout(() => location.assign(href), SECOND_CLICK_MS);
  }

  private out(): void {
    clearTimeout(this.pending);
    const href = this.dataset['out'];
    if (href) location.assign(href);
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Enter' && this.head >= 0) this.show();
    else if (event.key === 'Escape' && this.head >= 0) this.clear();
    else if (step !== undefined) this.step(step, event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private step(by: number, widens: boolean): void {
    const from = this.head < 0 ? (by > 0 ? -1 : this.bars.length) : this.head;
    this.head = Math.min(Math.max(from + by, 0), this.bars.length - 1);
    if (!widens || this.anchor < 0) this.anchor = this.head;
    this.draw();
    announce(this.words().join(', '));
  }

  private chosen(): Bar[] {
    return this.bars.slice(Math.min(this.anchor, this.head), Math.max(this.anchor, this.head) + 1);
  }

  private words(): [string, string] {
    const bars = this.chosen();
    const sum = (of: (bar: Bar) => number): number => bars.reduce((total, bar) => total + of(bar), 0);
    const [errors, others] = [sum((bar) => bar.errors), sum((bar) => bar.warnings + bar.others)];
    const [first, last] = [bars[0], bars[bars.length - 1]];
    const range = `${first?.label.split(' – ')[0] ?? ''} – ${last?.label.split(' – ')[1] ?? ''}`;
    return [range, `${errors.toLocaleString('en-US')} errors, ${others.toLocaleString('en-US')} others`];
  }

  private draw(): void {
    const wash = (this.wash ??= this.appendChild(document.createElement('div')));
    wash.className = 'brush';
    const low = Math.min(this.anchor, this.head);
    const width = 100 / this.bars.length;
    wash.style.left = `${low * width}%`;
    wash.style.width = `${(Math.abs(this.head - this.anchor) + 1) * width}%`;
    const [range, counts] = this.words();
    const words = document.createElement('span');
    words.className = 'brush-words';
    const errors = document.createElement('span');
    errors.className = 'err';
    errors.textContent = counts;
    words.append(range, errors);
    wash.replaceChildren(words);
  }

  private show(): void {
    const bars = this.chosen();
    const [first, last] = [bars[0], bars[bars.length - 1]];
    const link = this.querySelector('a')?.getAttribute('href');
    if (!first || !last || !link) return;
    const url = new URL(link, location.href);
    url.searchParams.set('from', first.from);
    url.searchParams.set('to', last.to);
    location.assign(url);
  }

  private clear(): void {
    this.wash?.remove();
    this.wash = undefined;
    this.anchor = this.head = -1;
    this.dragged = false;
  }
}

function barOf(link: SVGAElement | HTMLAnchorElement): Bar {
  const { from = '', to = '', label = '', errors = '0', warnings = '0', others = '0' } = link.dataset;
  return { from, to, label, errors: Number(errors), warnings: Number(warnings), others: Number(others) };
}

// The reading of the bar under the pointer stands in the heading, so that nothing hides the bars.
function read(bar: Bar | null): void {
  const [totals, reading] = [document.getElementById('totals'), document.getElementById('reading')];
  if (!totals || !reading) return;
  totals.hidden = bar !== null;
  reading.hidden = bar === null;
  if (!bar) return;
  const part = (text: string, kind: string): HTMLElement => {
    const span = document.createElement('span');
    span.className = kind;
    span.textContent = text;
    return span;
  };
  const count = (n: number): string => n.toLocaleString('en-US');
  reading.replaceChildren(part(`${bar.label} UTC`, 'm'));
  if (bar.errors > 0) reading.append(part(`${count(bar.errors)} errors`, 'err'));
  if (bar.warnings > 0) reading.append(part(`${count(bar.warnings)} warnings`, 'warn'));
  reading.append(part(bar.errors + bar.warnings + bar.others === 0 ? 'no records' : `${count(bar.others)} others`, 'd2'));
}
