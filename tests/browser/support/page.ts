// A page that must stay clean: nothing in the console, no violation of the content security policy, no failed request.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect } from '@playwright/test';

export class Watched {
  private readonly faults: string[] = [];
  private readonly expected: RegExp[] = [];

  constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.faults.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.faults.push(`uncaught: ${error.message}`));
    page.on('requestfailed', (request) => {
      // A navigation ends what the page before it was still asking for.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') this.faults.push(`failed: ${request.url()}`);
    });
  }

  /** A fault that the test brings about itself. */
  expects(fault: RegExp): void {
    this.expected.push(fault);
  }

  clean(): void {
    const faults = this.faults.filter((fault) => !this.expected.some((pattern) => pattern.test(fault)));
    expect(faults).toEqual([]);
  }
}

/** No finding of weight in the rules of WCAG 2.2 AA. */
export async function accessible(page: Page): Promise<void> {
  const results = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  const serious = results.violations.filter((found) => ['serious', 'critical'].includes(found.impact ?? ''));
  const told = serious.map((found) => `${found.id}: ${found.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join('; ')}`);
  expect(told).toEqual([]);
}

/** Nothing makes the page itself scroll sideways. */
export async function fitsAcross(page: Page): Promise<void> {
  const over = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const sticksOut = [...document.querySelectorAll('main *')].filter((element) => {
      const style = getComputedStyle(element);
      return element.scrollWidth > element.clientWidth + 1 && ['auto', 'scroll'].includes(style.overflowX) && !element.matches('pre,.code *,.caret');
    });
    return { page: document.documentElement.scrollWidth - width, inside: sticksOut.map((element) => element.className || element.tagName) };
  });
  expect(over).toEqual({ page: 0, inside: [] });
}
