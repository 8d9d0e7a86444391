import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Rows, type Shape, isExpanded, layRows, pinned, tellingSpan } from '../src/trace/rows';
import { type Skeleton, kindOf } from '../src/trace/skeleton';
import { runNow } from '../src/trace/steps';
import { type Tree, kept, plant } from '../src/trace/tree';
import { dice, randomTrace, skeleton } from './trace';

const PLAIN: Shape = { everySpan: false, opened: new Set(), collapsed: new Set(), keep: null };

const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];

// A gateway calls a service, which asks its database through two layers of its own.
const CALL = skeleton([
  { service: 'gate', kind: SERVER, name: '/*' },
  { parent: 0, service: 'gate', kind: INTERNAL, name: 'handle' },
  { parent: 0, service: 'gate', kind: CLIENT, name: 'HTTP GET' },
  { parent: 2, service: 'order', kind: SERVER, name: '/orders' },
  { parent: 3, service: 'order', kind: INTERNAL, name: 'Orders.find' },
  { parent: 4, service: 'order', kind: CLIENT, name: 'SELECT orders', flags: 1 },
]);

function laid(s: Skeleton, shape: Partial<Shape>): { rows: Rows; tree: Tree } {
  const tree = runNow(plant(s));
  return { tree, rows: runNow(layRows(s, tree, { ...PLAIN, ...shape })) };
}

const told = (rows: Rows): unknown[] => Array.from({ length: rows.count }, (_, row) => [rows.first[row], rows.length[row], rows.head[row], rows.depth[row], rows.parent[row]]);

test('one call is one row, up to the next call', () => {
  const { rows } = laid(CALL, {});
  assert.deepEqual(told(rows), [[0, 1, 0, 0, -1], [1, 1, 1, 1, 0], [2, 3, 3, 1, 0], [5, 1, 5, 2, 2]]);
  assert.deepEqual([...rows.ofSpan], [0, 1, 2, 2, 2, 3]);
  assert.deepEqual([0, 1, 2, 3].map((row) => isExpanded(rows, row)), [true, false, true, false]);
  assert.deepEqual([2, 3].map((row) => tellingSpan(CALL, rows, row)), [3, 5]);
});

test('a row is opened, and every span has one on request', () => {
  const { rows } = laid(CALL, { opened: new Set([2, 3, 4]) });
  assert.deepEqual(told(rows).slice(2), [[2, 1, 2, 1, 0], [3, 1, 3, 2, 2], [4, 1, 4, 3, 3], [5, 1, 5, 4, 4]]);
  assert.equal(laid(CALL, { everySpan: true }).rows.count, 6);
});

test('a collapsed row counts what it hides, and tells of errors in it', () => {
  const { rows } = laid(CALL, { collapsed: new Set([4]) });
  assert.deepEqual([rows.count, rows.hidden[2], rows.hides[2], rows.ofSpan[5]], [3, 1, 1, 2]);
  const all = laid(CALL, { collapsed: new Set([0]) }).rows;
  assert.deepEqual([all.count, all.hidden[0], [...all.ofSpan]], [1, 5, [0, 0, 0, 0, 0, 0]]);
});

test('a filter keeps what it finds and what called it', () => {
  const { tree } = laid(CALL, {});
  const keep = runNow(kept(CALL, (span) => span === 3));
  assert.deepEqual([...(keep ?? [])], [1, 0, 1, 1, 0, 0]);
  const rows = runNow(layRows(CALL, tree, { ...PLAIN, keep }));
  assert.deepEqual(told(rows), [[0, 1, 0, 0, -1], [2, 2, 3, 1, 0]]);
  assert.equal(rows.ofSpan[5], -1);
  assert.equal(runNow(kept(CALL, null)), null);
});

// The same rows by the words of the look: with children as lists, one row after the other.
function slowly(s: Skeleton, shape: Shape): unknown[] {
  const kids: number[][] = Array.from({ length: s.spans }, () => []);
  const tops: number[] = [];
  for (let span = 0; span < s.spans; span++) (kids[s.parent[span]!] ?? tops).push(span);
  const shown = (list: number[]): number[] => list.filter((span) => !shape.keep || shape.keep[span] === 1);
  const out: unknown[] = [];
  const todo = shown(tops).reverse().map((span) => ({ span, depth: 0, above: -1 }));
  for (let next = todo.pop(); next; next = todo.pop()) {
    const chain = [next.span];
    for (;;) {
      const last = chain[chain.length - 1]!;
      const [child] = kids[last]!;
      if (shape.everySpan || shape.opened.has(last) || shape.collapsed.has(last) || kids[last]!.length !== 1 || child === undefined) break;
      if (shape.keep && shape.keep[child] === 0) break;
      const isCall = kindOf(s, last) === CLIENT && kindOf(s, child) === SERVER;
      if ((!isCall && s.service[child] !== s.service[last]) || [CLIENT, 4].includes(kindOf(s, child))) break;
      chain.push(child);
    }
    const last = chain[chain.length - 1]!;
    const head = chain.find((span) => kindOf(s, span) === SERVER) ?? next.span;
    const row = out.push([next.span, chain.length, head, next.depth, next.above]) - 1;
    if (!shape.collapsed.has(last)) for (const span of shown(kids[last]!).reverse()) todo.push({ span, depth: next.depth + 1, above: row });
  }
  return out;
}

test('rows of random traces are those of the plain reading', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const s = skeleton(randomTrace(seed, 60));
    const tree = runNow(plant(s));
    const roll = dice(seed);
    const some = (): Set<number> => new Set(Array.from({ length: roll(6) }, () => roll(60)));
    const keep = roll(2) === 0 ? null : runNow(kept(s, (span) => (s.flags[span]! & 1) !== 0));
    const shape = { everySpan: roll(5) === 0, opened: some(), collapsed: some(), keep };
    assert.deepEqual(told(runNow(layRows(s, tree, shape))), slowly(s, shape), `seed ${seed}`);
  }
});

test('a trace may be as deep as it likes', () => {
  const deep = skeleton(Array.from({ length: 50_000 }, (_, at) => ({ ...(at > 0 ? { parent: at - 1 } : {}), service: `s${at % 2}`, kind: INTERNAL })));
  const { rows, tree } = laid(deep, {});
  assert.deepEqual([rows.count, rows.depth[49_999], tree.end[0]], [50_000, 49_999, 50_000]);
  const folded = laid(skeleton(Array.from({ length: 50_000 }, (_, at) => ({ ...(at > 0 ? { parent: at - 1 } : {}), service: 's', kind: INTERNAL }))), {}).rows;
  assert.deepEqual([folded.count, folded.length[0]], [1, 50_000]);
});

test('the nearest ancestors stay on top while one scrolls', () => {
  const { rows } = laid(skeleton(Array.from({ length: 40 }, (_, at) => ({ ...(at > 0 ? { parent: Math.min(at - 1, 7) } : {}), service: `s${at}` }))), {});
  assert.deepEqual(pinned(rows, 0, 24, 5), []);
  // One row down, each ancestor that leaves makes room for the next.
  assert.deepEqual(pinned(rows, 24, 24, 5), [0, 1, 2, 3, 4]);
  // Far down, of eight ancestors the last five.
  assert.deepEqual(pinned(rows, 20 * 24, 24, 5), [3, 4, 5, 6, 7]);
  assert.deepEqual(pinned({ ...rows, count: 0 }, 0, 24, 5), []);
});
