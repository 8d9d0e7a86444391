// The log page. All of it does quicker what links do from page to page: further rows while scrolling, a record in the panel, a
// stretch of time by the mouse, values after the rows.
import { LogBrush } from './logs/brush';
import { startKeysOfList } from './logs/keys';
import { startLazy } from './logs/lazy';
import { LogList } from './logs/list';

customElements.define('log-brush', LogBrush);
customElements.define('log-list', LogList);
startKeysOfList();
startLazy();
