import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../src/map/walk';
import { durations, spanOf } from '../src/service/span';

test('arrow keys walk to what lies that way', () => {
  const places = [
    { x: 0, y: 100 },
    { x: 200, y: 0 },
    { x: 200, y: 90 },
    { x: 400, y: 100 },
  ];
  assert.equal(nearest(places, 0, 'ArrowRight'), 2);
  assert.equal(nearest(places, 2, 'ArrowUp'), 1);
  assert.equal(nearest(places, 1, 'ArrowDown'), 2);
  assert.equal(nearest(places, 3, 'ArrowLeft'), 2);
  assert.equal(nearest(places, 3, 'ArrowRight'), null);
  assert.equal(nearest([], 0, 'ArrowRight'), null);
});

test('a box is a range of durations', () => {
  assert.deepEqual(spanOf(0.7, -0.2), [0, 0.7]);
  assert.deepEqual(durations([0, 1], [1, 1_000]), ['1000us', '1000000us']);
  const [least, most] = durations([0.53, 0.53], [1, 100]);
  assert.ok(Math.abs(Number.parseInt(least, 10) - 10_000) <= 1, least);
  assert.ok(Math.abs(Number.parseInt(most, 10) - 10_000) <= 1, most);
});
