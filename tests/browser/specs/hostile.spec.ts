// Text of others stays text: markup, terminal colours, bidi controls, NUL, a line of one mebibyte.
import { expect, test } from '@playwright/test';
import { Watched } from '../support/page';
import { type Server, startServer } from '../support/server';
import { HOSTILE, HOSTILE_KEY } from '../support/shop';
import { id, logsRequest, traceRequest } from '../support/telemetry';

let server: Server;

test.beforeAll(async () => {
  server = await startServer();
  const now = Date.now();
  const text = HOSTILE.map((body) => body.slice(0, 300));
  await server.send('logs', logsRequest(HOSTILE.map((body, n) => ({ atMs: now - 2_000 + n, service: text[0] ?? '', body, severity: 17, trace: id(0, 32), span: id(n, 16), attributes: { [HOSTILE_KEY]: text[n] ?? '' } }))));
  await server.send('traces', traceRequest(id(0, 32), text.map((name, n) => ({ id: id(n, 16), ...(n > 0 ? { parent: id(0, 16) } : {}), name, service: text[n] ?? '', startMs: now - 3_000 + n, durationMs: 100 - n, error: n === 2, attributes: { [HOSTILE_KEY]: name } }))));
});

test.afterAll(() => server.stop());

for (const javaScriptEnabled of [true, false]) {
  test(`on every page, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async ({ browser }) => {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    const watched = new Watched(page);
    const query = encodeURIComponent('"<script>"');
    for (const path of ['/', '/logs', `/logs?q=${query}`, '/traces', `/traces?q=${query}`, `/trace/${id(0, 32)}`, ...HOSTILE.map((_, n) => `/trace/${id(0, 32)}?span=${id(n, 16)}`)]) {
      await page.goto(server.ui + path);
      if (javaScriptEnabled) await page.waitForLoadState('networkidle');
      await expect(page).toHaveTitle(/Clearspan$/);
      await expect(page.locator('main img, main script')).toHaveCount(0);
      expect(await page.content()).not.toMatch(/[\u0000\u0007\u001b\u202e]/);
    }
    watched.clean();
    await context.close();
  });
}

test('a record of one mebibyte opens whole and the page stays quick', async ({ page }) => {
  await page.goto(`${server.ui}/logs`);
  await page.waitForLoadState('networkidle');
  const weight = await page.evaluate(() => document.documentElement.outerHTML.length);
  expect(weight).toBeLessThan(600_000);
  await page.locator('[role=row]').getByText(/long x/).first().click();
  await expect(page.locator('.panel, [id=panel]').first()).toContainText('xxxxxxxx');
});
