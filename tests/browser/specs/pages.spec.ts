// Every page in both themes, wide and narrow, with and without scripts: nothing in the console, nothing that the content
// security policy refuses, nothing that scrolls sideways, no serious finding of axe.
import { expect, test } from '@playwright/test';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';
import { type Shop, fillShop } from '../support/shop';

let server: Server;
let shop: Shop;
let record: string;

test.beforeAll(async () => {
  server = await startServer();
  shop = await fillShop(server, Date.now());
  const answer = await fetch(`${server.ui}/api/v1/logs/search?q=severity:error&limit=1`);
  const { rows } = (await answer.json()) as { rows: { id: string }[] };
  record = encodeURIComponent(rows[0]?.id ?? '');
});

test.afterAll(() => server.stop());

const PAGES: { name: string; path: () => string; says: string }[] = [
  { name: 'services', path: () => '/', says: 'services' },
  { name: 'services, sorted', path: () => '/?sort=-p95', says: 'services' },
  { name: 'services, none of this name', path: () => '/?q=nosuchservice', says: 'No service of this range' },
  { name: 'logs', path: () => '/logs', says: 'records' },
  { name: 'logs, searched', path: () => '/logs?q=severity%3Aerror', says: 'connection refused' },
  { name: 'logs, a record', path: () => `/logs?q=severity%3Aerror&sel=${record}`, says: 'Fields' },
  { name: 'logs, nothing found', path: () => '/logs?q=nosuchword', says: 'nosuchword' },
  { name: 'logs, a mistake', path: () => '/logs?q=service%3A(', says: 'mistake in the query' },
  { name: 'traces', path: () => '/traces', says: 'traces' },
  { name: 'traces, sorted', path: () => '/traces?sort=-duration&q=status%3Aerror', says: 'traces' },
  { name: 'traces, nothing found', path: () => '/traces?q=nosuchname', says: 'No trace of this range' },
  { name: 'traces, a mistyped duration', path: () => '/traces?q=GET&min_duration=abc', says: 'Ask again without min_duration' },
  { name: 'trace', path: () => `/trace/${shop.failing.trace}`, says: 'GET /cart/{id}' },
  { name: 'trace, a span', path: () => `/trace/${shop.failing.trace}?span=${shop.failing.span}`, says: '/items' },
  { name: 'trace, unknown', path: () => `/trace/${'f'.repeat(32)}`, says: 'no trace' },
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
        test.setTimeout(180_000);
        const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 900 }, javaScriptEnabled });
        for (const { name, path, says } of PAGES) {
          await test.step(name, async () => {
            const page = await context.newPage();
            const watched = new Watched(page);
            const status = EXPECTED_STATUS[name] ?? 200;
            if (status !== 200) watched.expects(/the server responded with a status of 4/);
            const response = await page.goto(server.ui + path());
            expect(response?.status()).toBe(status);
            expect(response?.headers()['content-security-policy']).toContain("default-src 'none'");
            await expect(page.locator('body')).toContainText(says);
            if (javaScriptEnabled) {
              await page.waitForLoadState('networkidle');
              await fitsAcross(page);
              await accessible(page);
            }
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
