// The rows: further ones come while scrolling, those far away are put aside and come back, so that a list of any length
// scrolls like a short one. A record opens in the panel beside it, and the URL says which.
import { announce } from '../shell/clipboard';
import { localise } from '../shell/times';
import { fragment } from './fragment';
import { Panel } from './panel';

/** Pixels before the end at which the next rows are asked for. */
const AHEAD = 3_000;
/** Pixels beyond which rows are put aside, and within which they come back. */
const FAR = 9_000;
const NEAR = 4_000;
/** Parts that one key press may bring before it gives up. */
const LOADS_MAX = 10;
const TEND_EVERY_MS = 60;

export class LogList extends HTMLElement {
  private rows: HTMLElement | null = null;
  private panel: Panel | null = null;
  private loading: Promise<void> | undefined;
  private tending = 0;

  connectedCallback(): void {
    this.rows = this.querySelector<HTMLElement>('#rows');
    this.panel = Panel.of(this);
    this.rows?.addEventListener('click', (event) => this.clicked(event));
    this.rows?.addEventListener('scroll', () => this.tendSoon(), { passive: true });
    this.panel?.start();
    this.showSelected();
    this.tendSoon();
  }

  /** Scrolls the list alone: `scrollIntoView` would move the page's frame too, and nothing could move it back. */
  private showSelected(): void {
    const row = this.querySelector<HTMLElement>('.lr.sel');
    if (!row || !this.rows) return;
    const { top, height } = row.getBoundingClientRect();
    const list = this.rows.getBoundingClientRect();
    this.rows.scrollTop += top - list.top - (list.height - height) / 2;
  }

  /** The row that has the focus, else the one that is open. */
  current(): HTMLElement | null {
    const focused = document.activeElement?.closest<HTMLElement>('.lr');
    return focused ?? this.querySelector<HTMLElement>('.lr.sel');
  }

  /** Moves the focus by a row, or to the next row with an error; opens it where the panel is open. */
  async step(by: 1 | -1, errorsOnly: boolean): Promise<void> {
    const row = await this.find(this.current(), by, (row) => !errorsOnly || row.dataset['error'] !== undefined);
    if (!row) {
      announce(errorsOnly ? 'No error among the next rows' : 'No further row');
      return;
    }
    row.querySelector<HTMLElement>('.msg')?.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
    if (this.panel?.isOpen()) await this.panel.open(idOf(row), true);
  }

  /** The row above or below the one that is open, in the panel. */
  async turn(by: 1 | -1): Promise<void> {
    const row = await this.find(this.querySelector<HTMLElement>('.lr.sel'), by, () => true);
    if (!row) return;
    row.scrollIntoView({ block: 'nearest' });
    await this.panel?.open(idOf(row), true);
  }

  /** Whether there was a panel to close. */
  close(): boolean {
    if (!this.panel?.isOpen()) return false;
    const row = this.querySelector<HTMLElement>('.lr.sel .msg');
    this.panel.close();
    row?.focus({ preventScroll: true });
    return true;
  }

  /** Marks the row of a record, and no other. */
  mark(id: string | null): void {
    for (const row of this.querySelectorAll('.lr.sel')) {
      row.classList.remove('sel');
      row.removeAttribute('aria-selected');
    }
    const row = id === null ? null : this.querySelector(`.lr[data-id="${CSS.escape(id)}"]`);
    row?.classList.add('sel');
    row?.setAttribute('aria-selected', 'true');
  }

  private clicked(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : null;
    const row = target?.closest<HTMLElement>('.lr');
    const more = target?.closest<HTMLElement>('[data-more] a');
    if (!row && !more) return;
    event.preventDefault();
    if (more) void this.loadMore();
    // Text that was just selected is to be copied, not opened.
    else if (row && (getSelection()?.isCollapsed ?? true)) void this.panel?.open(idOf(row), false);
  }

  // Of rows that are aside only whether there is an error among them is known: where none is, they need not come back.
  private async find(from: HTMLElement | null, by: 1 | -1, wanted: (row: HTMLElement) => boolean): Promise<HTMLElement | null> {
    for (let loads = 0; loads < LOADS_MAX; loads++) {
      const all = [...this.querySelectorAll<HTMLElement>('.lr,.aside')];
      let at = from ? all.indexOf(from) + by : this.firstSeen(all);
      for (; at >= 0 && at < all.length; at += by) {
        const row = all[at];
        if (!row) break;
        const isAside = row.classList.contains('aside');
        if (wanted(row) && isAside) break;
        if (wanted(row)) return row;
        if (!isAside) from = row;
      }
      const aside = all[at]?.closest<HTMLElement>('.chunk');
      if (aside) await this.bringBack(aside);
      else if (by > 0 && this.more()) await this.loadMore();
      else return null;
    }
    return null;
  }

  private firstSeen(all: HTMLElement[]): number {
    const top = (this.rows?.getBoundingClientRect().top ?? 0) + 40;
    return Math.max(all.findIndex((row) => row.getBoundingClientRect().bottom > top), 0);
  }

  private more(): HTMLElement | null {
    return this.querySelector<HTMLElement>('[data-more]');
  }

  private loadMore(): Promise<void> {
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
      this.tendSoon();
    });
    return this.loading;
  }

  private async load(): Promise<void> {
    const nav = this.more();
    const url = nav?.dataset['more'];
    if (!nav || !url) return;
    nav.classList.add('busy');
    try {
      const nodes = await fragment(url);
      localise(nodes);
      nav.replaceWith(nodes);
    } catch {
      // The link that stays is the way to ask again; scrolling alone must not ask without end.
      delete nav.dataset['more'];
      nav.classList.remove('busy');
      nav.append('Further rows could not be loaded.');
    }
  }

  private tendSoon(): void {
    if (this.tending) return;
    this.tending = window.setTimeout(() => {
      this.tending = 0;
      this.tend();
    }, TEND_EVERY_MS);
  }

  private tend(): void {
    const rows = this.rows;
    if (!rows || !this.isConnected) return;
    const left = rows.scrollHeight - rows.scrollTop - rows.clientHeight;
    if (left < AHEAD && this.more()) void this.loadMore();
    const [top, bottom] = [rows.scrollTop, rows.scrollTop + rows.clientHeight];
    for (const chunk of this.querySelectorAll<HTMLElement>('.chunk[data-own]')) {
      const [first, last] = [chunk.firstElementChild, chunk.lastElementChild];
      if (!(first instanceof HTMLElement) || !(last instanceof HTMLElement)) continue;
      const away = Math.max(first.offsetTop - bottom, top - (last.offsetTop + last.offsetHeight));
      const isAside = chunk.dataset['aside'] !== undefined;
      if (away > FAR && !isAside) putAside(chunk);
      else if (away < NEAR && isAside) void this.bringBack(chunk);
    }
    this.tellSeen(rows);
  }

  private async bringBack(chunk: HTMLElement): Promise<void> {
    const url = chunk.dataset['own'];
    if (!url || chunk.dataset['aside'] === undefined) return;
    delete chunk.dataset['aside'];
    try {
      const nodes = await fragment(url);
      localise(nodes);
      chunk.replaceChildren(...(nodes.querySelector('.chunk')?.children ?? []));
      this.mark(this.panel?.openId() ?? null);
    } catch {
      chunk.dataset['aside'] = '';
    }
  }

  // Which rows are on the screen, for the status bar.
  private tellSeen(rows: HTMLElement): void {
    const place = document.getElementById('rows-seen');
    const box = rows.getBoundingClientRect();
    // A date or a pause may stand where a row was looked for; the next one is near.
    const numberFrom = (y: number, step: number): number => {
      for (let n = 0; n < 12; n++) {
        const row = document.elementFromPoint(box.left + box.width / 2, y + n * step)?.closest('.lr');
        if (row) return Number(row.getAttribute('aria-rowindex') ?? 0) - 1;
      }
      return 0;
    };
    const [first, last] = [numberFrom(box.top + 64, 12), numberFrom(box.bottom - 12, -12)];
    if (!place || first < 1 || last < first) return;
    const count = (n: number): string => n.toLocaleString('en-US');
    // The date covers the row above the first one that was found.
    place.textContent = `${count(first)} – ${count(last)}`;
  }
}

function idOf(row: HTMLElement): string {
  return row.dataset['id'] ?? '';
}

// Rows become room of the same height; dates stay, because they stick to the top of all that follows.
function putAside(chunk: HTMLElement): void {
  if (chunk.contains(document.activeElement)) return;
  const runs: HTMLElement[][] = [[]];
  for (const child of chunk.children) {
    if (!(child instanceof HTMLElement)) continue;
    if (child.classList.contains('dategroup')) runs.push([child], []);
    else runs[runs.length - 1]?.push(child);
  }
  const kept = runs.filter((run) => run.length > 0).map((run) => {
    const [first, last] = [run[0], run[run.length - 1]];
    if (!first || !last || first.classList.contains('dategroup')) return first;
    const room = document.createElement('div');
    room.className = 'aside';
    room.setAttribute('role', 'presentation');
    if (run.some((row) => row.dataset['error'] !== undefined)) room.dataset['error'] = '';
    room.style.height = `${last.getBoundingClientRect().bottom - first.getBoundingClientRect().top}px`;
    return room;
  });
  chunk.replaceChildren(...kept.filter((element) => element !== undefined));
  chunk.dataset['aside'] = '';
}
