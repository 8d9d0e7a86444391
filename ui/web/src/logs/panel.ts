// The panel of one record. What it shows is in the URL, so that a link shows the same and the browser's way back closes it.
import { localise } from '../shell/times';
import { fragment } from './fragment';
import { loadLazy } from './lazy';
import type { LogList } from './list';

export class Panel {
  private id: string | null;
  private asking: AbortController | undefined;

  private constructor(
    private readonly list: LogList,
    private readonly place: HTMLElement,
  ) {
    this.id = new URL(location.href).searchParams.get('sel');
  }

  static of(list: LogList): Panel | null {
    const place = document.getElementById('panel');
    return place ? new Panel(list, place) : null;
  }

  start(): void {
    this.place.addEventListener('click', (event) => this.clicked(event));
    addEventListener('popstate', () => this.returned());
  }

  isOpen(): boolean {
    return !this.place.hidden;
  }

  openId(): string | null {
    return this.id;
  }

  /** Shows a record. One that takes the place of another adds no step to the browser's history. */
  async open(id: string, replaces: boolean): Promise<void> {
    if (id === this.id && this.isOpen()) return;
    const url = here(id);
    if (replaces || this.isOpen()) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    await this.show(id);
  }

  close(): void {
    history.pushState(null, '', here(null));
    this.hide();
  }

  private async show(id: string): Promise<void> {
    this.id = id;
    this.list.mark(id);
    tellLinks(id);
    const url = here(id);
    url.pathname = '/logs/record';
    await this.fill(url.href);
  }

  private hide(): void {
    this.asking?.abort();
    this.id = null;
    this.list.mark(null);
    tellLinks(null);
    this.place.hidden = true;
    this.place.replaceChildren();
    this.place.parentElement?.classList.remove('with-panel');
  }

  private async fill(url: string): Promise<void> {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.place.classList.add('dims', 'htmx-request');
    try {
      const tab = this.place.querySelector<HTMLInputElement>('.tabs > input:checked')?.id;
      const nodes = await fragment(url, asking.signal);
      localise(nodes);
      this.place.replaceChildren(nodes);
      const same = tab ? this.place.querySelector<HTMLInputElement>(`#${tab}`) : null;
      if (same) same.checked = true;
      this.place.scrollTop = 0;
    } catch {
      if (asking.signal.aborted) return;
      const note = document.createElement('p');
      note.className = 'note';
      note.textContent = 'The record could not be loaded.';
      this.place.replaceChildren(note);
    }
    this.place.classList.remove('dims', 'htmx-request');
    this.place.hidden = false;
    this.place.parentElement?.classList.add('with-panel');
    loadLazy(this.place);
  }

  private clicked(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>('a,button') : null;
    if (!link) return;
    const { close, step, record, recordLink } = link.dataset;
    if (close !== undefined) this.list.close();
    else if (step !== undefined) void this.list.turn(step === '1' ? 1 : -1);
    else if (record !== undefined) void this.fill(record);
    else if (recordLink !== undefined) void this.open(selected(link) ?? '', true);
    else return;
    event.preventDefault();
  }

  // The way back: to another record, to none, or to another question, which is another page.
  private returned(): void {
    const now = new URL(location.href);
    const id = now.searchParams.get('sel');
    if (id === this.id) return;
    if (id === null) this.hide();
    else void this.show(id);
  }
}

function selected(link: HTMLElement): string | null {
  return link instanceof HTMLAnchorElement ? new URL(link.href).searchParams.get('sel') : null;
}

// This page with another record, or with none.
function here(id: string | null): URL {
  const url = new URL(location.href);
  if (id === null) url.searchParams.delete('sel');
  else url.searchParams.set('sel', id);
  url.searchParams.delete('full');
  return url;
}

// Links to this very page carry the record along.
function tellLinks(id: string | null): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-copy-link],a[data-key="r"]')) {
    const url = new URL(link.href);
    if (id === null) url.searchParams.delete('sel');
    else url.searchParams.set('sel', id);
    link.href = url.href;
  }
}
