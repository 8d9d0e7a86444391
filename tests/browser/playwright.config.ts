// The pages in Debian's Chromium against the real program. `make test-browser` sets what is read from the environment.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'specs',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 60_000,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: process.env['CLEARSPAN_CHROMIUM'] ?? '/usr/bin/chromium',
      // The sandbox needs privileges that containers do not give; the pages are our own.
      args: ['--no-sandbox', '--font-render-hinting=none'],
    },
    timezoneId: 'UTC',
    locale: 'en-GB',
  },
});
