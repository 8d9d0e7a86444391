// Rows of the waterfall. One call, one row: the client's span, the server's span and what follows it alone in the same
// service are one row until it is opened. The spans of a row stand one behind the other in tree order, because each is the
// only child of the one before it; so a row is a first span and a length.
import { Flag, Kind, NONE, type Skeleton, has, kindOf } from './skeleton';
import { type Steps, STRIDE } from './steps';
import type { Tree } from './tree';

/** What decides which rows there are. */
export interface Shape {
  /** A row of its own for each span. */
  everySpan: boolean;
  /** Spans behind which a row does not go on. */
  opened: ReadonlySet<number>;
  /** Spans whose descendants have no rows. */
  collapsed: ReadonlySet<number>;
  /** Spans that are shown at all; null for all. */
  keep: Uint8Array | null;
}

export interface Rows {
  readonly count: number;
  readonly first: Uint32Array;
  readonly length: Uint32Array;
  /** The span that names the row: what was called, not who called. */
  readonly head: Uint32Array;
  readonly depth: Uint32Array;
  /** The row above in the tree; -1 for none. */
  readonly parent: Int32Array;
  /** Whether a span below the row is an error that no row shows. */
  readonly hides: Uint8Array;
  /** How many spans below the row have no row. */
  readonly hidden: Uint32Array;
  /** The row that a span is part of or hidden in; -1 when it is filtered out. */
  readonly ofSpan: Int32Array;
}

/** Whether the row that holds `span` goes on with its only child. */
export function goesOn(s: Skeleton, tree: Tree, span: number): boolean {
  if (tree.kids[span] !== 1) return false;
  const child = span + 1;
  const kind = kindOf(s, child);
  if (kind === Kind.Client || kind === Kind.Producer) return false;
  const isCall = kindOf(s, span) === Kind.Client && kind === Kind.Server;
  return isCall || s.service[span] === s.service[child];
}

/** How many spans a row has that starts at `span`, if nothing is opened. */
export function chainLength(s: Skeleton, tree: Tree, span: number, keep: Uint8Array | null): number {
  let last = span;
  while (goesOn(s, tree, last) && (!keep || keep[last + 1] === 1)) last++;
  return last - span + 1;
}

export function* layRows(s: Skeleton, tree: Tree, shape: Shape): Steps<Rows> {
  const n = s.spans;
  const rows = {
    first: new Uint32Array(n), length: new Uint32Array(n), head: new Uint32Array(n), depth: new Uint32Array(n),
    parent: new Int32Array(n), hides: new Uint8Array(n), hidden: new Uint32Array(n), ofSpan: new Int32Array(n).fill(-1),
  };
  let count = 0;
  let steps = 0;
  for (let span = 0; span < n; ) {
    if (++steps % STRIDE === 0) yield;
    if (shape.keep && shape.keep[span] === 0) {
      span = tree.end[span]!;
      continue;
    }
    const row = count++;
    const above = s.parent[span] === NONE ? -1 : rows.ofSpan[s.parent[span]!]!;
    let last = span;
    rows.head[row] = span;
    rows.ofSpan[span] = row;
    while (!shape.everySpan && !shape.opened.has(last) && !shape.collapsed.has(last) && goesOn(s, tree, last) && (!shape.keep || shape.keep[last + 1] === 1)) {
      last++;
      rows.ofSpan[last] = row;
      if (rows.head[row] === span && kindOf(s, span) !== Kind.Server && kindOf(s, last) === Kind.Server) rows.head[row] = last;
    }
    rows.first[row] = span;
    rows.length[row] = last - span + 1;
    rows.parent[row] = above;
    rows.depth[row] = above < 0 ? 0 : rows.depth[above]! + 1;
    span = last + 1;
    if (!shape.collapsed.has(last)) continue;
    for (; span < tree.end[last]!; span++) {
      if (++steps % STRIDE === 0) yield;
      if (shape.keep && shape.keep[span] === 0) continue;
      rows.ofSpan[span] = row;
      rows.hidden[row]!++;
      if (has(s, span, Flag.Error)) rows.hides[row] = 1;
    }
  }
  return { count, ...rows };
}

/** The last span of a row, whose children are the rows below it. */
export const lastOf = (rows: Rows, row: number): number => rows.first[row]! + rows.length[row]! - 1;

/** Whether rows stand below this one in the tree. */
export const isExpanded = (rows: Rows, row: number): boolean => row + 1 < rows.count && rows.parent[row + 1] === row;

/** Whether one of the row's own spans is an error. */
export function isError(s: Skeleton, rows: Rows, row: number): boolean {
  const end = rows.first[row]! + rows.length[row]!;
  for (let span = rows.first[row]!; span < end; span++) if (has(s, span, Flag.Error)) return true;
  return false;
}

/** The span that a row stands for when it is chosen: its error, else the one that names it. */
export function tellingSpan(s: Skeleton, rows: Rows, row: number): number {
  for (let span = lastOf(rows, row); span >= rows.first[row]!; span--) if (has(s, span, Flag.Error)) return span;
  return rows.head[row]!;
}

/** Rows that stay on top when the list is scrolled so far: the nearest ancestors of what is seen below them. */
export function pinned(rows: Rows, top: number, rowHeight: number, max: number): number[] {
  let pins: number[] = [];
  for (let round = 0; round <= max; round++) {
    const seen = Math.min(rows.count - 1, Math.floor((top + pins.length * rowHeight) / rowHeight));
    const above: number[] = [];
    for (let row = seen < 0 ? -1 : rows.parent[seen]!; row >= 0; row = rows.parent[row]!) above.push(row);
    const next: number[] = [];
    for (const row of above.slice(0, max).reverse()) {
      if (row * rowHeight < top + next.length * rowHeight) next.push(row);
    }
    if (next.length <= pins.length) break;
    pins = next;
  }
  return pins;
}
