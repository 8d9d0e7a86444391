// The names of the rows: DOM text in a few dozen elements that are used again and again while the list scrolls.
import { count, duration, shortPath, shortService } from './figures';
import { markClass } from './ink';
import type { Model } from './model';
import { type Rows, isError, isExpanded, lastOf } from './rows';
import { Flag, Kind, has, kindOf, nameOf, serviceOf } from './skeleton';
import { plain, show } from './signs';

/** Below this width the bar stands under the name. */
export const NARROW = '(max-width: 767px)';

const SVG = 'http://www.w3.org/2000/svg';
const OVERSCAN = 6;
const PINS_MAX = 5;
/** More of a name no row can show. */
const NAME_MAX = 240;
const TITLE_SPANS_MAX = 8;

/** How far a row is moved in: 14 px a level, 5 px from the thirteenth on, and never so far that no name has room. */
export function indent(depth: number, most: number): number {
  return Math.min(Math.min(depth, 12) * 14 + Math.max(0, depth - 12) * 5, most);
}

interface Slot {
  row: number;
  version: number;
  element: HTMLElement;
  indent: HTMLElement;
  twisty: SVGElement;
  mark: HTMLElement;
  error: SVGElement;
  link: SVGElement;
  who: HTMLElement;
  what: HTMLElement;
  tail: HTMLElement;
  more: HTMLElement;
  time: HTMLElement;
  bar: HTMLElement;
}

export interface Affixes {
  prefix: string;
  suffix: string;
}

export class Names {
  private slots: Slot[] = [];
  private readonly pins: Slot[];
  private readonly list = document.createElement('div');
  private readonly top = document.createElement('div');
  private version = 0;
  private indentMax = 0;
  private hovered = -1;

  constructor(private readonly grid: HTMLElement, private readonly model: Model, private readonly affixes: Affixes) {
    this.list.className = 'nr-list';
    this.list.setAttribute('role', 'rowgroup');
    this.top.className = 'nr-pins';
    this.top.setAttribute('aria-hidden', 'true');
    this.pins = Array.from({ length: PINS_MAX }, () => makeSlot());
    this.top.append(...this.pins.map((slot) => slot.element));
    grid.replaceChildren(this.list, this.top);
  }

  /** What rows say may have changed. */
  refresh(): void {
    this.version++;
    this.indentMax = matchMedia(NARROW).matches ? 56 : Math.max(56, this.grid.clientWidth / 2);
    this.grid.setAttribute('aria-rowcount', String(this.model.rows.count));
  }

  hover(row: number): void {
    this.hovered = row;
  }

  /** Draws the rows that are seen, and the pinned ones above them. */
  draw(top: number, viewport: number, rowHeight: number, pins: readonly number[]): void {
    const { rows } = this.model;
    this.reserve(Math.ceil(viewport / rowHeight) + 1 + 2 * OVERSCAN);
    const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
    for (let row = first; row < first + this.slots.length; row++) {
      const slot = this.slots[row % this.slots.length]!;
      slot.element.hidden = row >= rows.count;
      if (row >= rows.count) continue;
      this.fill(slot, row);
      slot.element.style.transform = `translateY(${row * rowHeight - top}px)`;
    }
    this.pins.forEach((slot, at) => {
      const row = pins[at];
      slot.element.hidden = row === undefined;
      if (row === undefined) return;
      this.fill(slot, row);
      slot.element.style.transform = `translateY(${at * rowHeight}px)`;
      slot.element.classList.toggle('pin-end', at === pins.length - 1);
    });
    const active = this.slots.find((slot) => slot.row === this.model.rowOf(this.model.selected) && !slot.element.hidden);
    if (active) this.grid.setAttribute('aria-activedescendant', active.element.id);
    else this.grid.removeAttribute('aria-activedescendant');
  }

  /** The row that an element belongs to; -1 for none. */
  rowAt(target: EventTarget | null): number {
    const element = target instanceof Element ? target.closest('.nr') : null;
    return [...this.slots, ...this.pins].find((slot) => slot.element === element)?.row ?? -1;
  }

  private reserve(wanted: number): void {
    if (this.slots.length >= wanted) return;
    this.slots = Array.from({ length: wanted }, (_, at) => {
      const slot = makeSlot();
      slot.element.id = `row-${at}`;
      return slot;
    });
    this.list.replaceChildren(...this.slots.map((slot) => slot.element));
  }

  private fill(slot: Slot, row: number): void {
    const { rows, selected } = this.model;
    const { element } = slot;
    if (slot.row !== row || slot.version !== this.version) {
      slot.row = row;
      slot.version = this.version;
      this.write(slot, row, rows);
    }
    const isSelected = this.model.rowOf(selected) === row;
    element.classList.toggle('sel', isSelected);
    element.classList.toggle('over', this.hovered === row);
    element.setAttribute('aria-selected', String(isSelected));
  }

  private write(slot: Slot, row: number, rows: Rows): void {
    const { s } = this.model;
    const { element } = slot;
    const [first, head] = [rows.first[row]!, rows.head[row]!];
    const above = rows.parent[row]!;
    const isEntry = above < 0 || s.service[head] !== s.service[rows.head[above]!];
    const failed = isError(s, rows, row);
    const [expanded, hidden, length] = [isExpanded(rows, row), rows.hidden[row]!, rows.length[row]!];
    const opens = expanded || hidden > 0 || length > 1;
    element.className = `nr${isEntry ? ' entry' : ''}${failed ? ' e' : ''}${this.model.rowMatches(row) ? ' match' : ''}`;
    element.setAttribute('aria-level', String(rows.depth[row]! + 1));
    element.setAttribute('aria-rowindex', String(row + 1));
    if (opens) element.setAttribute('aria-expanded', String(expanded));
    else element.removeAttribute('aria-expanded');
    element.title = this.title(first, length);
    slot.indent.style.width = `${10 + indent(rows.depth[row]!, this.indentMax)}px`;
    slot.twisty.toggleAttribute('hidden', !opens);
    slot.twisty.firstElementChild?.setAttribute('href', expanded ? '#i-down' : '#i-right');
    slot.mark.className = markClass(s, s.service[head]!);
    slot.error.toggleAttribute('hidden', !failed);
    slot.link.toggleAttribute('hidden', !this.anyHas(first, length, Flag.Links));
    const service = shortService(serviceOf(s, head), this.affixes.prefix, this.affixes.suffix);
    slot.who.hidden = !isEntry;
    if (isEntry) show(slot.who, service || '(no service.name)');
    show(slot.what, this.what(first, head, isEntry ? service : ''));
    const tail = isEntry ? '' : this.statement(rows, row);
    slot.tail.hidden = tail === '';
    show(slot.tail, tail);
    const extra = length - 1 + hidden;
    slot.more.hidden = extra === 0;
    slot.more.textContent = extra > 0 ? `+${count(extra)}` : '';
    slot.more.classList.toggle('err', rows.hides[row] === 1);
    slot.more.title = hidden > 0 ? `${count(hidden)} spans below${rows.hides[row] === 1 ? ', errors among them' : ''}` : `${count(length)} spans in this row`;
    slot.time.textContent = has(s, first, Flag.NoTime | Flag.Negative) ? '–' : duration(s.duration[first]!);
    this.place(slot, head);
  }

  // On narrow screens the bar stands below the name.
  private place(slot: Slot, span: number): void {
    const { s, zoom } = this.model;
    const width = zoom[1] - zoom[0];
    const from = Math.max(0, (s.start[span]! - zoom[0]) / width);
    const to = Math.min(1, (s.start[span]! + s.duration[span]! - zoom[0]) / width);
    slot.bar.className = markClass(s, s.service[span]!).replace(/^mk /, '');
    slot.bar.hidden = to < 0 || from > 1;
    slot.bar.style.left = `${Math.min(from, 1) * 100}%`;
    slot.bar.style.width = `${Math.max(0, to - from) * 100}%`;
  }

  // A caller that names only the method lends it to the callee: `GET …/stations/id`.
  private what(first: number, head: number, service: string): string {
    const { s } = this.model;
    const name = nameOf(s, head).slice(0, NAME_MAX);
    if (!service) return name || '(no name)';
    const method = first !== head && kindOf(s, first) === Kind.Client ? /^(?:HTTP )?([A-Z]{3,7})$/.exec(nameOf(s, first))?.[1] : undefined;
    const path = shortPath(name, service);
    return (method && !name.startsWith(method) ? `${method} ${path}` : path) || '(no name)';
  }

  // A row that ends in a database names the statement's target.
  private statement(rows: Rows, row: number): string {
    if (rows.length[row]! < 2) return '';
    const last = nameOf(this.model.s, lastOf(rows, row)).slice(0, NAME_MAX);
    return /^(?:SELECT|INSERT|UPDATE|DELETE)\b/.test(last) ? `› ${last.replace(/^SELECT /, '')}` : '';
  }

  private title(first: number, length: number): string {
    const { s } = this.model;
    const names = Array.from({ length: Math.min(length, TITLE_SPANS_MAX) }, (_, n) => `${serviceOf(s, first + n)} ${nameOf(s, first + n)}`);
    if (length > TITLE_SPANS_MAX) names.push(`and ${count(length - TITLE_SPANS_MAX)} more`);
    return plain(names.join('\n'));
  }

  private anyHas(first: number, length: number, flag: number): boolean {
    for (let span = first; span < first + length; span++) if (has(this.model.s, span, flag)) return true;
    return false;
  }
}

function make(tag: string, className: string, ...children: Element[]): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

function icon(name: string, className: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

function makeSlot(): Slot {
  const parts = {
    indent: make('span', 'ind'), twisty: icon('right', 'i i-12'), mark: make('i', 'mk'), error: icon('sev-error', 'i err-i'),
    link: icon('link', 'i i-12 link-i'), who: make('span', 'who'), what: make('span', 'op'), tail: make('span', 'op d3'), more: make('span', 'cnt num'),
    time: make('span', 'dur num'), bar: make('i', ''),
  };
  const cell = make('div', 'nc', parts.indent, make('span', 'tw', parts.twisty), parts.mark, parts.error, parts.who, parts.what, parts.tail, parts.link, parts.more);
  const element = make('div', 'nr', cell, parts.time, make('span', 'nbar', parts.bar));
  element.setAttribute('role', 'row');
  cell.setAttribute('role', 'gridcell');
  parts.time.setAttribute('role', 'gridcell');
  return { row: -1, version: -1, element, ...parts };
}
