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

/** Gives times below `root` their tooltip and, where chosen, the local zone. */
export function localise(root: ParentNode): void {
  for (const time of root.querySelectorAll<HTMLTimeElement>(SELECTOR)) {
    if (!time.title) time.title = time.dateTime;
    if (isLocal() && time.dataset['clock'] !== undefined) showLocal(time);
  }
  if (isLocal()) tellDays(root);
}

/** Days stay those of UTC, by which the server groups; beside local clocks that must be said. */
function tellDays(root: ParentNode): void {
  for (const day of root.querySelectorAll<HTMLElement>('[data-utc-day]')) {
    day.removeAttribute('data-utc-day');
    day.textContent = `${day.textContent ?? ''} day, clocks ${offset(new Date())}`;
  }
}

/** `UTC+9`, `UTC-3:30`. */
function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`;
  return `UTC${minutes < 0 ? '-' : '+'}${Math.floor(size / 60)}${rest}`;
}

function showLocal(time: HTMLTimeElement): void {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  time.textContent = `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
