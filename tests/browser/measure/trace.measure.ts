// How long a trace of a hundred thousand spans takes to open, and how it scrolls. What is printed belongs into benches/results.md.
import { type Page, expect, test } from '@playwright/test';
import { BIG, sendBigTrace } from '../support/big_trace';
import { type Server, startServer } from '../support/server';

const RUNS = 5;

let server: Server;

test.beforeAll(async () => {
  server = await startServer();
  await sendBigTrace(server, Date.now() - 60_000);
});

test.afterAll(() => server.stop());

// Before the page's own scripts: tasks that hold up the page, and the moment at which twenty rows have their names.
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = { tasks: [] as number[], rowsMs: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ entryTypes: ['longtask'] });
    const look = (): void => {
      const rows = document.querySelectorAll('[role=treegrid] [role=row]');
      if (rows.length >= 20 && rows[19]?.textContent) seen.rowsMs = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
}

interface Seen {
  tasks: number[];
  rowsMs: number;
}

const read = (page: Page): Promise<Seen> => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

const worst = (tasks: number[]): string => (tasks.length > 0 ? `${tasks.length}, the longest ${Math.max(...tasks)} ms` : 'none');

test('opening and scrolling', async ({ browser }) => {
  for (let run = 1; run <= RUNS; run++) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await watch(page);
    await page.goto(`${server.ui}/trace/${BIG}`);
    await expect.poll(async () => (await read(page)).rowsMs).toBeGreaterThan(0);
    const opened = await read(page);
    await page.mouse.move(500, 500);
    await page.evaluate(() => (window as unknown as { seen: Seen }).seen.tasks.splice(0));
    const frames = page.evaluate(() => new Promise<number[]>((resolve) => {
      const gaps: number[] = [];
      let last = performance.now();
      const next = (now: number): void => {
        gaps.push(now - last);
        last = now;
        if (gaps.length < 240) requestAnimationFrame(next);
        else resolve(gaps);
      };
      requestAnimationFrame(next);
    }));
    for (let n = 0; n < 60; n++) await page.mouse.wheel(0, 1_200);
    const gaps = (await frames).sort((a, b) => a - b);
    const scrolled = await read(page);
    const at = (share: number): string => (gaps[Math.floor((gaps.length - 1) * share)] ?? 0).toFixed(1);
    process.stdout.write(
      `\nrun ${run}: 20 rows after ${opened.rowsMs.toFixed(0)} ms; tasks over 50 ms while opening: ${worst(opened.tasks)}; ` +
        `while scrolling: ${worst(scrolled.tasks)}; frames p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
    );
    await page.close();
  }
});
