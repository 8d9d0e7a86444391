// The pages over real traces and logs, where they lie beside the project; what is expected is what the API counts.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { type Logs, type Services, type Traces, ask, count } from '../support/api';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';

const DATA = resolve(import.meta.dirname, '../../../../shared/data');
const FILES = ['logs', 'traces'].map((signal) => `${DATA}/onlineboutique-${signal}.otlp.jsonl.zst`);
const ALL_TIME = { from: '2000-01-01T00:00:00Z' };

test.skip(!FILES.every((file) => existsSync(file)), `there is no real data in ${DATA}`);

let server: Server;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  server = await startServer();
  for (const file of FILES) await server.importFile(file);
});

test.afterAll(() => server.stop());

for (const colorScheme of ['dark', 'light'] as const) {
  for (const width of [1440, 320]) {
    test(`real data: ${colorScheme}, ${width} pixels`, async ({ browser }) => {
      test.setTimeout(120_000);
      const { services } = await ask<Services>(server, 'services', ALL_TIME);
      const one = { ...ALL_TIME, count: 'exact', limit: '1' };
      const logs = await ask<Logs>(server, 'logs/search', { ...one, q: 'trace_id:*' });
      const traces = await ask<Traces>(server, 'traces/search', { ...one, sort: '-span_count' });
      const [[log], [largest]] = [logs.rows, traces.traces];
      if (!log || !largest) throw new Error('no trace or no log of one was imported');
      const at = (path: string, more: Record<string, string> = {}): string => `${path}?${new URLSearchParams({ ...ALL_TIME, ...more })}`;
      const pages: [string, string[]][] = [
        [at('/'), [`${services.length} services`, ...services.map((service) => service.name)]],
        [at('/logs', { q: 'trace_id:*' }), [count(logs.matched)]],
        [at('/logs', { q: 'trace_id:*', sel: log.id }), [log.trace_id ?? '', 'Open trace']],
        [at('/traces'), [count(traces.matched)]],
        [`/trace/${largest.trace_id}`, [largest.root_name ?? '', count(largest.span_count)]],
      ];
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      for (const [path, says] of pages) {
        await test.step(path, async () => {
          const page = await context.newPage();
          const watched = new Watched(page);
          await page.goto(server.ui + path);
          for (const words of says) await expect(page.locator('main')).toContainText(words);
          await page.waitForLoadState('networkidle');
          await fitsAcross(page);
          await accessible(page);
          watched.clean();
          await page.close();
        });
      }
      await context.close();
    });
  }
}
