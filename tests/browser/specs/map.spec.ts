// The map: nodes, edges and their panel by links alone, its table, its keys.
import { expect, test } from '@playwright/test';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';
import { type Shop, TRACES, fillShop } from '../support/shop';
import { id, traceRequest } from '../support/telemetry';

let server: Server;
let shop: Shop;

test.beforeAll(async () => {
  server = await startServer();
  shop = await fillShop(server, Date.now());
  await sendMany();
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

test('the heading counts what can be counted', async ({ page }) => {
  await page.goto(`${server.ui}/map`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('3 services, 2 connections');
  await expect(page.locator('#map a[data-node]')).toHaveCount(3);
  await expect(page.locator('#map .hit')).toHaveCount(2);
  await page.getByRole('navigation', { name: 'View' }).getByRole('link', { name: 'Table' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('3 services, 2 connections');
  await expect(page.locator('.m-table tbody tr')).toHaveCount(2);
});

const MANY = 'from=2023-11-14T21:59:00Z&to=2023-11-14T22:30:00Z';

/** In another hour than the shop: 300 services, each of which calls three; one call fails. */
async function sendMany(): Promise<void> {
  const startMs = Date.parse('2023-11-14T22:00:00Z');
  const name = (n: number): string => `service-of-a-long-name-${n % 300}`;
  for (let n = 0; n < 900; n += 100) {
    const spans = Array.from({ length: 100 }, (_, k) => [
      { id: id(2 * (n + k) + 1, 16), name: 'in', service: name(n + k), startMs, durationMs: 30 },
      { id: id(2 * (n + k) + 2, 16), parent: id(2 * (n + k) + 1, 16), name: 'out', service: name((n + k) * 7 + Math.floor((n + k) / 300)), startMs, durationMs: 20, error: n + k === 450 },
    ]).flat();
    await server.send('traces', traceRequest(id(9_000 + n, 32), spans));
  }
}

test('a map that is larger than the page begins where it fails', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${server.ui}/map?hops=all&${MANY}`);
  await expect(page.locator('#map a[data-node]')).toHaveCount(300);
  await expect(page.locator('#map a.first')).toHaveCount(1);
  await expect(page.locator('#map a.first .node')).toBeInViewport();
});

// Names are cut for the pages' own font; a system without it has a wider one.
test('no name leaves its node', async ({ page }) => {
  await page.goto(`${server.ui}/map?${MANY}`);
  const over = await page.locator('#map a[data-node]').evaluateAll((nodes) =>
    nodes.filter((node) => (node.querySelector('.nm')?.getBoundingClientRect().right ?? 0) > (node.querySelector('.node')?.getBoundingClientRect().right ?? 0)).length);
  expect(over).toBe(0);
  expect(await page.locator('#map a[data-node]').count()).toBeGreaterThan(2);
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
