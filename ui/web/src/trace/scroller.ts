// Scrolling through rows. A browser lays out no element higher than some 16.7 million pixels: beyond that, one pixel of
// the scroll bar stands for several of the list.

/** What every browser takes. */
const HEIGHT_MAX = 15_000_000;

/** How far the list is scrolled when the bar stands at `scrollTop`. */
export function virtualTop(scrollTop: number, total: number, viewport: number): number {
  return scrollTop * ratio(total, viewport);
}

function ratio(total: number, viewport: number): number {
  const shown = Math.min(total, HEIGHT_MAX);
  return shown > viewport ? (total - viewport) / (shown - viewport) : 1;
}

export class Scroller {
  rowHeight = 24;
  private total = 0;

  constructor(private readonly box: HTMLElement, private readonly size: HTMLElement, private readonly stage: HTMLElement) {}

  get viewport(): number {
    return this.box.clientHeight;
  }

  get top(): number {
    const top = virtualTop(this.box.scrollTop, this.total, this.viewport);
    return Math.max(0, Math.min(top, this.total - this.viewport));
  }

  /** Rows or their height have changed. */
  resize(rows: number, rowHeight: number): void {
    this.rowHeight = rowHeight;
    this.total = rows * rowHeight;
    this.stage.style.height = `${this.viewport}px`;
    this.size.style.height = `${Math.max(this.viewport, Math.min(this.total, HEIGHT_MAX))}px`;
  }

  scrollTo(top: number): void {
    this.box.scrollTop = top / ratio(this.total, this.viewport);
  }

  scrollBy(by: number): void {
    this.scrollTo(this.top + by);
  }

  /** Brings a row into view, clear of so many rows that are pinned above. */
  show(row: number, pins: number): void {
    const y = row * this.rowHeight;
    const above = pins * this.rowHeight;
    if (y - above < this.top) this.scrollTo(y - above);
    else if (y + 2 * this.rowHeight > this.top + this.viewport) this.scrollTo(y + 2 * this.rowHeight - this.viewport);
  }
}
