// The page of a service: its drawings as links and as a table, the cursor, a box on the heatmap, operations, and names of any kind.
import { type Locator, expect, test } from '@playwright/test';
import { Watched } from '../support/page';
import { type Server, startServer } from '../support/server';
import { TRACES, fillShop } from '../support/shop';
import { id, traceRequest } from '../support/telemetry';

let server: Server;
const CART = '/service/shop-cart-service';

test.beforeAll(async () => {
  server = await startServer();
  await fillShop(server, Date.now());
});

test.afterAll(() => server.stop());

test('the list of services leads to it, and it to a trace, without a script', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(server.ui);
  await page.getByRole('link', { name: 'shop-cart-service' }).click();
  await expect(page).toHaveURL(new RegExp(CART));
  await expect(page.locator('.c-errors')).toContainText(`${TRACES / 10} of ${TRACES} in all, 10.0 %`);
  await page.locator('.c-durations .cap a').first().click();
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}/);
  await page.goBack();
  await page.locator('#heat a[href^="/trace/"]').first().click();
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}/);
  await page.goBack();
  await page.locator('.c-rate a').nth(3).click({ force: true });
  await expect(page).toHaveURL(/at=/);
  await context.close();
});

test('the table has what the drawings have, and a percentile opens a trace of its duration', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(server.ui + CART);
  await page.getByText('Charts as a table').click();
  const calls = await page.locator('.s-twin tr[data-at]').evaluateAll((rows) => rows.map((row) => Number((row as HTMLElement).dataset['calls'])));
  expect(calls.reduce((sum, n) => sum + n, 0)).toBe(TRACES);
  const cell = page.locator('.s-twin [data-p="p95"] a').first();
  const said = await cell.innerText();
  await cell.click();
  await expect(page.locator('main')).toContainText('GET /items');
  expect(said).toMatch(/^\d/);
  watched.clean();
});

test('the cursor follows pointer and keys', async ({ page }) => {
  const watched = new Watched(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(server.ui + CART);
  const clock = page.locator('[data-reads="clock"]');
  const before = await clock.innerText();
  await page.keyboard.press('ArrowLeft');
  await expect(clock).not.toHaveText(before);
  const plot = await page.locator('.c-rate .plot').boundingBox();
  if (!plot) throw new Error('no plot');
  await page.mouse.move(plot.x + 2, plot.y + 10);
  const first = await page.locator('.s-twin tr[data-at="0"]').getAttribute('data-clock');
  await expect(clock).toHaveText(first ?? '');
  expect(await page.locator('.c-heat .cursor').getAttribute('x1')).toBe(await page.locator('.c-rate .cursor').getAttribute('x1'));
  watched.clean();
});

test('a box on the heatmap is a search for its traces', async ({ page }) => {
  const watched = new Watched(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(server.ui + CART);
  const heat = await page.locator('#heat').boundingBox();
  if (!heat) throw new Error('no heatmap');
  await page.mouse.move(heat.x + 1, heat.y + 1);
  await page.mouse.down();
  await page.mouse.move(heat.x + heat.width / 2, heat.y + heat.height / 2, { steps: 4 });
  await expect(page.locator('#heat .box')).toBeVisible();
  await page.mouse.move(heat.x + heat.width - 1, heat.y + heat.height - 1, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/\/traces\?.*duration%3E%3D\d+us/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${TRACES} traces`);
  watched.clean();
});

// A call takes 10 ms less than its trace: what is found shows whose durations were asked for.
test('without a script the durations of calls are a form', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.ui + CART);
  const form = page.getByRole('form', { name: /Traces by duration/ });
  await form.getByLabel(/At least/).fill('350ms');
  await form.getByLabel(/At most/).fill('350ms');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/traces\?q=service/);
  const of350 = Array.from({ length: TRACES }, (_, n) => 40 + (n % 17) * 20).filter((ms) => ms === 360);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${of350.length} traces`);
  await page.goto(server.ui + CART);
  await form.getByLabel(/At least/).fill('soon');
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toContainText('Ask again without the least duration');
  await context.close();
});

test('lines have their names, which keep apart, and times do not touch', async ({ page }) => {
  for (const width of [1440, 900, 320]) {
    await page.setViewportSize({ width, height: 900 });
    for (const range of ['', '?from=now-10m&to=now-9m', '?from=now-3d', '?from=now-400d']) {
      await page.goto(server.ui + CART + range);
      const names = page.locator('.c-durations text.end');
      await expect(names).toHaveText(['p99', 'p95', 'p50']);
      await apart(names, 'y', 'height');
      await apart(page.locator('.s-chart .ticks text:visible'), 'x', 'width');
      expect(await page.evaluate(() => [...document.querySelectorAll('.cap')].filter((cap) => cap.scrollHeight > cap.clientHeight + 1).length)).toBe(0);
    }
  }
});

async function apart(labels: Locator, place: 'x' | 'y', length: 'width' | 'height'): Promise<void> {
  const boxes = await labels.evaluateAll((all) => all.map((label) => label.getBoundingClientRect().toJSON() as DOMRect));
  for (const [at, box] of boxes.entries()) {
    const next = boxes[at + 1];
    if (next) expect(box[place] + box[length]).toBeLessThanOrEqual(next[place] + 0.5);
  }
}

test('an operation narrows the charts, and leads to its traces', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(server.ui + CART);
  await expect(page.locator('.ops')).toContainText('Called by this service');
  await page.locator('.ops').getByRole('link', { name: 'SELECT items' }).click();
  await expect(page).toHaveURL(/operation=SELECT\+items&kind=client/);
  await expect(page.locator('.c-errors')).toContainText(`0 of ${TRACES} in all`);
  await page.locator('.ops tr.sel td:nth-child(2) a').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${TRACES} traces`);
  watched.clean();
});

test('it leads to its traces, its logs and the map', async ({ page }) => {
  for (const [name, url] of [['Traces', /\/traces\?q=service/], ['Logs', /\/logs\?q=service/], ['On the map', /\/map\?focus=s%3Ashop-cart-service/]] as const) {
    await page.goto(server.ui + CART);
    await page.getByRole('navigation', { name: 'Of this service' }).getByRole('link', { name }).click();
    await expect(page).toHaveURL(url);
  }
});

test('a service of any name has a page', async ({ page }) => {
  const names = ['a b/c+d%?#&', '<i>ünï</i> 🛒', '..', ''];
  const now = Date.now();
  for (const [n, service] of names.entries()) {
    await server.send('traces', traceRequest(id(5_000 + n, 32), [{ id: id(50_000 + n, 16), name: `only ${n}`, service, startMs: now - 4_000, durationMs: 5 }]));
  }
  const watched = new Watched(page);
  for (const n of names.keys()) {
    await page.goto(`${server.ui}/?sort=name`);
    const shown = names[n] === '' ? '(no service.name)' : names[n] ?? '';
    await page.locator('td.name a').filter({ hasText: shown }).first().click();
    await expect(page.locator('.ops')).toContainText(`only ${n}`);
  }
  watched.clean();
});

test('what is not there says so', async ({ page }) => {
  await page.goto(`${server.ui}/service/nosuch`);
  await expect(page.locator('main')).toContainText('No service of this name');
  await page.goto(`${server.ui}${CART}?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z`);
  await expect(page.locator('main')).toContainText('sent no spans in this range');
  expect((await page.goto(`${server.ui}${CART}?kind=x`))?.status()).toBe(400);
});
