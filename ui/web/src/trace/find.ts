// Finding spans by name or service. The text of each name is looked at once, however many spans have it.
import type { Model } from './model';
import { nextOf } from './model';
import { count } from './figures';
import type { Skeleton, Texts } from './skeleton';
import { type Steps, STRIDE, run } from './steps';

const STRIDE_OF_TEXTS = 512;

/** Which spans have `term` in their name or their service's, whatever its case. */
export function* search(s: Skeleton, term: string): Steps<Uint8Array> {
  const wanted = term.toLowerCase();
  const names = yield* among(s.names, wanted);
  const services = yield* among(s.services, wanted);
  const matches = new Uint8Array(s.spans);
  for (let span = 0; span < s.spans; span++) {
    matches[span] = names[s.name[span]!]! | services[s.service[span]!]!;
    if (span % STRIDE === 0) yield;
  }
  return matches;
}

function* among(texts: Texts, wanted: string): Steps<Uint8Array> {
  const found = new Uint8Array(texts.length);
  for (let at = 0; at < texts.length; at++) {
    found[at] = texts.at(at).toLowerCase().includes(wanted) ? 1 : 0;
    if (at % STRIDE_OF_TEXTS === 0) yield;
  }
  return found;
}

export class Find {
  private spans: number[] = [];
  private turn = 0;
  private readonly input: HTMLInputElement;
  private readonly said: HTMLElement;

  constructor(private readonly form: HTMLFormElement, private readonly opener: HTMLElement, private readonly model: Model) {
    this.input = form.querySelector('input') as HTMLInputElement;
    this.said = form.querySelector('[role=status]') as HTMLElement;
    opener.addEventListener('click', () => this.open());
    form.addEventListener('submit', (event) => event.preventDefault());
    this.input.addEventListener('input', () => void this.search());
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') void this.go(event.shiftKey ? -1 : 1);
      if (event.key === 'Escape') this.close();
    });
  }

  /** `n` and `N`: the next match; the field when nothing is searched yet. */
  step(step: 1 | -1): void {
    if (this.spans.length > 0) void this.go(step);
    else this.open();
  }

  private open(): void {
    this.form.hidden = false;
    this.opener.hidden = true;
    this.input.focus();
    this.input.select();
  }

  private close(): void {
    this.form.hidden = true;
    this.opener.hidden = false;
    this.input.value = '';
    void this.search();
  }

  private async search(): Promise<void> {
    const turn = ++this.turn;
    const term = this.input.value.trim();
    const matches = term ? await run(search(this.model.s, term)) : null;
    if (turn !== this.turn) return;
    this.spans = [];
    if (matches) for (let span = 0; span < matches.length; span++) if (matches[span] === 1) this.spans.push(span);
    this.model.found(matches);
    this.say();
  }

  private async go(step: 1 | -1): Promise<void> {
    const span = nextOf(this.spans, this.model.selected, step);
    if (span >= 0) await this.model.reveal(span);
    this.say();
  }

  private say(): void {
    const at = this.spans.indexOf(this.model.selected);
    const total = count(this.spans.length);
    this.said.textContent = !this.input.value.trim() ? '' : at < 0 ? total : `${count(at + 1)} of ${total}`;
  }
}
