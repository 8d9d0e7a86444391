// The map: the arrow keys walk from node to node, Escape closes the panel. Everything else is links.
import { onKey } from './shell/keys';
import { nearest } from './map/walk';

const nodes = (): SVGAElement[] => [...document.querySelectorAll<SVGAElement>('#map a[data-node]')];

onKey((key) => {
  if (key === 'Escape') return close();
  if (!key.startsWith('Arrow')) return false;
  const all = nodes();
  if (all.length === 0) return false;
  const at = all.findIndex((node) => node === document.activeElement);
  const from = at >= 0 ? at : all.findIndex((node) => node.hasAttribute('aria-current'));
  const next = from >= 0 ? nearest(all.map(place), from, key) : 0;
  if (next === null) return true;
  all[next]?.focus();
  all[next]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return true;
});

function close(): boolean {
  const link = document.querySelector<HTMLAnchorElement>('[data-closes-panel]');
  link?.click();
  return link !== null;
}

function place(node: SVGAElement): { x: number; y: number } {
  const box = node.querySelector('.node')?.getBoundingClientRect();
  return { x: box?.x ?? 0, y: box?.y ?? 0 };
}

// The chosen node, else the one that needs a look most, is in sight, however large the map.
const map = document.querySelector<HTMLElement>('#map');
const first = map?.querySelector('a.first')?.getBoundingClientRect();
if (map && first) {
  const room = map.getBoundingClientRect();
  map.scrollBy(first.x + first.width / 2 - room.x - room.width / 2, first.y + first.height / 2 - room.y - room.height / 2);
}
