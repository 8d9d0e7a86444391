// Disclosures that close when the rest of the page is used, and dialogs.
export function startPopovers(): void {
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    for (const details of document.querySelectorAll<HTMLDetailsElement>('details[data-close-outside][open]')) {
      if (!target || !details.contains(target)) details.open = false;
    }
    const opener = target?.closest<HTMLElement>('[data-opens]');
    if (opener) dialog(opener.dataset['opens'])?.showModal();
    if (target?.closest('[data-closes]')) target.closest('dialog')?.close();
    if (target instanceof HTMLDialogElement) target.close();
  });
}

function dialog(id: string | undefined): HTMLDialogElement | null {
  const found = id ? document.getElementById(id) : null;
  return found instanceof HTMLDialogElement ? found : null;
}
