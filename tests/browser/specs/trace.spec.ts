// The trace page: a small trace in detail, and one of a hundred thousand spans.
import { expect, test } from '@playwright/test';
import { Watched } from '../support/page';
import { BIG, sendBigTrace } from '../support/big_trace';
import { type Server, startServer } from '../support/server';
import { type Shop, fillShop } from '../support/shop';

let server: Server;
let shop: Shop;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  server = await startServer();
  shop = await fillShop(server, Date.now());
  await sendBigTrace(server, Date.now() - 60_000);
});

test.afterAll(() => server.stop());

test('a span shows what it holds, and its logs', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/trace/${shop.failing.trace}`);
  await expect(page.locator('main')).toContainText('5 spans');
  await page.getByText('/items').first().click();
  await expect(page).toHaveURL(new RegExp('span='));
  await expect(page.locator('.panel')).toContainText('http.route');
  await expect(page.locator('.panel')).toContainText('it failed');
  watched.clean();
});

test('a trace works without scripts', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.ui}/trace/${shop.failing.trace}`);
  for (const name of ['GET /cart/{id}', 'GET /items', 'SELECT items', 'GET /price']) {
    await expect(page.getByText(name).first()).toBeVisible();
  }
  await page.getByRole('link', { name: 'GET /items' }).first().click();
  await expect(page.locator('.panel')).toContainText('http.route');
  await context.close();
});

test('a trace of a hundred thousand spans opens and scrolls to its last row', async ({ page }) => {
  test.setTimeout(120_000);
  const watched = new Watched(page);
  await page.goto(`${server.ui}/trace/${BIG}`);
  await expect(page.locator('main')).toContainText('100,000 spans');
  await expect(page.getByRole('treegrid')).toContainText('worker 0');
  const rows = await page.evaluate(() => document.querySelectorAll('[role=treegrid] [role=row]').length);
  expect(rows).toBeGreaterThan(20);
  expect(rows).toBeLessThan(200);
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('End');
  await expect(page.getByRole('treegrid')).toContainText('worker 99');
  watched.clean();
});

test('a trace of a hundred thousand spans is paged without scripts', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const response = await page.goto(`${server.ui}/trace/${BIG}`);
  expect((await response?.body())?.length).toBeLessThan(1_000_000);
  await page.getByRole('link', { name: /next/i }).first().click();
  await expect(page.getByText('call 200').first()).toBeVisible();
  await context.close();
});
