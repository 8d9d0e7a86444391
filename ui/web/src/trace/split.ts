// The line between names and bars, which can be dragged. The width is kept in this browser.
const KEY = 'trace-names';
const LEAST = 160;
const STEP = 16;

export function startSplit(line: HTMLElement, body: HTMLElement, onChange: () => void): void {
  const most = (): number => Math.max(LEAST, body.clientWidth * 0.6);
  const now = (): number => line.offsetLeft;
  const set = (width: number | null): void => {
    if (width === null) body.style.removeProperty('--names');
    else body.style.setProperty('--names', `${Math.round(Math.max(LEAST, Math.min(width, most())))}px`);
    line.setAttribute('aria-valuenow', String(Math.round(now())));
    line.setAttribute('aria-valuemin', String(LEAST));
    line.setAttribute('aria-valuemax', String(Math.round(most())));
    onChange();
  };
  const keep = (): void => localStorage.setItem(KEY, String(Math.round(now())));
  const kept = Number(localStorage.getItem(KEY));
  set(kept > 0 ? kept : null);
  line.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
  });
  line.addEventListener('pointermove', (event) => {
    if (line.hasPointerCapture(event.pointerId)) set(event.clientX - body.getBoundingClientRect().left);
  });
  line.addEventListener('pointerup', keep);
  line.addEventListener('dblclick', () => {
    localStorage.removeItem(KEY);
    set(null);
  });
  line.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(now() + step);
    keep();
  });
}
