// `clearspan demo` as someone sees it who only looks: services, logs and traces fill by themselves, and lead to one another.
import { expect, test } from '@playwright/test';
import { type Logs, type Traces, ask } from '../support/api';
import { Watched, accessible } from '../support/page';
import { type Server, startServer } from '../support/server';

let server: Server;

test.beforeAll(async () => {
  // A short past at a low rate: as much as is looked at.
  server = await startServer(['demo', '--history', '60', '--rate', '2']);
});

test.afterAll(() => server.stop());

test('services, logs and traces fill, and lead to one another', async ({ page }) => {
  const watched = new Watched(page);
  await page.goto(server.ui);
  // The first page turns into the list of services by itself.
  await expect(page.locator('tbody tr').first()).toBeVisible({ timeout: 30_000 });
  await accessible(page);

  // A log of the shop whose span is stored too: logs and spans are sent apart.
  let log = { id: '', trace: '', span: '' };
  await expect(async () => {
    const { rows } = await ask<Logs>(server, 'logs/search', { order: 'asc' });
    const { traces } = await ask<Traces>(server, 'traces/search', { sort: 'start', limit: '200' });
    const stored = new Set(traces.map((trace) => trace.trace_id));
    const found = rows.find((row) => row.span_id && stored.has(row.trace_id ?? ''));
    log = { id: found?.id ?? '', trace: found?.trace_id ?? '', span: found?.span_id ?? '' };
    expect(log.id).not.toBe('');
  }).toPass({ timeout: 30_000 });

  await page.goto(`${server.ui}/logs?q=${encodeURIComponent(`trace_id:${log.trace}`)}`);
  await page.locator(`.lr[data-id="${log.id}"] .msg`).click();
  await page.locator('#panel').getByRole('link', { name: 'Open trace' }).click();
  await expect(page).toHaveURL(new RegExp(`/trace/${log.trace}`));
  const spans = page.getByRole('treegrid');
  await expect(spans.getByRole('row').first()).toBeVisible();

  await page.goto(`${server.ui}/trace/${log.trace}?span=${log.span}`);
  const panel = page.locator('#span');
  await panel.getByText(/^Logs/).click();
  await panel.getByRole('link', { name: /on the log page/ }).click();
  await expect(page).toHaveURL(/\/logs\?/);
  await expect(page.locator(`.lr[data-id="${log.id}"]`)).toBeVisible();
  watched.clean();
});
