// Bundles tests/*.test.ts as esbuild bundles the pages, and runs them with Node's own test runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'clearspan-web-tests-'));
const tests = readdirSync(join(here, 'tests')).filter((name) => name.endsWith('.test.ts'));
await build({
  absWorkingDir: here,
  entryPoints: tests.map((name) => `tests/${name}`),
  bundle: true,
  format: 'esm',
  platform: 'node',
  loader: { '.css': 'text' },
  outdir: out,
  outExtension: { '.js': '.mjs' },
});
const bundled = readdirSync(out).map((name) => join(out, name));
const { status } = spawnSync(process.execPath, ['--test', ...bundled], { stdio: 'inherit' });
rmSync(out, { recursive: true });
process.exit(status ?? 1);
