// Every page in both themes, wide and narrow, with and without scripts: nothing in the console, nothing that the content
// security policy refuses, nothing that scrolls sideways, no serious finding of axe.
import { expect, test } from '@playwright/test';
import { type Logs, ask } from '../support/api';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';
import { FRESH_MS, type Shop, fillShop } from '../support/shop';

let server: Server;
let shop: Shop;
let record: string;

// Less than the shop stays fresh, with the filling of it: a test that would see it age ends for its time, and says so.
const TIMEOUT_MS = 240_000;
expect(TIMEOUT_MS).toBeLessThan(FRESH_MS);

// Each test has a shop of its own: all of them together take longer than one stays fresh.
test.beforeEach(async () => {
  test.setTimeout(TIMEOUT_MS);
  server = await startServer();
  shop = await fillShop(server, Date.now());
  const failed = await ask<Logs>(server, 'logs/search', { q: `severity:error trace_id:${shop.failing.trace}` });
  record = failed.rows[0]?.id ?? '';
});

test.afterEach(() => server.stop());

// Where `inside` is given, the words stand in that part of the page, and it can be seen: the rows behind a panel have them too.
const PAGES: { name: string; path: () => string; says: string; inside?: string }[] = [
  { name: 'services', path: () => '/', says: 'services' },
  { name: 'services, sorted', path: () => '/?sort=-p95', says: 'services' },
  { name: 'services, none of this name', path: () => '/?q=nosuchservice', says: 'No service of this range' },
  { name: 'logs', path: () => '/logs', says: 'records' },
  { name: 'logs, searched', path: () => '/logs?q=severity%3Aerror', says: 'connection refused' },
  { name: 'logs, nothing found', path: () => '/logs?q=nosuchword', says: 'nosuchword' },
  { name: 'logs, a mistake', path: () => '/logs?q=service%3A(', says: 'mistake in the query' },
  { name: 'logs, a record', path: () => `/logs?q=severity%3Aerror&sel=${record}`, says: 'connection refused', inside: '#panel' },
  { name: 'logs, a record that is not there', path: () => '/logs?sel=00', says: 'No such record', inside: '#panel' },
  { name: 'traces', path: () => '/traces', says: 'traces' },
  { name: 'traces, sorted', path: () => '/traces?sort=-duration&q=status%3Aerror', says: 'traces' },
  { name: 'traces, nothing found', path: () => '/traces?q=nosuchname', says: 'No trace of this range' },
  { name: 'traces, a mistyped duration', path: () => '/traces?q=GET&min_duration=abc', says: 'Ask again without the least duration' },
  { name: 'trace', path: () => `/trace/${shop.failing.trace}`, says: 'GET /cart/{id}' },
  { name: 'trace, a span', path: () => `/trace/${shop.failing.trace}?span=${shop.failing.span}`, says: 'http.route', inside: '#span' },
  { name: 'trace, a span that is not there', path: () => `/trace/${shop.failing.trace}?span=${'f'.repeat(16)}`, says: 'There is no span', inside: '#span' },
  { name: 'trace, unknown', path: () => `/trace/${'f'.repeat(32)}`, says: 'no trace' },
  { name: 'map', path: () => '/map', says: '3 services' },
  { name: 'map, a node', path: () => '/map?sel=s%3Ashop-cart-service', says: 'Called by', inside: '#panel' },
  { name: 'map, an edge', path: () => '/map?sel=s%3Ashop-web-service&callee=s%3Ashop-cart-service', says: 'calls in this range', inside: '#panel' },
  { name: 'map, compared', path: () => '/map?than=before', says: 'new' },
  { name: 'map, table', path: () => '/map?view=table&sort=-error_rate', says: 'shop-web-service' },
  { name: 'map, nothing found', path: () => '/map?q=nosuchservice', says: 'Nothing on the map' },
  { name: 'service', path: () => '/service/shop-cart-service', says: 'Operations' },
  { name: 'service, an operation', path: () => '/service/shop-cart-service?operation=GET+%2Fitems&kind=server', says: 'GET /items' },
  { name: 'service, unknown', path: () => '/service/nosuchservice', says: 'No service of this name' },
  { name: 'nowhere', path: () => '/nowhere', says: 'nothing' },
];

const EXPECTED_STATUS: Record<string, number> = {
  'logs, a mistake': 400,
  'traces, a mistyped duration': 400,
  'trace, unknown': 404,
  nowhere: 404,
};

for (const theme of ['dark', 'light'] as const) {
  for (const width of [1440, 320]) {
    for (const javaScriptEnabled of [true, false]) {
      test(`${theme}, ${width} pixels, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async ({ browser }) => {
        const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 900 }, javaScriptEnabled });
        for (const { name, path, says, inside = 'body' } of PAGES) {
          await test.step(name, async () => {
            const page = await context.newPage();
            const watched = new Watched(page);
            const status = EXPECTED_STATUS[name] ?? 200;
            if (status !== 200) watched.expects(/the server responded with a status of 4/);
            const response = await page.goto(server.ui + path());
            expect(response?.status()).toBe(status);
            expect(response?.headers()['content-security-policy']).toContain("default-src 'none'");
            await expect(page.locator(inside)).toBeVisible();
            await expect(page.locator(inside)).toContainText(says);
            await page.waitForLoadState('networkidle');
            await fitsAcross(page);
            // Axe waits for timers, which do not run where scripts are off.
            if (javaScriptEnabled) await accessible(page);
            watched.clean();
            await page.close();
          });
        }
        await context.close();
      });
    }
  }
}

test('a page carries no inline script and no inline style', async ({ request }) => {
  for (const { path } of PAGES) {
    const html = await (await request.get(server.ui + path(), { headers: { accept: 'text/html' } })).text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
  }
});
