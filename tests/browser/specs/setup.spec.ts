// First run: the card, and its turning green by itself.
import { expect, test } from '@playwright/test';
import { Watched, accessible, fitsAcross } from '../support/page';
import { type Server, startServer } from '../support/server';
import { id, logsRequest, traceRequest } from '../support/telemetry';

let server: Server;

test.beforeEach(async () => {
  server = await startServer();
});

test.afterEach(() => server.stop());

test('the card names the real ports and turns into the list of services', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(server.ui);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nothing has arrived yet');
  await expect(page.locator('.setup pre').first()).toContainText(server.otlpHttp);
  await accessible(page);
  const trace = traceRequest(id(0, 32), [{ id: id(0, 16), name: 'GET /', service: 'first', startMs: Date.now() - 50, durationMs: 40 }]);
  await server.send('traces', trace);
  await expect(page.getByText('The first span has arrived')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('1 service');
  await expect(page.getByRole('link', { name: 'first' })).toBeVisible();
  watched.clean();
});

test('a log does not take the card away', async ({ page }) => {
  await page.goto(server.ui);
  await server.send('logs', logsRequest([{ atMs: Date.now(), body: 'first', service: 'first' }]));
  await expect(page.getByRole('link', { name: 'Logs have arrived' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No span has arrived yet');
  // However old a span is, it is the first.
  const old = Date.now() - 86_400_000;
  await server.send('traces', traceRequest(id(0, 32), [{ id: id(0, 16), name: 'GET /', service: 'first', startMs: old, durationMs: 40 }]));
  await expect(page.getByText('The first span has arrived')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('0 services');
});

test('every way to send can be chosen, by mouse and by keyboard', async ({ page }) => {
  await page.goto(server.ui);
  for (const [name, text] of [['Java', '-javaagent'], ['Collector', 'exporters:'], ['curl', 'resourceLogs']] as const) {
    await page.getByText(name, { exact: true }).click();
    await expect(page.locator('.setup pre:visible')).toContainText(text);
  }
  await page.getByRole('radio', { name: 'Environment' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.setup .code:visible')).toHaveCount(1);
});

test('the card sends a demo trace over the OTLP port', async ({ page }) => {
  await page.goto(server.ui);
  await page.getByRole('button', { name: 'Send a demo trace' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('service');
  await expect(page.locator('tbody tr').first()).toBeVisible();
});

for (const colorScheme of ['dark', 'light'] as const) {
  for (const width of [1440, 320]) {
    for (const javaScriptEnabled of [true, false]) {
      test(`the card, ${colorScheme}, ${width} pixels, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async ({ browser }) => {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 700 }, javaScriptEnabled });
        const page = await context.newPage();
        const watched = new Watched(page);
        await page.goto(server.ui);
        await expect(page.locator('.setup')).toBeVisible();
        await page.getByText('Python', { exact: true }).click();
        await expect(page.locator('.setup pre:visible')).toContainText('opentelemetry-instrument');
        await expect(page.locator('.setup .code:visible')).toHaveCount(1);
        await fitsAcross(page);
        // Axe waits for timers, which do not run where scripts are off.
        if (javaScriptEnabled) await accessible(page);
        watched.clean();
        await context.close();
      });
    }
  }
}
