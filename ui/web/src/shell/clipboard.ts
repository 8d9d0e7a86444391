// Copying: a link with absolute times, a block of code, any element that carries its text.
export function startClipboard(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-copy]')) button.hidden = false;
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy],[data-copy-link],[data-copy-text]') : null;
    if (!target) return;
    const text = textOf(target);
    if (text === null || !navigator.clipboard) return;
    event.preventDefault();
    void navigator.clipboard.writeText(text).then(() => say(target));
  });
}

function textOf(target: HTMLElement): string | null {
  if (target instanceof HTMLAnchorElement && target.dataset['copyLink'] !== undefined) return target.href;
  if (target.dataset['copyText'] !== undefined) return target.dataset['copyText'];
  return target.parentElement?.querySelector('pre')?.textContent ?? null;
}

// The button itself says that it has worked; nothing covers the page.
function say(target: HTMLElement): void {
  const use = target.querySelector('use');
  const before = use?.getAttribute('href');
  if (!use || !before || before === '#i-check') return;
  use.setAttribute('href', '#i-check');
  announce('Copied');
  setTimeout(() => use.setAttribute('href', before), 1200);
}

let live: HTMLElement | undefined;

/** Tells a screen reader what happened. */
export function announce(text: string): void {
  if (!live) {
    live = document.createElement('p');
    live.className = 'sr';
    live.setAttribute('role', 'status');
    document.body.append(live);
  }
  live.textContent = text;
}
