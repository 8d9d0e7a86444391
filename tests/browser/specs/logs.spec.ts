// The log page: many rows, filters, and the way from a record to its trace and back.
import { expect, test } from '@playwright/test';
import { Watched } from '../support/page';
import { type Server, startServer } from '../support/server';
import { type Shop, fillShop } from '../support/shop';
import { logsRequest } from '../support/telemetry';

let server: Server;
let shop: Shop;

const MANY = 10_000;

test.beforeAll(async () => {
  server = await startServer();
  const now = Date.now();
  shop = await fillShop(server, now);
  const lines = Array.from({ length: MANY }, (_, n) => ({ atMs: now - 300_000 + n * 20, service: 'many', body: `line number ${n} of the long list` }));
  await server.send('logs', logsRequest(lines));
});

test.afterAll(() => server.stop());

test('a record leads to its trace, and a span to its logs', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/logs?q=${encodeURIComponent('"connection refused" trace_id:' + shop.failing.trace)}`);
  await page.getByText('connection refused by price service').first().click();
  await page.getByRole('link', { name: 'Open trace' }).click();
  await expect(page).toHaveURL(new RegExp(`/trace/${shop.failing.trace}`));
  await page.locator('.panel').getByText(/^Logs/).click();
  await page.locator('.panel').getByText('connection refused by price service').click();
  await expect(page).toHaveURL(/\/logs\?/);
  await expect(page.locator('#panel')).toContainText('connection refused by price service');
  watched.clean();
});

test('ten thousand rows scroll to the last', async ({ page }) => {
  test.setTimeout(120_000);
  const watched = new Watched(page);
  await page.goto(`${server.ui}/logs?q=service%3Amany`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('10,000');
  const last = page.getByText('line number 0 of the long list');
  await page.mouse.move(700, 600);
  await expect(async () => {
    for (let n = 0; n < 20; n++) await page.mouse.wheel(0, 4_000);
    await expect(last).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 90_000, intervals: [50] });
  const nodes = await page.evaluate(() => document.querySelectorAll('main *').length);
  expect(nodes).toBeLessThan(30_000);
  watched.clean();
});

test('every record is reached without scripts, page by page', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.ui}/logs?q=${encodeURIComponent('"loading cart"')}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('200');
  const seen = new Set<string>();
  for (;;) {
    for (const text of await page.getByText(/loading cart \d+ for user/).allTextContents()) {
      const number = /loading\s*cart\s*(\d+)/.exec(text)?.[1];
      if (number) seen.add(number);
    }
    const older = page.getByRole('link', { name: /older/i });
    if ((await older.count()) === 0) break;
    await older.first().click();
  }
  expect(seen.size).toBe(200);
  await context.close();
});
