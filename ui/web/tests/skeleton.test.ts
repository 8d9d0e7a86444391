import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, findId, firstEvent, idOf, kindOf, nameOf, serviceOf } from '../src/trace/skeleton';
import { runNow } from '../src/trace/steps';
import { encode } from './trace';

const SPANS = [
  { id: '00000000000000ff', service: 'gateway', name: 'GET /', kind: 2, start: 0n, duration: 2n ** 60n + 1n, self: 7n, events: [5n, 9n] },
  { id: 'ffffffffffffffff', parent: 0, service: '', name: 'ünï 🛒', kind: 3, start: 12_345_678_901n, duration: 1n },
  { parent: 1, service: 'gateway', name: '', kind: 1, start: 1n, events: [4n] },
];

test('what is encoded is read back', () => {
  const s = runNow(decode(encode(SPANS, { start: 1_700_000_000_000_000_001n, flags: 1 })));
  assert.deepEqual([s.spans, s.startNs, s.isPartial], [3, 1_700_000_000_000_000_001n, true]);
  assert.deepEqual([0, 1, 2].map((span) => [idOf(s, span), serviceOf(s, span), nameOf(s, span), kindOf(s, span)]), [
    ['00000000000000ff', 'gateway', 'GET /', 2],
    ['ffffffffffffffff', '', 'ünï 🛒', 3],
    ['0000000000000003', 'gateway', '', 1],
  ]);
  assert.deepEqual([...s.parent], [0xffffffff, 0, 1]);
  assert.equal(s.durationExact[0], 2n ** 60n + 1n);
  assert.deepEqual([...s.start], [0, 12_345_678_901, 1]);
  assert.deepEqual([...s.eventAt], [5, 9, 4]);
  assert.deepEqual([0, 1, 2, 3].map((span) => firstEvent(s, span)), [0, 2, 2, 3]);
  assert.deepEqual(['FFFFFFFFFFFFFFFF', '0000000000000003', '0000000000000004', 'x'].map((id) => findId(s, id)), [1, 2, -1, -1]);
});

test('a trace without a length still has one to draw by', () => {
  assert.equal(runNow(decode(encode([{}]))).total, 1);
});

test('what is no skeleton is refused', () => {
  const whole = encode(SPANS);
  for (const length of [0, 63, 64, 100, whole.byteLength - 8]) assert.throws(() => runNow(decode(whole.slice(0, length))));
  const other = new Uint8Array(whole.slice(0));
  other[4] = 2;
  assert.throws(() => runNow(decode(other.buffer)), /version 2/);
  other[0] = 0;
  assert.throws(() => runNow(decode(other.buffer)), /no skeleton/);
});
