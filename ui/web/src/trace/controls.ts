// Clicks and keys of the waterfall.
import { announce } from '../shell/clipboard';
import { onKey } from '../shell/keys';
import { counted } from './figures';
import { nextOf } from './model';
import { findId } from './skeleton';
import type { Waterfall } from './start';
import { writeAddress } from './address';

export function startControls(w: Waterfall): void {
  const { view, model } = w;
  const scroll = view.querySelector<HTMLElement>('[data-scroll]')!;
  scroll.addEventListener('click', (event) => {
    const row = w.rowAt(event);
    if (row < 0) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest('.tw')) void model.toggle(row);
    else if (target?.closest('.cnt')) void model.open(row);
    else {
      model.selectRow(row);
      w.panel.open(model.selected, true);
    }
  });
  scroll.addEventListener('dblclick', (event) => {
    const row = w.rowAt(event);
    const onBars = event.target instanceof Element && event.target.closest('[data-bars]');
    if (row >= 0 && onBars) model.fit(model.rows.first[row]!);
  });
  let hovered = -1;
  const hover = (row: number): void => {
    if (row === hovered) return;
    hovered = row;
    w.hover(row);
  };
  scroll.addEventListener('pointermove', (event) => hover(event.pointerType === 'mouse' ? w.rowAt(event) : -1));
  scroll.addEventListener('pointerleave', () => hover(-1));
  startButtons(w);
  startLinks(w);
  onKey((key, event) => act(w, key, event));
}

function startButtons({ view, model }: Waterfall): void {
  const button = (name: string): HTMLButtonElement => view.querySelector<HTMLButtonElement>(`[${name}]`)!;
  const [errors, every] = [button('data-errors-only'), button('data-every-span')];
  const press = (): void => {
    errors.setAttribute('aria-pressed', String(model.errorsOnly));
    every.setAttribute('aria-pressed', String(model.everySpan));
  };
  errors.addEventListener('click', () => void model.show({ errorsOnly: !model.errorsOnly }).then(press));
  every.addEventListener('click', () => void model.show({ everySpan: !model.everySpan }).then(press));
  button('data-collapse-all').addEventListener('click', () => void model.collapseAll());
  document.addEventListener('keyup', press);
  press();
}

// Links of the page that mean something here: they work without this script too, only slower.
function startLinks(w: Waterfall): void {
  const { model } = w;
  document.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const link = event.target instanceof Element ? event.target.closest<Element>('[data-next-error],[data-goes-to],[data-service],[data-closes-panel],[data-note]') : null;
    if (!link || !(link instanceof HTMLElement || link instanceof SVGElement)) return;
    const { dataset } = link;
    if (dataset['nextError'] !== undefined) event.preventDefault(), void error(w, 1);
    else if (dataset['closesPanel'] !== undefined) event.preventDefault(), close(w);
    else if (dataset['service'] !== undefined) event.preventDefault(), void only(w, model.s.services.at(Number(dataset['service'])));
    else if (dataset['goesTo'] !== undefined) {
      const span = findId(model.s, dataset['goesTo']);
      if (span < 0) return;
      event.preventDefault();
      void model.reveal(span).then(() => {
        w.panel.open(span, true);
        writeAddress(model, dataset['goesTo'] ?? null);
      });
    }
  });
}

async function only(w: Waterfall, service: string): Promise<void> {
  const { model } = w;
  await model.show({ service: model.service === service ? null : service });
  announce(model.service === null ? 'All services' : `Only ${service}, and what called it: ${counted(model.rows.count, 'row', 'rows')}`);
}

async function error({ model, panel }: Waterfall, step: 1 | -1): Promise<void> {
  const span = nextOf(model.errors, model.selected, step);
  if (span < 0) return;
  await model.reveal(span);
  panel.open(span, true);
}

function close({ panel, model, view }: Waterfall): void {
  panel.close();
  writeAddress(model, 'none');
  view.querySelector<HTMLElement>('[data-names]')?.focus({ preventScroll: true });
}

function act(w: Waterfall, key: string, event: KeyboardEvent): boolean {
  const { model, scroller } = w;
  const inGrid = event.target instanceof Element && event.target.closest('[data-scroll]') !== null;
  // Elsewhere keys that move or open keep their own meaning.
  if (/^(?:Arrow|Page|Home|End|Enter)/.test(key) && !inGrid && document.activeElement !== document.body) return false;
  const row = model.rowOf(model.selected);
  const to = (next: number): void => model.selectRow(Math.max(0, Math.min(next, model.rows.count - 1)));
  const page = Math.max(1, Math.floor(scroller.viewport / scroller.rowHeight) - 1);
  const acts: Record<string, () => void> = {
    j: () => to(row + 1), ArrowDown: () => to(row + 1), k: () => to(row - 1), ArrowUp: () => to(row - 1),
    PageDown: () => to(row + page), PageUp: () => to(row - page), Home: () => to(0), End: () => to(model.rows.count - 1),
    ArrowRight: () => row >= 0 && void model.open(row), ArrowLeft: () => row >= 0 && void model.close(row),
    ']': () => void model.more(), '[': () => void model.fewer(),
    e: () => void error(w, 1), E: () => void error(w, -1),
    n: () => w.find.step(1), N: () => w.find.step(-1),
    f: () => model.selected >= 0 && model.fit(model.selected), 0: () => model.zoomTo(0, model.s.total),
    Enter: () => enter(w),
    i: () => follow('[data-include]'), x: () => follow('[data-exclude]'),
  };
  if (key === 'Escape') {
    if (!w.panel.isOpen) return false;
    close(w);
    return true;
  }
  const found = Object.hasOwn(acts, key) ? acts[key] : undefined;
  found?.();
  return found !== undefined;
}

function enter({ model, panel, view }: Waterfall): void {
  panel.open(model.selected, true);
  view.querySelector<HTMLElement>('#span')?.focus({ preventScroll: true });
}

// The value under the pointer or the focus.
function follow(link: string): void {
  document.querySelector<HTMLElement>(`.pairs > div:is(:hover, :focus-within) ${link}`)?.click();
}
