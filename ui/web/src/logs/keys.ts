// Keys of the log page. Each does what a click does.
import { onKey } from '../shell/keys';
import { LogList } from './list';

export function startKeysOfList(): void {
  onKey((key) => {
    const list = document.querySelector('log-list');
    if (!(list instanceof LogList)) return false;
    switch (key) {
      case 'j':
      case 'ArrowDown':
        void list.step(1, false);
        return true;
      case 'k':
      case 'ArrowUp':
        void list.step(-1, false);
        return true;
      case 'e':
        void list.step(1, true);
        return true;
      case 'E':
        void list.step(-1, true);
        return true;
      case 'i':
        return narrow('');
      case 'x':
        return narrow('-');
      case 'Escape':
        return list.close() || closeSheets();
      default:
        return false;
    }
  });
}

// Includes or excludes the value under the pointer, else the one that has the focus.
function narrow(sign: '' | '-'): boolean {
  const hovered = [...document.querySelectorAll(':hover')].pop();
  const value = [hovered, document.activeElement].map((element) => element?.closest<HTMLElement>('[data-value],[data-add]')).find((found) => found);
  if (!value) return false;
  const add = value.dataset['add'];
  if (add === undefined) {
    const link = value.querySelector<HTMLElement>(sign === '' ? '[data-include]' : '[data-exclude]');
    link?.click();
    return link !== null;
  }
  const url = new URL(location.href);
  url.searchParams.delete('add');
  location.assign(`${url.pathname}?${url.searchParams}${url.search ? '&' : ''}add=${sign}${add}`);
  return true;
}

function closeSheets(): boolean {
  const open = [...document.querySelectorAll<HTMLInputElement>('input.toggle:checked')];
  for (const input of open) input.checked = false;
  return open.length > 0;
}
