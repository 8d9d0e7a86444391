// One cursor over all drawings; what it reads stands in their headings. The table of the charts has all values.

/** Moves the cursor with the pointer; the answer moves it by steps. */
export function startCursor(charts: HTMLElement, rows: HTMLTableRowElement[]): (step: number) => boolean {
  const lines = [...charts.querySelectorAll<SVGLineElement>('.cursor')];
  let at = rows.findIndex((row) => row.dataset['from'] !== undefined && row.dataset['clock'] === read(charts, 'clock')?.textContent);
  const show = (next: number): void => {
    const row = rows[next];
    if (!row || next === at) return;
    at = next;
    const x = `${((at + 0.5) / rows.length) * 100}%`;
    for (const line of lines) {
      line.setAttribute('x1', x);
      line.setAttribute('x2', x);
    }
    tell(charts, row);
  };
  charts.addEventListener('pointermove', (event) => {
    const plot = event.target instanceof Element ? event.target.closest('.plot') : null;
    if (!plot) return;
    const box = plot.getBoundingClientRect();
    show(Math.min(rows.length - 1, Math.max(0, Math.floor(((event.clientX - box.x) / box.width) * rows.length))));
  });
  return (step) => {
    show(Math.min(rows.length - 1, Math.max(0, at + step)));
    return true;
  };
}

function read(charts: HTMLElement, name: string): HTMLElement | null {
  return charts.querySelector(`[data-reads="${name}"]`);
}

function tell(charts: HTMLElement, row: HTMLTableRowElement): void {
  for (const name of ['clock', 'rate', 'percent', 'errors', 'calls']) {
    const place = read(charts, name);
    if (place) place.textContent = row.dataset[name] ?? '';
  }
  charts.querySelector('[data-errors-sign]')?.classList.toggle('sev-error', row.dataset['errors'] !== '0');
  for (const name of ['p50', 'p95', 'p99']) {
    const cell = row.querySelector(`[data-p="${name}"]`);
    read(charts, name)?.replaceChildren(...[...(cell?.childNodes ?? [])].map((node) => node.cloneNode(true)));
  }
}
