// What every page has: keys, theme, copying, the time zone, and saying that the server is gone.
// A page works without any of it; each part here makes quicker what a link or a form does already.
import 'htmx.org';
import { startClipboard } from './shell/clipboard';
import { startHeartbeat } from './shell/heartbeat';
import { startKeys } from './shell/keys';
import { startPopovers } from './shell/popovers';
import { startSettings } from './shell/settings';
import { startTimes } from './shell/times';

startSettings();
startTimes();
startPopovers();
startClipboard();
startKeys();
startHeartbeat();
