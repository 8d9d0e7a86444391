// Parts of the page that are asked for once the rows are there, and not before they are seen.
import { localise } from '../shell/times';
import { distribute, fragment } from './fragment';

export function startLazy(): void {
  loadLazy(document);
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-part]') : null;
    if (!link) return;
    event.preventDefault();
    void replaceGroup(link);
  });
}

/** Asks for the lazy parts below `root`, each when it is first seen. */
export function loadLazy(root: ParentNode): void {
  for (const place of root.querySelectorAll<HTMLElement>('[data-lazy]')) {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      void load(place);
    });
    seen.observe(place);
  }
}

async function load(place: HTMLElement): Promise<void> {
  const url = place.dataset['lazy'];
  delete place.dataset['lazy'];
  if (!url) return;
  try {
    const nodes = await fragment(url);
    distribute(nodes);
    localise(nodes);
    // A part that is the place itself takes its place; others fill it.
    const self = nodes.firstElementChild;
    if (self && place.id && self.id === place.id) place.replaceWith(nodes);
    else place.replaceChildren(nodes);
  } catch {
    place.replaceChildren(failed(place, url));
  }
}

// Says so in the place itself, with the way to ask again.
function failed(place: HTMLElement, url: string): HTMLElement {
  const note = document.createElement('p');
  note.className = 'note empty';
  const again = document.createElement('button');
  again.type = 'button';
  again.className = 'link';
  again.textContent = 'Ask again';
  again.addEventListener('click', () => {
    place.dataset['lazy'] = url;
    place.replaceChildren();
    void load(place);
  });
  note.append('This could not be loaded. ', again);
  return note;
}

async function replaceGroup(link: HTMLElement): Promise<void> {
  const group = link.closest('.facet');
  const url = link.dataset['part'];
  if (!group || !url) return;
  try {
    group.replaceWith(await fragment(url));
  } catch {
    link.textContent = 'This could not be loaded';
  }
}
