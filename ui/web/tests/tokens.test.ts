// The dark values stand twice in the sheet, because a selector cannot ask what a browser prefers: once for those who prefer dark,
// once for those who chose it. They must be the same, and name every colour that the light ones name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import tokens from '../styles/tokens.css';

function declarations(selector: string): Map<string, string> {
  const start = tokens.indexOf(`${selector} {\n`);
  assert.ok(start >= 0, selector);
  const block = tokens.slice(start, tokens.indexOf('}', start));
  return new Map([...block.matchAll(/(--[\w-]+|color-scheme): ([^;]+);/g)].map(([, name = '', value = '']) => [name, value]));
}

test('who chose dark sees what those see who prefer it', () => {
  const preferred = declarations(':root:not([data-theme="light"])');
  const chosen = declarations(':root[data-theme="dark"]');
  assert.deepEqual(preferred, chosen);
  assert.ok(chosen.size > 50, String(chosen.size));
});

test('both themes have every colour', () => {
  const light = tokens.slice(tokens.indexOf('color-scheme: light'), tokens.indexOf('@media (prefers-color-scheme: dark)'));
  const names = [...light.matchAll(/(--[\w-]+):/g)].map(([, name = '']) => name);
  const dark = declarations(':root[data-theme="dark"]');
  assert.deepEqual(names.filter((name) => !dark.has(name)), []);
  assert.ok(names.length > 50, String(names.length));
});
