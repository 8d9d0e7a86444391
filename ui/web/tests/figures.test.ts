import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, duration, shortPath, shortService } from '../src/trace/figures';
import { asked } from '../src/trace/address';
import { search } from '../src/trace/find';
import { density } from '../src/trace/minimap';
import { indent } from '../src/trace/names';
import { virtualTop } from '../src/trace/scroller';
import { line, plain } from '../src/trace/signs';
import { runNow } from '../src/trace/steps';
import { niceStep, ticks } from '../src/trace/ticks';
import { plant } from '../src/trace/tree';
import { randomTrace, skeleton } from './trace';

// The cases of `pages/format.rs`.
test('durations have three digits', () => {
  const cases: [number, string][] = [
    [0, '0 ns'], [999, '999 ns'], [1_000, '1.00 µs'], [826_000, '826 µs'], [999_499, '999 µs'], [999_500, '1.00 ms'], [1_220_000, '1.22 ms'],
    [9_994_999, '9.99 ms'], [9_995_001, '10.0 ms'], [880_000_000, '880 ms'], [2_840_000_000, '2.84 s'], [59_900_000_000, '59.9 s'],
    [60_000_000_000, '1.00 min'], [7_200_000_000_000, '2.00 h'], [-1_500_000, '-1.50 ms'],
  ];
  for (const [ns, expected] of cases) assert.equal(duration(ns).replace('\u00a0', ' '), expected);
  assert.equal(count(109_000), '109,000');
});

// The cases of `pages/text.rs`: a frame is written here as its code in brackets.
test('text stays text', () => {
  const shown = (text: string): string => line(text).map((piece) => (piece.code ? `[${piece.code} ${piece.text}]` : piece.text)).join('');
  const cases: [string, string][] = [
    ['plain – ünï 🛒', 'plain – ünï 🛒'],
    ['<script>alert(\'1\')</script> & "x"', '<script>alert(\'1\')</script> & "x"'],
    ['a\r\nb\tc', 'a ↵ b c'],
    ['\u001b[31mred', '[U+001B ␛][31mred'],
    ['\u0000\u202e', '[U+0000 ␀][U+202E U+202E]'],
    ['👩\u200d💻', '👩\u200d💻'],
    ['\u{e0001}x\u0085', '[U+E0001 U+E0001]x[U+0085 U+0085]'],
  ];
  for (const [text, expected] of cases) assert.equal(shown(text), expected);
  assert.equal(plain('a\u007f<b>\n'), 'a␡<b>\n');
});

test('ticks of one axis share unit and decimals', () => {
  const texts = (from: number, to: number, wanted = 7): string[] => ticks(from, to, wanted).map((tick) => tick.text.replace('\u00a0', ' '));
  assert.deepEqual(texts(0, 880e6), ['0', '200 ms', '400 ms', '600 ms', '800 ms']);
  assert.deepEqual(texts(0, 1.2e9), ['0', '0.2 s', '0.4 s', '0.6 s', '0.8 s', '1.0 s', '1.2 s']);
  assert.deepEqual(texts(6.11e9, 7.31e9), ['6.2 s', '6.4 s', '6.6 s', '6.8 s', '7.0 s', '7.2 s']);
  assert.deepEqual(texts(0, 47e6), ['0', '10 ms', '20 ms', '30 ms', '40 ms']);
  // Deep within: the seconds would need six decimals.
  assert.deepEqual(texts(9_123_456_000, 9_123_459_000, 3), ['9123.456 ms', '9123.457 ms', '9123.458 ms', '9123.459 ms']);
  assert.deepEqual(texts(0, 600e9, 5), ['0', '2 min', '4 min', '6 min', '8 min', '10 min']);
  assert.deepEqual(texts(0, 90e9, 3), ['0', '0.5 min', '1.0 min', '1.5 min']);
  assert.deepEqual(texts(0, 5), ['0', '1 ns', '2 ns', '3 ns', '4 ns', '5 ns']);
  assert.deepEqual(texts(5, 5), []);
});

test('a step is never below what was asked for, nor far above', () => {
  for (let least = 1; least < 1e16; least *= 1.37) {
    const step = niceStep(least);
    assert.ok(step >= least * (1 - 1e-9) && step <= least * 2.6, `${least} ${step}`);
  }
});

test('what names repeat steps back', () => {
  assert.equal(shortPath('/api/v1/preserveservice/preserve', 'preserve'), '…/preserve');
  assert.equal(shortPath('GET /api/v1/orderservice/order/{id}', 'order'), 'GET …/order/{id}');
  assert.equal(shortPath('/cart', 'cart'), '/cart');
  assert.equal(shortPath('/cart/items', 'checkout'), '/cart/items');
  assert.equal(shortPath('OrderController.find', 'order'), 'OrderController.find');
  assert.deepEqual(['ts-seat-service', 'gateway', 'ts-', 'ts-service'].map((name) => shortService(name, 'ts-', '-service')), ['seat', 'gateway', 'ts-', 'service']);
});

test('indents leave room for names', () => {
  assert.deepEqual([0, 1, 12, 13, 1_000].map((depth) => indent(depth, 196)), [0, 14, 168, 173, 196]);
});

test('the last row is reached however many there are', () => {
  const viewport = 600;
  for (const rows of [1, 30, 699_000, 5_000_000]) {
    const total = rows * 24;
    const lowest = Math.max(0, Math.min(total, 15_000_000) - viewport);
    assert.equal(Math.round(virtualTop(lowest, total, viewport)), Math.max(0, total - viewport));
    assert.equal(virtualTop(0, total, viewport), 0);
  }
});

test('the overview counts what runs at each moment', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const s = skeleton(randomTrace(seed, 80));
    const { kids } = runNow(plant(s));
    const columns = 37;
    const found = runNow(density(s, kids, columns));
    let most = 0;
    for (let column = 0; column < columns; column++) {
      const running = found.services.map(() => 0);
      for (let span = 0; span < s.spans; span++) {
        const at = (ns: number): number => Math.min(columns - 1, Math.floor((ns / s.total) * columns));
        const isCaller = ((s.flags[span]! >> 8) & 15) === 3 && kids[span]! > 0;
        if (!isCaller && at(s.start[span]!) <= column && column <= at(s.start[span]! + s.duration[span]!)) running[s.service[span]!]!++;
      }
      assert.deepEqual(found.layers.map((layer) => layer[column]), running, `seed ${seed}`);
      most = Math.max(most, running.reduce((a, b) => a + b, 0));
    }
    assert.equal(found.most, most);
  }
});

test('spans are found by name and by service, whatever the case', () => {
  const s = skeleton([{ name: 'GET /Orders', service: 'web' }, { parent: 0, name: 'query', service: 'ORDERS' }, { parent: 0, name: 'x', service: 'web' }]);
  assert.deepEqual([...runNow(search(s, 'orders'))], [1, 1, 0]);
  assert.deepEqual([...runNow(search(s, 'nothing'))], [0, 0, 0]);
});

test('the address is read, and what makes no sense is left out', () => {
  assert.deepEqual(asked('?span=00ff&errors=only&rows=spans&service=a%20b&in=5-9'), { span: '00ff', errorsOnly: true, everySpan: true, service: 'a b', zoom: [5, 9] });
  assert.deepEqual(asked('?in=9&errors=yes'), { span: '', errorsOnly: false, everySpan: false, service: null, zoom: null });
});
