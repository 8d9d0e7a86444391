// The panel of the chosen span. The server writes it; here it is fetched, put in place, and told the two things that this
// page knows better: the self time, and what else stands in the span's row.
import { announce } from '../shell/clipboard';
import { localise } from '../shell/times';
import { counted, duration } from './figures';
import type { Model } from './model';
import { idOf, nameOf, serviceOf } from './skeleton';
import { show } from './signs';

/** While someone walks through rows with a key held down, not every one is asked for. */
const PATIENCE_MS = 90;
const CHAIN_MAX = 12;

export interface PanelTexts {
  /** Where spans are asked for, with a `/` at the end. */
  spans: string;
  startNs: string;
  from: string;
  to: string;
}

export class Panel {
  private timer = 0;
  private asking: AbortController | undefined;
  private shown = '';
  private tab = 'attributes';

  constructor(private readonly view: HTMLElement, private readonly panel: HTMLElement, private readonly model: Model, private readonly texts: PanelTexts) {
    panel.addEventListener('change', (event) => {
      if (event.target instanceof HTMLInputElement && event.target.name.startsWith('tab-')) this.tab = event.target.value;
    });
    panel.addEventListener('click', (event) => this.click(event));
  }

  get isOpen(): boolean {
    return !this.view.classList.contains('alone');
  }

  /** What the page came with belongs to this span. */
  adopt(span: number): void {
    this.shown = span < 0 ? '' : idOf(this.model.s, span);
    this.complete();
  }

  /** Shows a span; `asked` when someone chose it, so that it may lie over the rows where there is no room beside them. */
  open(span: number, asked: boolean): void {
    if (span < 0) return;
    this.view.classList.remove('alone');
    if (asked) this.view.classList.add('asked');
    const id = idOf(this.model.s, span);
    if (id === this.shown) {
      this.complete();
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(id), PATIENCE_MS);
  }

  close(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.view.classList.remove('asked');
    this.view.classList.add('alone');
  }

  private async load(id: string): Promise<void> {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.panel.classList.add('waits');
    this.panel.setAttribute('aria-busy', 'true');
    try {
      const response = await fetch(this.url(id), { headers: { accept: 'text/html' }, signal: asking.signal });
      const parsed = new DOMParser().parseFromString(await response.text(), 'text/html');
      if (asking.signal.aborted) return;
      // A refusal is a page of its own; of an unknown span there is a panel that says so.
      if (!response.ok && !parsed.querySelector('.p-head')) throw new Error(String(response.status));
      this.put([...parsed.body.childNodes]);
      this.shown = id;
    } catch {
      if (asking.signal.aborted) return;
      const said = document.createElement('p');
      said.className = 'state err';
      said.textContent = 'The span could not be loaded.';
      this.put([said]);
      this.shown = '';
    }
    this.panel.classList.remove('waits');
    this.panel.removeAttribute('aria-busy');
  }

  private url(id: string): string {
    const query = new URLSearchParams({ at: this.texts.startNs });
    for (const name of ['from', 'to'] as const) if (this.texts[name]) query.set(name, this.texts[name]);
    return `${this.texts.spans}${id}?${query}`;
  }

  private put(nodes: Node[]): void {
    this.panel.replaceChildren(...nodes.map((node) => document.importNode(node, true)));
    this.panel.scrollTop = 0;
    for (const tab of this.panel.querySelectorAll<HTMLInputElement>(`input[value="${CSS.escape(this.tab)}"]`)) tab.checked = true;
    localise(this.panel);
    this.complete();
  }

  // Fills in what the server leaves to this page.
  private complete(): void {
    const { s, selected } = this.model;
    for (const article of this.panel.querySelectorAll<HTMLElement>('.p-span')) {
      const own = article.querySelector('[data-own]');
      const span = this.spanOf(article);
      if (own && span >= 0) own.textContent = duration(Number(s.selfExact[span]!));
    }
    const chain = this.panel.querySelector<HTMLElement>('[data-chain]');
    if (chain && selected >= 0) this.chain(chain);
    const name = this.panel.querySelector('.p-name')?.textContent;
    if (name) announce(name);
  }

  private spanOf(article: HTMLElement): number {
    const { s, selected } = this.model;
    const id = article.dataset['span'];
    const [start, end] = [BigInt(article.dataset['start'] ?? 0), BigInt(article.dataset['end'] ?? 0)];
    const is = (span: number): boolean => idOf(s, span) === id && s.startExact[span] === start - s.startNs && s.durationExact[span] === (end > start ? end - start : 0n);
    if (selected >= 0 && is(selected)) return selected;
    for (let span = 0; span < s.spans; span++) if (is(span)) return span;
    return -1;
  }

  // The other spans of the row, in calling order.
  private chain(box: HTMLElement): void {
    const { s, rows, selected } = this.model;
    const row = this.model.rowOf(selected);
    const length = row < 0 ? 0 : rows.length[row]!;
    box.hidden = length < 2 || selected < rows.first[row]! || selected >= rows.first[row]! + length;
    if (box.hidden) return;
    const spans = Array.from({ length: Math.min(length, CHAIN_MAX) }, (_, n) => rows.first[row]! + n);
    box.replaceChildren(...spans.map((span) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'cut';
      button.dataset['chained'] = String(span);
      button.title = serviceOf(s, span);
      if (span === selected) button.setAttribute('aria-current', 'true');
      show(button, nameOf(s, span) || '(no name)');
      return button;
    }));
    if (length > CHAIN_MAX) box.append(`and ${counted(length - CHAIN_MAX, 'more span', 'more spans')}`);
  }

  private click(event: Event): void {
    const target = event.target instanceof Element ? event.target : null;
    const chained = target?.closest<HTMLElement>('[data-chained]')?.dataset['chained'];
    if (chained !== undefined) this.model.select(Number(chained));
    if (target?.closest('[data-fit]')) this.model.fit(this.model.selected);
  }
}
