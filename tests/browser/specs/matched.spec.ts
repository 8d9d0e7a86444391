// Rows that do not wait until it is known how many match: the count comes behind them.
import { expect, test } from '@playwright/test';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';
import { logsRequest, traceRequest } from '../support/telemetry';

const MANY = 4_000;

let server: Server;

test.beforeAll(async () => {
  server = await startServer(['serve'], { CLEARSPAN_QUERY__COUNT_ROWS_MAX: '64' });
  const start = Date.now() - 600_000;
  const numbers = Array.from({ length: MANY }, (_, n) => n);
  await server.send('logs', logsRequest(numbers.map((n) => ({ atMs: start + n * 100, service: 'many', body: `line ${n}`, severity: 9 }))));
  const basket = { attributes: { basket: 'full' }, service: 'many', name: 'GET /', durationMs: 5 };
  for (const n of numbers) {
    const id = (n + 1).toString(16);
    await server.send('traces', traceRequest(id.padStart(32, '0'), [{ ...basket, id: id.padStart(16, '0'), startMs: start + n * 100 }]));
  }
});

test.afterAll(() => server.stop());

for (const [path, query, first] of [
  ['/logs', 'severity:info', 'line 3999'],
  ['/traces', 'basket:full', 'GET /'],
] as const) {
  test(`${path}: the count comes behind the rows`, async ({ page }) => {
    const watched = new Watched(page);
    // The count is held back until the rows were seen without it.
    let release = (): void => undefined;
    const seen = new Promise<void>((resolve) => (release = resolve));
    await page.route(`**${path}/matched?*`, async (route) => {
      await seen;
      await route.continue();
    });
    await page.goto(`${server.ui}${path}?q=${encodeURIComponent(query)}`);
    await expect(page.getByText(first).first()).toBeVisible();
    await expect(page.locator('.bar-status')).toContainText('being counted');
    await fitsAcross(page);
    await accessible(page);
    release();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('4,000');
    await expect(page.locator('.bar-status')).toContainText('4,000, exact');
    watched.clean();
  });

  test(`${path}: without a script a link counts`, async ({ browser }) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${server.ui}${path}?q=${encodeURIComponent(query)}`);
    await expect(page.getByText(first).first()).toBeVisible();
    await page.getByRole('link', { name: 'Count', exact: true }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('4,000');
    await context.close();
  });
}
