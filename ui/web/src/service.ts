// The page of a service: the cursor follows the pointer and the arrow keys, a box on the heatmap becomes a search.
import { onKey } from './shell/keys';
import { startBox } from './service/box';
import { startCursor } from './service/cursor';

const charts = document.querySelector<HTMLElement>('#charts');
const rows = [...document.querySelectorAll<HTMLTableRowElement>('.s-twin tr[data-at]')];
if (charts && rows.length > 0) {
  const move = startCursor(charts, rows);
  onKey((key) => (key === 'ArrowLeft' || key === 'ArrowRight') && move(key === 'ArrowLeft' ? -1 : 1));
  const heat = document.querySelector<HTMLElement>('#heat');
  if (heat) startBox(heat, rows);
}
