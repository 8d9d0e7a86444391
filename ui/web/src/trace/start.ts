// Puts the waterfall together: fetches the skeleton, joins the model with its views, and keeps them in step.
import { asked, idOrNone, writeAddress } from './address';
import { Bars } from './bars';
import { startBrush, startWheel } from './brush';
import { count } from './figures';
import { Find } from './find';
import { readInk } from './ink';
import { startControls } from './controls';
import { Minimap } from './minimap';
import { type Change, Model } from './model';
import { NARROW, Names } from './names';
import { Panel } from './panel';
import { pinned } from './rows';
import { Scroller } from './scroller';
import { type Skeleton, decode, findId } from './skeleton';
import { startSplit } from './split';
import { breathe, run } from './steps';
import { ticks } from './ticks';
import { plant } from './tree';

const PINS_MAX = 5;
const TICKS_WANTED = 7;

/** Everything of a running waterfall that its controls reach for. */
export interface Waterfall {
  view: HTMLElement;
  model: Model;
  panel: Panel;
  find: Find;
  scroller: Scroller;
  rowAt(event: Event): number;
  hover(row: number): void;
}

export async function startTrace(view: HTMLElement): Promise<void> {
  view.classList.add('scripted-view');
  try {
    const skeleton = await fetchSkeleton(view.dataset['skeleton'] ?? '');
    await mount(view, skeleton);
  } catch (error) {
    // The table is still there, and says the same.
    view.classList.add('plain');
    console.warn('the waterfall could not be drawn:', error);
  }
}

async function fetchSkeleton(url: string): Promise<Skeleton> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return run(decode(await response.arrayBuffer()));
}

async function mount(view: HTMLElement, s: Skeleton): Promise<void> {
  const part = <T extends HTMLElement = HTMLElement>(selector: string): T => {
    const found = view.querySelector<T>(selector);
    if (!found) throw new Error(`${selector} is missing`);
    return found;
  };
  const [body, grid, barBox, scrollBox, mapBox] = [part('.t-body'), part('[data-names]'), part('[data-bars]'), part('[data-scroll]'), part('[data-minimap]')];
  const { dataset } = view;
  const changes: ((change: Change) => void)[] = [];
  const model = new Model(s, await run(plant(s)), (change) => changes.forEach((changed) => changed(change)));
  let ink = readInk();
  const names = new Names(grid, model, { prefix: dataset['prefix'] ?? '', suffix: dataset['suffix'] ?? '' });
  const bars = new Bars(part<HTMLCanvasElement>('[data-bars] canvas'), model, ink);
  const map = new Minimap(mapBox, part<HTMLCanvasElement>('[data-minimap] canvas'), model, ink);
  const scroller = new Scroller(scrollBox, part('[data-size]'), part('.wf-stage'));
  const panel = new Panel(view, part('#span'), model, { spans: dataset['spans'] ?? '', startNs: dataset['start'] ?? '', from: dataset['from'] ?? '', to: dataset['to'] ?? '' });
  const find = new Find(part<HTMLFormElement>('[data-find]'), part('[data-find-opens]'), model);
  const axis = new Axis(part('[data-ticks]'), bars, model);

  let isDue = false;
  const draw = (): void => {
    isDue = false;
    const { top, viewport, rowHeight } = scroller;
    const pins = pinned(model.rows, top, rowHeight, PINS_MAX);
    bars.draw(top, viewport, rowHeight, pins, axis.at);
    names.draw(top, viewport, rowHeight, pins);
  };
  const due = (): void => {
    if (!isDue) requestAnimationFrame(draw);
    isDue = true;
  };
  const measure = (): void => {
    scroller.resize(model.rows.count, rowHeight());
    bars.resize(barBox.clientWidth);
    axis.draw(barBox.clientWidth);
    names.refresh();
    due();
  };
  changes.push((change) => {
    if (change === 'rows') {
      measure();
      tellFilters(model);
    }
    if (change === 'zoom') {
      axis.draw(barBox.clientWidth);
      names.refresh();
      map.draw();
    }
    if (change === 'matches') names.refresh();
    if (change === 'selected') {
      const row = model.rowOf(model.selected);
      if (row >= 0) scroller.show(row, PINS_MAX);
      panel.open(model.selected, true);
    }
    if (change !== 'matches') writeAddress(model, change === 'selected' ? idOrNone(model) : null);
    due();
  });
  const repaint = (): void => {
    ink = readInk();
    bars.repaint(ink);
    void map.repaint(ink);
    due();
  };

  await open(model, panel, scroller);
  scrollBox.addEventListener('scroll', due, { passive: true });
  new ResizeObserver(measure).observe(scrollBox);
  new ResizeObserver(() => void map.repaint(ink)).observe(mapBox);
  document.addEventListener('clearspan:theme', repaint);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  document.querySelector('[data-density-switch]')?.addEventListener('change', measure);
  startSplit(part('[data-split]'), body, measure);
  startBrush(mapBox, part('.mm-keys'), map, model);
  startWheel(barBox, bars, model);
  startControls({
    view, model, panel, find, scroller,
    rowAt: (event) => names.rowAt(event.target) >= 0 ? names.rowAt(event.target) : rowUnder(event, scrollBox, scroller, model),
    hover: (row) => {
      names.hover(row);
      bars.hover(row);
      due();
    },
  });
  await breathe();
  measure();
  tellFilters(model);
  await breathe();
  void map.repaint(ink);
  view.classList.add('ready');
}

// What the address asks for, before anything is drawn.
async function open(model: Model, panel: Panel, scroller: Scroller): Promise<void> {
  const { s } = model;
  const want = asked(location.search);
  Object.assign(model, { errorsOnly: want.errorsOnly, everySpan: want.everySpan, service: want.service });
  await model.lay(true);
  const said = document.querySelector('[data-row-count]');
  if (said && model.rows.count !== s.spans && !want.errorsOnly && !want.service) said.textContent = ` in ${count(model.rows.count)} row${model.rows.count === 1 ? '' : 's'}`;
  if (want.zoom) model.zoomTo(...want.zoom);
  const span = findId(s, want.span || (document.querySelector<HTMLElement>('.p-span')?.dataset['span'] ?? ''));
  if (span < 0) return;
  model.selected = span;
  panel.adopt(span);
  scroller.resize(model.rows.count, rowHeight());
  // A span that nobody asked for by name does not move the list: a trace is read from its beginning.
  if (want.span) scroller.show(model.rowOf(span), PINS_MAX);
}

// The footer counts what is shown, and the strip shows whose spans alone these are.
function tellFilters(model: Model): void {
  const status = document.querySelector('[data-status]');
  if (status) status.textContent = (status.textContent ?? '').replace(/^[\d,]+ of/, `${count(model.kept)} of`);
  const strip = document.querySelector('.strip');
  strip?.classList.toggle('narrowed', model.service !== null);
  for (const link of strip?.querySelectorAll('[data-service]') ?? []) {
    if (model.service !== null && model.s.services.at(Number(link.getAttribute('data-service'))) === model.service) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

function rowHeight(): number {
  if (matchMedia(NARROW).matches) return 38;
  return parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || 24;
}

// On the canvas a row is where the pointer is.
function rowUnder(event: Event, box: HTMLElement, scroller: Scroller, model: Model): number {
  if (!(event instanceof MouseEvent) || !(event.target instanceof Element) || !event.target.closest('[data-bars]')) return -1;
  const y = event.clientY - box.getBoundingClientRect().top;
  const pins = pinned(model.rows, scroller.top, scroller.rowHeight, PINS_MAX);
  const over = Math.floor(y / scroller.rowHeight);
  if (over >= 0 && over < pins.length) return pins[over]!;
  const row = Math.floor((scroller.top + y) / scroller.rowHeight);
  return row < model.rows.count ? row : -1;
}

/** The times above the bars. */
class Axis {
  at: number[] = [];

  constructor(private readonly box: HTMLElement, private readonly bars: Bars, private readonly model: Model) {}

  draw(width: number): void {
    const found = ticks(this.model.zoom[0], this.model.zoom[1], Math.max(2, Math.min(TICKS_WANTED, Math.floor(width / 84))));
    this.at = found.map((tick) => tick.at);
    while (this.box.children.length < found.length) this.box.append(document.createElement('span'));
    [...this.box.children].forEach((child, n) => {
      const tick = found[n];
      const element = child as HTMLElement;
      element.hidden = tick === undefined;
      if (!tick) return;
      element.textContent = tick.text;
      element.style.left = `${Math.round(this.bars.x(tick.at))}px`;
    });
  }
}
