// What the waterfall shows, apart from how: rows, zoom, the chosen span, the filters. Views draw it, keys and clicks
// change it, and it says what has changed.
import { type Rows, type Shape, chainLength, goesOn, isExpanded, lastOf, layRows, tellingSpan } from './rows';
import { Flag, NONE, type Skeleton, has, serviceOf } from './skeleton';
import { run } from './steps';
import { type Tree, kept } from './tree';

export type Change = 'rows' | 'zoom' | 'selected' | 'matches';

/** The narrowest zoom, in nanoseconds. */
const ZOOM_MIN_NS = 20;

export class Model {
  rows: Rows;
  selected = -1;
  zoom: readonly [number, number];
  everySpan = false;
  errorsOnly = false;
  service: string | null = null;
  /** The spans that the search finds; null while nothing is searched. */
  matches: Uint8Array | null = null;
  /** Spans with status ERROR, in tree order. */
  readonly errors: number[] = [];

  private readonly opened = new Set<number>();
  private readonly collapsed = new Set<number>();
  private keep: Uint8Array | null = null;
  private laying = 0;

  constructor(readonly s: Skeleton, readonly tree: Tree, private readonly onChange: (change: Change) => void) {
    this.rows = { count: 0, first: new Uint32Array(), length: new Uint32Array(), head: new Uint32Array(), depth: new Uint32Array(), parent: new Int32Array(), hides: new Uint8Array(), hidden: new Uint32Array(), ofSpan: new Int32Array() };
    this.zoom = [0, s.total];
    for (let span = 0; span < s.spans; span++) if (has(s, span, Flag.Error)) this.errors.push(span);
  }

  /** Lays the rows anew. Of several at once the last counts. */
  async lay(filtersChanged = false): Promise<void> {
    const turn = ++this.laying;
    if (filtersChanged) {
      const keep = await run(kept(this.s, this.passes()));
      if (turn !== this.laying) return;
      this.keep = keep;
    }
    const shape: Shape = { everySpan: this.everySpan, opened: this.opened, collapsed: this.collapsed, keep: this.keep };
    const rows = await run(layRows(this.s, this.tree, shape));
    if (turn !== this.laying) return;
    this.rows = rows;
    this.onChange('rows');
  }

  get isWhole(): boolean {
    return this.zoom[0] === 0 && this.zoom[1] === this.s.total;
  }

  /** How many spans the filters let through. */
  get kept(): number {
    return this.keep ? this.keep.reduce((sum, is) => sum + is, 0) : this.s.spans;
  }

  rowOf(span: number): number {
    return span < 0 ? -1 : this.rows.ofSpan[span] ?? -1;
  }

  select(span: number): void {
    if (span === this.selected) return;
    this.selected = span;
    this.onChange('selected');
  }

  selectRow(row: number): void {
    if (row >= 0 && row < this.rows.count) this.select(tellingSpan(this.s, this.rows, row));
  }

  /** Chooses a span wherever it is: what hides it is opened, what filters it out is lifted. */
  async reveal(span: number): Promise<void> {
    let isHidden = false;
    for (let above = this.s.parent[span]!; above !== NONE; above = this.s.parent[above]!) isHidden = this.collapsed.delete(above) || isHidden;
    const isFiltered = this.keep !== null && this.keep[span] === 0;
    if (isFiltered) [this.errorsOnly, this.service] = [false, null];
    if (isHidden || isFiltered) await this.lay(isFiltered);
    this.select(span);
  }

  /** A click on the row's arrow. */
  async toggle(row: number): Promise<void> {
    const last = lastOf(this.rows, row);
    if (this.collapsed.delete(last)) return this.lay();
    if (!isExpanded(this.rows, row)) return this.open(row);
    this.collapsed.add(last);
    return this.lay();
  }

  /** One step into the row: its descendants, then its own spans, then its first child. */
  async open(row: number): Promise<void> {
    const { first, length } = this.rows;
    if (this.collapsed.delete(lastOf(this.rows, row))) return this.lay();
    if (length[row]! > 1) {
      for (let span = first[row]!; span <= lastOf(this.rows, row); span++) this.opened.add(span);
      return this.lay();
    }
    if (isExpanded(this.rows, row)) this.selectRow(row + 1);
  }

  /** One step out of it. */
  async close(row: number): Promise<void> {
    const start = this.chainStart(this.rows.first[row]!);
    const length = chainLength(this.s, this.tree, start, this.keep);
    if (!this.everySpan && length > 1 && this.opened.has(start)) {
      for (let span = start; span < start + length; span++) this.opened.delete(span);
      await this.lay();
      return this.selectRow(this.rowOf(start));
    }
    if (isExpanded(this.rows, row)) {
      this.collapsed.add(lastOf(this.rows, row));
      return this.lay();
    }
    this.selectRow(this.rows.parent[row]!);
  }

  /** More rows: what is collapsed, then one for every span. */
  async more(): Promise<void> {
    if (this.collapsed.size > 0) this.collapsed.clear();
    else this.everySpan = true;
    await this.lay();
  }

  /** Fewer rows: one for every call, then the upper levels. */
  async fewer(): Promise<void> {
    if (this.everySpan) {
      this.everySpan = false;
      this.opened.clear();
      return this.lay();
    }
    if (this.collapsed.size === 0) return this.collapseAll();
  }

  /** Collapses what stands below the first level; expands everything when anything is collapsed. */
  async collapseAll(): Promise<void> {
    if (this.collapsed.size > 0) this.collapsed.clear();
    else for (let row = 0; row < this.rows.count; row++) if (this.rows.depth[row]! > 0 && isExpanded(this.rows, row)) this.collapsed.add(lastOf(this.rows, row));
    await this.lay();
    if (this.selected >= 0) this.onChange('selected');
  }

  async show(filter: { errorsOnly?: boolean; service?: string | null; everySpan?: boolean }): Promise<void> {
    Object.assign(this, filter);
    await this.lay(true);
  }

  zoomTo(from: number, to: number): void {
    const total = this.s.total;
    const width = Math.min(total, Math.max(to - from, Math.min(ZOOM_MIN_NS, total)));
    const start = Math.min(Math.max(0, from), total - width);
    this.zoom = [start, start + width];
    this.onChange('zoom');
  }

  /** Zooms to a span with some room around it; back to the whole where it is shown so already. */
  fit(span: number): void {
    const [start, length] = [this.s.start[span]!, this.s.duration[span]!];
    const room = Math.max(length * 0.08, ZOOM_MIN_NS);
    const before = this.zoom;
    this.zoomTo(start - room, start + length + room);
    if (before[0] === this.zoom[0] && before[1] === this.zoom[1]) this.zoomTo(0, this.s.total);
  }

  found(matches: Uint8Array | null): void {
    this.matches = matches;
    this.onChange('matches');
  }

  rowMatches(row: number): boolean {
    if (!this.matches) return false;
    const end = this.rows.first[row]! + this.rows.length[row]!;
    for (let span = this.rows.first[row]!; span < end; span++) if (this.matches[span] === 1) return true;
    return false;
  }

  private passes(): ((span: number) => boolean) | null {
    const { errorsOnly, service, s } = this;
    if (!errorsOnly && service === null) return null;
    return (span) => (!errorsOnly || has(s, span, Flag.Error)) && (service === null || serviceOf(s, span) === service);
  }

  // Where the call begins whose opened rows this span is one of.
  private chainStart(span: number): number {
    let start = span;
    while (start > 0 && this.s.parent[start] === start - 1 && this.opened.has(start - 1) && goesOn(this.s, this.tree, start - 1)) start--;
    return start;
  }
}

/** The next of sorted numbers after `from` in a direction, around the end if need be; -1 when there is none. */
export function nextOf(sorted: ArrayLike<number>, from: number, step: 1 | -1): number {
  if (sorted.length === 0) return -1;
  if (step > 0) {
    for (let at = 0; at < sorted.length; at++) if (sorted[at]! > from) return sorted[at]!;
    return sorted[0]!;
  }
  for (let at = sorted.length - 1; at >= 0; at--) if (sorted[at]! < from) return sorted[at]!;
  return sorted[sorted.length - 1]!;
}
