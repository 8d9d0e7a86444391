// Bundles src/ and styles/ into ../assets: hashed names, each file also as brotli, and a Rust table of them all.
// The same sources give the same bytes on any machine: versions are exact, and brotli is a WebAssembly build
// rather than whichever one Node was linked with.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, '../assets');
const ENTRIES = ['app.ts', 'logs.ts', 'trace.ts', 'map.ts', 'service.ts'].map((name) => `src/${name}`).concat('styles/app.css');
const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };

const result = await build({
  absWorkingDir: here,
  entryPoints: ENTRIES,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
  outdir: 'unused',
  legalComments: 'none',
  charset: 'utf8',
  write: false,
});

// By require: what the package gives to an import is for browsers.
const brotli = createRequire(import.meta.url)('brotli-wasm');
mkdirSync(out, { recursive: true });
for (const old of readdirSync(out)) rmSync(join(out, old));

const rows = [];
for (const file of [...result.outputFiles].sort((a, b) => (a.path < b.path ? -1 : 1))) {
  const [, stem, extension] = /([^/\\]+)\.(\w+)$/.exec(file.path);
  const hash = createHash('sha256').update(file.contents).digest('hex').slice(0, 12);
  const hashed = `${stem}-${hash}.${extension}`;
  const packed = brotli.compress(file.contents, { quality: 11 });
  writeFileSync(join(out, hashed), file.contents);
  writeFileSync(join(out, `${hashed}.br`), packed);
  rows.push({ name: `${stem}.${extension}`, hashed, type: TYPES[extension] });
  console.log(`${hashed}  ${file.contents.length} bytes, brotli ${packed.length}`);
}

const entry = ({ name, hashed, type }) => `    Asset {
        name: "${name}",
        path: "/assets/${hashed}",
        content_type: "${type}",
        plain: include_bytes!("${hashed}"),
        brotli: include_bytes!("${hashed}.br"),
    },`;
writeFileSync(join(out, 'table.rs'), `// Made by ui/web/build.mjs.\n&[\n${rows.map(entry).join('\n')}\n]\n`);
