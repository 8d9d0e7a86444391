// Keys. Every one of them does what a link, a button or a row on the page does.
import { singleKeys } from './settings';

/** A page adds its own keys; those that return false are left to the page at large. */
export type KeyHandler = (key: string, event: KeyboardEvent) => boolean;

// Every entry is a bundle of its own with its own copy of this module; what they share hangs on the document.
const shared: Document & { keyHandlers?: KeyHandler[] } = document;
const handlers: KeyHandler[] = (shared.keyHandlers ??= []);

export function onKey(handler: KeyHandler): void {
  handlers.unshift(handler);
}

export function startKeys(): void {
  let afterGo = 0;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target)) {
      if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    if (document.querySelector('dialog[open]')) return;
    if (event.key !== 'Escape' && event.key !== 'Enter' && !event.key.startsWith('Arrow') && !singleKeys()) return;
    const went = performance.now() - afterGo < 1_000;
    afterGo = 0;
    if (went && go(event.key)) return event.preventDefault();
    if (event.key === 'g') {
      afterGo = performance.now();
      return;
    }
    if (handlers.some((handler) => handler(event.key, event)) || everywhere(event.key)) event.preventDefault();
  });
  // Behind those of the page.
  handlers.push(rowKeys);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches('input:not([type=radio],[type=checkbox]),textarea,select') || target.isContentEditable);
}

function go(key: string): boolean {
  const link = document.querySelector<HTMLElement>(`[data-go="${CSS.escape(key)}"]`);
  link?.click();
  return link !== null;
}

function everywhere(key: string): boolean {
  if (key === '/') {
    const input = document.querySelector<HTMLInputElement>('.query input[name=q]');
    input?.focus();
    input?.select();
    return input !== null;
  }
  if (key === 'Escape') {
    const open = document.querySelector<HTMLDetailsElement>('details[data-close-outside][open]');
    if (open) open.open = false;
    return open !== null;
  }
  const button = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  button?.click();
  return button !== null;
}

// j and k move the focus through the rows of a table; e and E through those with errors.
function rowKeys(key: string): boolean {
  const links = [...document.querySelectorAll<HTMLElement>('[data-rows] [data-open]')];
  if (links.length === 0) return false;
  const at = links.findIndex((link) => link === document.activeElement);
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, e: 1, E: -1 }[key];
  if (step === undefined) return false;
  const errorsOnly = key === 'e' || key === 'E';
  let next = at < 0 && step < 0 ? links.length - 1 : at + step;
  while (errorsOnly && links[next] && !links[next]?.closest('[data-error]')) next += step;
  links[next]?.focus();
  links[next]?.scrollIntoView({ block: 'nearest' });
  return true;
}
