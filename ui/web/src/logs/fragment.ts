// Parts of a page that the server renders alone.

/** What the server answers at `url`, as nodes. An answer with another status has nodes as well where it is a part. */
export async function fragment(url: string, signal?: AbortSignal): Promise<DocumentFragment> {
  const response = await fetch(url, { headers: { accept: 'text/html' }, ...(signal ? { signal } : {}) });
  const text = await response.text();
  // What went wrong is told by a whole page, which has no place inside of another.
  if (!response.ok && text.startsWith('<!doctype')) throw new Error(`${response.status}`);
  const template = document.createElement('template');
  template.innerHTML = text;
  return template.content;
}

/** Puts what is marked for another place there. */
export function distribute(nodes: DocumentFragment): void {
  for (const part of nodes.querySelectorAll<HTMLElement>('[data-into]')) {
    document.getElementById(part.dataset['into'] ?? '')?.replaceChildren(...part.childNodes);
    part.remove();
  }
}
