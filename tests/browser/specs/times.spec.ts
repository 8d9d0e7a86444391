// Times are UTC until a reader asks for those of this browser; then days begin where they begin there.
import { expect, test } from '@playwright/test';
import { type Server, startServer } from '../support/server';
import { logsRequest } from '../support/telemetry';

let server: Server;

// Around midnight in Tokyo, then around midnight UTC.
const TIMES = ['2026-06-10T14:59:30Z', '2026-06-10T15:00:30Z', '2026-06-10T23:59:30Z', '2026-06-11T00:00:30Z'];

test.beforeAll(async () => {
  server = await startServer();
  await server.send('logs', logsRequest(TIMES.map((at) => ({ atMs: Date.parse(at), body: at, service: 'clock' }))));
});

test.afterAll(() => server.stop());

test.use({ timezoneId: 'Asia/Tokyo' });

test('days begin where the clocks shown say so', async ({ page }) => {
  await page.goto(`${server.ui}/logs?from=2026-06-10T00:00:00Z&to=2026-06-12T00:00:00Z`);
  const rows = page.locator('.dategroup, .lr');
  const seen = async (): Promise<string[]> =>
    rows.evaluateAll((all) => all.map((row) => (row.matches('.dategroup') ? (row.textContent ?? '').trim() : (row.querySelector('time')?.textContent ?? ''))));
  await expect(page.locator('.lr')).toHaveCount(4);
  expect(await seen()).toEqual([
    'Thursday 11 June 2026UTC',
    '00:00:30.000',
    'Wednesday 10 June 2026UTC',
    '23:59:30.000',
    '15:00:30.000',
    '14:59:30.000',
  ]);

  await page.getByRole('button', { name: 'Help and keys' }).click();
  await page.getByLabel(/Times in this browser's zone/).check();
  await page.keyboard.press('Escape');
  const local = [
    'Thursday 11 June 2026local time',
    '09:00:30.000',
    '08:59:30.000',
    '00:00:30.000',
    'Wednesday 10 June 2026local time',
    '23:59:30.000',
  ];
  expect(await seen()).toEqual(local);
  // It is kept, and the record beside the rows tells the same time.
  await page.reload();
  await expect(page.locator('.lr')).toHaveCount(4);
  expect(await seen()).toEqual(local);
  await page.locator('.lr .msg').last().click();
  await expect(page.locator('#panel .p-head time[data-clock]')).toHaveText('23:59:30.000');
});
