// What the log page does with a script: the panel, keys, a stretch of time, values, columns, rows that come and go.
import { type Page, expect, test } from '@playwright/test';
import { Watched } from '../support/page';
import { type Server, startServer } from '../support/server';
import { type Shop, fillShop } from '../support/shop';
import { logsRequest } from '../support/telemetry';

let server: Server;
let shop: Shop;

const MANY = 3_000;

test.beforeAll(async () => {
  server = await startServer();
  const now = Date.now();
  shop = await fillShop(server, now);
  const lines = Array.from({ length: MANY }, (_, n) => ({ atMs: now - 300_000 + n * 20, service: 'many', body: `line number ${n} of the long list`, severity: n === 10 ? 17 : 9, attributes: { zone: `zone-${n % 9}` } }));
  await server.send('logs', logsRequest(lines));
});

test.afterAll(() => server.stop());

async function open(page: Page, query: string): Promise<Watched> {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/logs?q=${encodeURIComponent(query)}`);
  await page.waitForLoadState('networkidle');
  return watched;
}

const panel = (page: Page) => page.locator('#panel');
const search = (page: Page) => page.getByRole('searchbox');

test('a record opens beside the rows, and the way back closes it', async ({ page }) => {
  const watched = await open(page, 'severity:error service:shop-cart-service');
  await expect(panel(page)).toBeHidden();
  await page.locator('.lr').nth(1).click();
  await expect(panel(page)).toContainText('connection refused by price service');
  await expect(panel(page)).toContainText('5 spans');
  await expect(page).toHaveURL(/sel=[0-9a-f]+/);
  const first = page.url();
  await panel(page).getByRole('button', { name: 'Record below' }).click();
  await expect(page).not.toHaveURL(first);
  await expect(page.locator('.lr.sel')).toHaveCount(1);
  await panel(page).getByText('Trace logs').click();
  await expect(panel(page)).toContainText('query took longer than expected');
  await panel(page).getByText('JSON').click();
  await expect(panel(page)).toContainText('"severity_number": 17');
  await page.reload();
  await expect(panel(page)).toContainText('connection refused by price service');
  await page.goBack();
  await expect(panel(page)).toBeHidden();
  await page.goForward();
  await expect(panel(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel(page)).toBeHidden();
  expect(page.url()).not.toContain('sel=');
  watched.clean();
});

test('keys go through rows and errors, open, and narrow', async ({ page }) => {
  const watched = await open(page, 'service:many');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(page.locator('.lr').nth(1).locator('.msg')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel(page)).toContainText(`line number ${MANY - 2} of`);
  await page.keyboard.press('j');
  await expect(panel(page)).toContainText(`line number ${MANY - 3} of`);
  await page.keyboard.press('Escape');
  // The error is two thousand nine hundred rows further down.
  await expect(async () => {
    await page.keyboard.press('e');
    await expect(page.locator('.lr[data-error] .msg')).toBeFocused({ timeout: 3_000 });
  }).toPass();
  await page.locator('.lr[data-error] .sc').hover();
  await page.keyboard.press('x');
  await expect(search(page)).toHaveValue('service:many -service.name:many');
  await expect(page.locator('log-list')).toContainText('Nothing matches all 2 conditions');
  watched.clean();
});

test('rows that were left far behind come back', async ({ page }) => {
  const watched = await open(page, 'service:many');
  const rows = page.locator('#rows');
  await page.mouse.move(700, 500);
  await expect(async () => {
    await page.mouse.wheel(0, 6_000);
    await expect(page.locator('#rows-seen')).toContainText('3,000', { timeout: 200 });
  }).toPass({ timeout: 30_000, intervals: [20] });
  await expect(page.getByText('line number 0 of')).toBeInViewport();
  await expect(page.locator('.aside').first()).toBeAttached();
  const height = await rows.evaluate((list) => list.scrollHeight);
  await rows.evaluate((list) => list.scrollTo(0, list.scrollHeight / 2));
  await expect(page.locator('.lr', { hasText: 'line number 1500 of' })).toBeInViewport();
  expect(await rows.evaluate((list) => list.scrollHeight)).toBe(height);
  await expect(page.locator('.dategroup')).toHaveCount(1);
  watched.clean();
});

test('a stretch of time is chosen by pointer and by keys', async ({ page }) => {
  const watched = await open(page, 'service:shop-cart-service');
  const before = await page.getByRole('heading', { level: 1 }).innerText();
  const plot = await page.locator('log-brush').boundingBox();
  if (!plot) throw new Error('there is no chart');
  const y = plot.y + plot.height / 2;
  await page.mouse.move(plot.x + plot.width * 0.5, y);
  await expect(page.locator('#reading')).toBeVisible();
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.6, y, { steps: 4 });
  await expect(page.locator('.brush-words')).toContainText('others');
  await page.mouse.up();
  await expect(page).toHaveURL(/from=20.*&to=20/);
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(before);
  await page.locator('log-brush').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  const narrow = page.url();
  await page.keyboard.press('Enter');
  await expect(page).not.toHaveURL(narrow);
  const link = page.url();
  await page.mouse.dblclick(plot.x + plot.width * 0.5, y);
  await expect(page).not.toHaveURL(link);
  watched.clean();
});

test('values come after the rows, narrow, and show more', async ({ page }) => {
  const watched = await open(page, '');
  const facets = page.locator('#facets');
  await expect(facets).toContainText('severity');
  await facets.locator('.fv', { hasText: 'shop-cart-service' }).first().hover();
  await page.keyboard.press('i');
  await expect(search(page)).toHaveValue('service.name:shop-cart-service');
  await page.goto(`${server.ui}/logs?q=service%3Amany`);
  const more = facets.getByRole('link', { name: /more$/ }).first();
  await expect(more).toBeVisible();
  const shown = await facets.locator('.fv').count();
  await more.click();
  await expect(async () => expect(await facets.locator('.fv').count()).toBeGreaterThan(shown)).toPass();
  watched.clean();
});

test('columns and wrapping are in the URL', async ({ page }) => {
  const watched = await open(page, 'service:shop-cart-service');
  await page.getByText('Columns', { exact: true }).click();
  await page.getByRole('link', { name: /db\.rows/ }).click();
  await expect(page).toHaveURL(/cols=db\.rows/);
  await expect(page.getByRole('columnheader', { name: /db\.rows/ })).toBeVisible();
  await page.getByRole('link', { name: 'Wrap' }).click();
  await expect(page).toHaveURL(/wrap=1/);
  await page.getByRole('link', { name: 'Newest first' }).click();
  await expect(page).toHaveURL(/order=asc/);
  await page.getByRole('link', { name: 'Take the column away' }).click();
  await expect(page).not.toHaveURL(/cols=/);
  await expect(page).toHaveURL(/wrap=1/);
  watched.clean();
});

test('on a narrow page filters, actions and the record are sheets', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 720 });
  const watched = await open(page, `trace_id:${shop.failing.trace}`);
  await expect(page.locator('#facets')).toBeHidden();
  await page.getByText('Filters', { exact: true }).click();
  await expect(page.locator('#facets')).toContainText('service.name');
  await page.keyboard.press('Escape');
  await expect(page.locator('#facets')).toBeHidden();
  await page.locator('label[for=show-acts]').click();
  await page.getByText('Export', { exact: true }).click();
  await expect(page.getByRole('link', { name: /NDJSON/ })).toBeVisible();
  await page.locator('label[for=show-acts]').click();
  await page.getByText('connection refused by price service').first().click();
  await expect(panel(page)).toContainText('5 spans');
  const box = await panel(page).boundingBox();
  expect(box?.width).toBe(320);
  watched.clean();
});

test('rows that cannot be loaded are said so, and the link stays', async ({ page }) => {
  await open(page, 'service:many');
  await page.context().setOffline(true);
  await page.locator('#rows').evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await expect(page.locator('#rows')).toContainText('could not be loaded');
  await expect(page.getByRole('link', { name: 'Older' })).toBeVisible();
  await page.context().setOffline(false);
});
