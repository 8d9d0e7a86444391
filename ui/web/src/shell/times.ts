// Times are UTC as the server wrote them; on request they are shown in this browser's zone. Hovering shows all nanoseconds.
const SELECTOR = 'time[datetime]';

export function startTimes(): void {
  const box = document.querySelector<HTMLInputElement>('[data-local-time]');
  if (box) {
    box.checked = isLocal();
    box.addEventListener('change', () => {
      localStorage.setItem('zone', box.checked ? 'local' : 'utc');
      if (box.checked) localise(document);
      else location.reload();
    });
  }
  localise(document);
  document.body.addEventListener('htmx:load', (event) => {
    if (event.target instanceof Element) localise(event.target);
  });
}

function isLocal(): boolean {
  return localStorage.getItem('zone') === 'local';
}

/** Gives times below `root` their tooltip and, where chosen, the local zone: the clock, the day, and the sign of the zone. */
export function localise(root: ParentNode): void {
  for (const time of root.querySelectorAll<HTMLTimeElement>(SELECTOR)) {
    if (!time.title) time.title = time.dateTime;
    if (!isLocal()) continue;
    if (time.dataset['clock'] !== undefined) showLocal(time, clockOf);
    else if (time.dataset['day'] !== undefined) showLocal(time, (at) => dayOf(at, time.dataset['day'] ?? ''));
  }
  if (!isLocal()) return;
  for (const chunk of root.querySelectorAll<HTMLElement>('.chunk')) placeDays(chunk);
  for (const zone of root.querySelectorAll<HTMLElement>('[data-zone]')) {
    zone.textContent = 'local time';
    zone.title = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
}

function showLocal(time: HTMLTimeElement, words: (at: Date) => string): void {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.textContent = words(at);
}

function clockOf(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

// In the forms of the server: `brief` 29 Jan, `day` the same with another year, `short` Sun 29 Jan 2023, `long` in full.
function dayOf(at: Date, form: string): string {
  const part = (options: Intl.DateTimeFormatOptions): string => at.toLocaleDateString('en-US', options);
  const width = form === 'long' ? 'long' : 'short';
  const words = [String(at.getDate()), part({ month: width })];
  if (form === 'long' || form === 'short') words.unshift(part({ weekday: width }));
  if (form !== 'brief' && !(form === 'day' && at.getFullYear() === new Date().getFullYear())) words.push(String(at.getFullYear()));
  return words.join(' ');
}

// The server put a date above the first row of each day of UTC; days of this zone begin at other rows.
function placeDays(chunk: HTMLElement): void {
  for (const head of chunk.querySelectorAll('.dategroup')) head.remove();
  let above = chunk.dataset['above'] === undefined ? '' : dayOf(new Date(chunk.dataset['above']), 'long');
  for (const row of chunk.querySelectorAll<HTMLElement>('.lr')) {
    const time = row.querySelector('time');
    const day = time ? dayOf(new Date(time.dateTime), 'long') : above;
    if (day === above) continue;
    above = day;
    const before = row.previousElementSibling;
    chunk.insertBefore(dateGroup(day), before?.classList.contains('gaprow') ? before : row);
  }
}

function dateGroup(day: string): HTMLElement {
  const group = document.createElement('div');
  group.className = 'dategroup';
  group.setAttribute('role', 'row');
  const cell = document.createElement('span');
  cell.setAttribute('role', 'gridcell');
  const zone = document.createElement('span');
  zone.className = 'd3';
  zone.dataset['zone'] = '';
  cell.append(day, zone);
  group.append(cell);
  return group;
}
