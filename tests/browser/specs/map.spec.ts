// The map: nodes, edges and their panel by links alone, its table, its keys.
import { expect, test } from '@playwright/test';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';
import { type Shop, TRACES, fillShop } from '../support/shop';

let server: Server;
let shop: Shop;

test.beforeAll(async () => {
  server = await startServer();
  shop = await fillShop(server, Date.now());
});

test.afterAll(() => server.stop());

const WEB = 'sel=s%3Ashop-web-service';
const EDGE = 'sel=s%3Ashop-web-service&callee=s%3Ashop-cart-service';

test('without a script a click on a node shows it, and leads on to an edge and a trace', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${server.ui}/map`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('3 services');
  await page.locator('#map a[data-node]', { hasText: 'cart' }).click();
  const panel = page.locator('#panel');
  await expect(panel).toContainText('shop-cart-service');
  await expect(panel.locator('section', { hasText: 'Called by' })).toContainText('shop-web-service');
  await panel.locator('section', { hasText: 'Called by' }).getByRole('link').click();
  await expect(page).toHaveURL(/callee=s%3Ashop-cart-service/);
  await expect(panel).toContainText(`${TRACES} calls in this range, ${TRACES / 10} with errors`);
  await panel.getByRole('link', { name: 'A trace with this call' }).click();
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}/);
  await expect(page.locator('main')).toContainText('GET /items');
  await context.close();
});

test('an edge can be clicked, and leads to its traces with errors', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/map`);
  await page.locator('#map a[href*="callee=s%3Ashop-cart-service"] .hit').first().click({ force: true });
  await expect(page.locator('#panel')).toContainText('shop-cart-service');
  await page.locator('#panel').getByRole('link', { name: 'Traces with errors' }).click();
  await expect(page).toHaveURL(/\/traces\?/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${TRACES / 10} traces`);
  watched.clean();
});

test('keys: g m opens the map, arrows walk, Enter chooses, f focuses, Escape closes', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(server.ui);
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page).toHaveURL(/\/map/);
  const node = (name: string) => page.locator('#map a[data-node]', { hasText: name });
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#map a[data-node]').first()).toBeFocused();
  await node('web').focus();
  await page.keyboard.press('ArrowRight');
  await expect(node('cart')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(node('price')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/sel=s%3Ashop-cart-service/);
  await page.keyboard.press('f');
  await expect(page).toHaveURL(/focus=s%3Ashop-cart-service/);
  await page.keyboard.press('Escape');
  await expect(page.locator('#panel')).toHaveCount(0);
  watched.clean();
});

test('focus draws what is around a node, and a name is found', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/map?focus=s%3Ashop-web-service&hops=1`);
  await expect(page.locator('#map a[data-node]')).toHaveCount(2);
  await page.getByRole('link', { name: '2 hops' }).click();
  await expect(page.locator('#map a[data-node]')).toHaveCount(3);
  await page.getByRole('searchbox').fill('PRICE');
  await page.keyboard.press('Enter');
  await expect(page.locator('#map a[data-node]')).toHaveCount(3);
  await expect(page.locator('#map a.dim')).toHaveCount(2);
  await page.getByRole('searchbox').fill('nosuch');
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toContainText('Nothing on the map has “nosuch” in its name');
  watched.clean();
});

test('the table is the map: the same edges, sorted on the server', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/map?view=table`);
  const rows = page.locator('.m-table tbody tr');
  await expect(rows.filter({ hasText: 'shop-web-service' })).toContainText('10.0');
  await page.getByRole('link', { name: 'Callee' }).click();
  await expect(page).toHaveURL(/sort=callee/);
  const callees = await rows.locator('td:nth-child(2)').allInnerTexts();
  expect(callees).toEqual([...callees].sort());
  await rows.first().getByRole('link').first().click();
  await expect(page.locator('#panel')).toContainText('calls in this range');
  watched.clean();
});

test('the range before: what is new says so', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/map?${shop.range}`);
  await page.getByRole('link', { name: 'Compare' }).click();
  await expect(page).toHaveURL(/than=before/);
  await expect(page.locator('#map')).toContainText('new');
  await page.goto(`${server.ui}/map?than=before&view=table&${shop.range}`);
  await expect(page.locator('.m-table tbody tr').first()).toContainText('new');
  await page.goto(`${server.ui}/map?than=before&${shop.rangeBehind}`);
  await expect(page.locator('#map')).toContainText('gone');
  watched.clean();
});

test('the map in sizes, and a narrow page with the map on request', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(`${server.ui}/map`);
  const width = async () => (await page.locator('#map svg').boundingBox())?.width ?? 0;
  const full = await width();
  await page.getByRole('link', { name: 'Smaller' }).click();
  await expect(page).toHaveURL(/zoom=75/);
  expect(Math.round((await width()) / full * 100)).toBe(75);
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto(`${server.ui}/map`);
  await expect(page.locator('#map')).toBeHidden();
  await expect(page.locator('.m-table')).toBeVisible();
  await fitsAcross(page);
  await accessible(page);
  await page.getByRole('navigation', { name: 'View' }).getByRole('link', { name: 'Map' }).click();
  await expect(page.locator('#map')).toBeVisible();
  watched.clean();
});

test('what is not there any more says so', async ({ page }) => {
  await page.goto(`${server.ui}/map?sel=s%3Agone`);
  await expect(page.locator('#panel')).toContainText('It has no calls in this range');
  await page.goto(`${server.ui}/map?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z`);
  await expect(page.locator('main')).toContainText('No spans in this range');
  await page.getByRole('link', { name: /Go to the last span/ }).click();
  await expect(page.locator('#map a[data-node]')).toHaveCount(3);
  for (const wrong of ['hops=9', 'zoom=7', 'view=x', 'than=x', 'sort=x', 'page=0']) {
    expect((await page.goto(`${server.ui}/map?${wrong}`))?.status()).toBe(400);
  }
  expect((await page.goto(`${server.ui}/map?${WEB}&${EDGE.split('&')[1]}`))?.status()).toBe(200);
  expect(shop.fine).toHaveLength(32);
});
