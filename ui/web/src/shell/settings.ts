// What a person chose for this browser: theme and density in cookies, so that the server's first byte has them right and
// nothing flashes; the rest in local storage.
const YEAR = 31_536_000;

export function startSettings(): void {
  const root = document.documentElement;
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('[data-theme-switch]') : null;
    if (!link) return;
    event.preventDefault();
    const theme = isDark() ? 'light' : 'dark';
    root.dataset['theme'] = theme;
    keep('theme', theme);
    document.dispatchEvent(new CustomEvent('clearspan:theme'));
  });
  const roomy = document.querySelector<HTMLInputElement>('[data-density-switch]');
  if (roomy) {
    roomy.checked = root.dataset['density'] === 'roomy';
    roomy.addEventListener('change', () => {
      const density = roomy.checked ? 'roomy' : 'compact';
      root.dataset['density'] = density;
      keep('density', density);
    });
  }
  const keys = document.querySelector<HTMLInputElement>('[data-single-keys]');
  if (keys) {
    keys.checked = singleKeys();
    keys.addEventListener('change', () => localStorage.setItem('single-keys', keys.checked ? 'on' : 'off'));
  }
}

/** Whether keys without a modifier do anything. */
export function singleKeys(): boolean {
  return localStorage.getItem('single-keys') !== 'off';
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function keep(name: string, value: string): void {
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax`;
}
