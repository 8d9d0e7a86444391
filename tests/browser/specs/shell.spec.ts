// What every page has: theme, keys, time range, pasted ids, and saying that the server is gone.
import { expect, test } from '@playwright/test';
import { Watched } from '../support/page';
import { type Server, startServer } from '../support/server';
import { type Shop, fillShop } from '../support/shop';

let server: Server;
let shop: Shop;

test.beforeAll(async () => {
  server = await startServer();
  shop = await fillShop(server, Date.now());
});

test.afterAll(() => server.stop());

test('the theme is kept, with and without scripts', async ({ browser }) => {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled, colorScheme: 'light' });
    const page = await context.newPage();
    await page.goto(`${server.ui}/traces?q=status%3Aerror`);
    await page.getByRole('link', { name: 'Dark or light' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    expect(page.url()).toContain('/traces?q=status%3Aerror');
    await page.goto(server.ui);
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await context.close();
  }
});

test('keys lead from page to page and through rows', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(server.ui);
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await expect(page).toHaveURL(/\/traces/);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(page.locator('tbody tr').nth(1).locator('a')).toBeFocused();
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  watched.clean();
});

test('single keys can be switched off', async ({ page }) => {
  await page.goto(server.ui);
  await page.getByRole('button', { name: 'Help and keys' }).click();
  await page.getByLabel(/Single keys act/).uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await expect(page).toHaveURL(`${server.ui}/`);
});

test('a pasted trace id or traceparent opens its trace', async ({ page }) => {
  await page.goto(`${server.ui}/logs`);
  await page.getByRole('searchbox').fill(` ${shop.failing.trace.toUpperCase()} `);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${server.ui}/trace/${shop.failing.trace}`);
  await page.getByRole('searchbox').fill(`00-${shop.failing.trace}-${shop.failing.span}-01`);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${server.ui}/trace/${shop.failing.trace}?span=${shop.failing.span}`);
});

test('the time range: presets, typed ends, and a mistake', async ({ page }) => {
  const watched = new Watched(page);
  watched.expects(/status of 400/);
  await page.goto(`${server.ui}/traces?q=status%3Aerror`);
  await page.getByTitle('Time range').click();
  await page.getByRole('link', { name: 'Last hour' }).click();
  await expect(page).toHaveURL(/q=status%3Aerror.*from=now-1h|from=now-1h.*q=status%3Aerror/);
  await page.getByTitle('Time range').click();
  await page.getByLabel('From', { exact: true }).fill('2023-01-29T09:21:00Z');
  await page.getByLabel('To', { exact: true }).fill('2023-01-29T09:36:00Z');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByTitle('Time range')).toContainText('29 Jan 2023 09:21 – 09:36');
  await page.goto(`${server.ui}/traces?from=yesterday`);
  await expect(page.getByRole('alert').filter({ hasText: 'yesterday' })).toBeVisible();
  watched.clean();
});

test('the form of traces and the query are in step', async ({ page }) => {
  await page.goto(`${server.ui}/traces`);
  const service = page.getByLabel('Service', { exact: true });
  await service.fill('shop-cart-service');
  await page.getByLabel('Status').selectOption('error');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.getByRole('searchbox')).toHaveValue('service:shop-cart-service status:error');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('20 traces');
  await page.getByRole('searchbox').fill('status:error');
  await page.keyboard.press('Enter');
  await expect(service).toHaveValue('');
  await expect(page.getByLabel('Status')).toHaveValue('error');
});

test('traces are found by their root', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/traces`);
  const all = await page.getByRole('heading', { level: 1 }).textContent();
  const root = await page.locator('tbody tr .svc').first().getAttribute('title');
  await page.getByLabel('Root service').fill(root ?? '');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page).toHaveURL(/root_service=/);
  await expect(page.getByLabel('Root service')).toHaveValue(root ?? '');
  await expect(page.locator('tbody tr').first()).toBeVisible();
  await page.getByLabel('Root service').fill('no such service');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('0 traces');
  await page.getByRole('link', { name: /^without/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(all ?? '');
  watched.clean();
});

test('sorting is the server\'s, over all traces', async ({ page }) => {
  await page.goto(`${server.ui}/traces`);
  await page.getByRole('link', { name: 'Duration' }).click();
  await expect(page.locator('th[aria-sort=descending]')).toHaveText('Duration');
  await expect(page.locator('tbody tr').first()).toContainText('360 ms');
  await page.getByRole('link', { name: 'Duration' }).click();
  await expect(page.locator('tbody tr').first()).toContainText('40.0 ms');
});

test('a server that is gone is said so, and taken back when it returns', async ({ page }) => {
  await page.goto(server.ui);
  await expect(page.locator('#offline')).toBeHidden();
  await page.context().setOffline(true);
  await expect(page.locator('#offline')).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.locator('#offline')).toBeHidden();
});
