// The pages over real traces and logs, where they lie beside the project; what is expected is what the API counts.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';

const DATA = resolve(import.meta.dirname, '../../../../shared/data');
const FILES = ['logs', 'traces'].map((signal) => `${DATA}/onlineboutique-${signal}.otlp.jsonl.zst`);
const ALL_TIME = 'from=2000-01-01T00:00:00Z';

test.skip(!FILES.every((file) => existsSync(file)), `there is no real data in ${DATA}`);

let server: Server;

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(server.ui + path);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

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
      const { services } = await ask<{ services: unknown[] }>(`/api/v1/services?${ALL_TIME}`);
      const logs = await ask<{ matched: number }>(`/api/v1/logs/search?${ALL_TIME}&count=exact&limit=1`);
      const traces = await ask<{ matched: number; traces: { trace_id: string; root_name: string }[] }>(
        `/api/v1/traces/search?${ALL_TIME}&count=exact&limit=1&sort=-span_count`,
      );
      const [largest] = traces.traces;
      if (!largest) throw new Error('no trace was imported');
      const pages: [string, string][] = [
        [`/?${ALL_TIME}`, `${services.length} services`],
        [`/logs?${ALL_TIME}`, logs.matched.toLocaleString('en')],
        [`/traces?${ALL_TIME}`, traces.matched.toLocaleString('en')],
        [`/trace/${largest.trace_id}`, largest.root_name],
      ];
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      for (const [path, says] of pages) {
        await test.step(path, async () => {
          const page = await context.newPage();
          const watched = new Watched(page);
          await page.goto(server.ui + path);
          await expect(page.locator('body')).toContainText(says);
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
