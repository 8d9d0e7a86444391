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
}

function showLocal(time: HTMLTimeElement): void {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  time.textContent = `${clock}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
