// `demo`, as a newcomer meets it: within seconds every page has something to show, and one leads to the other.
import { expect, test } from '@playwright/test';
import { Watched, accessible } from '../support/page';
import { type Server, startServer } from '../support/server';

let server: Server;

test.beforeAll(async () => {
  server = await startServer(['demo', '--history', '60']);
});

test.afterAll(() => server.stop());

test('the shop fills services, logs and traces', async ({ page }) => {
  const watched = new Watched(page);
  await expect(async () => {
    await page.goto(server.ui);
    await expect(page.getByRole('link', { name: 'checkout', exact: true })).toBeVisible({ timeout: 500 });
  }).toPass();
  await accessible(page);

  // An error's line leads to its trace, and a span of that to its logs.
  await expect(async () => {
    await page.goto(`${server.ui}/logs?q=severity%3Aerror%20trace_id%3A*`);
    await expect(page.locator('.lr').first()).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.locator('.lr .msg').first().click();
  await page.getByRole('link', { name: 'Open trace' }).click();
  await expect(page).toHaveURL(/\/trace\/[0-9a-f]{32}/);
  await expect(page.locator('canvas').first()).toBeVisible();
  await page.getByRole('link', { name: /^Logs/ }).last().click();
  await expect(page).toHaveURL(/\/logs\?.*trace_id/);
  await expect(page.locator('.lr').first()).toBeVisible();
  watched.clean();
});
