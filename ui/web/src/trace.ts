// The trace page. Without this script it is a table and a panel; with it the waterfall takes the table's place.
import { startTrace } from './trace/start';

const view = document.getElementById('trace');
if (view && !view.classList.contains('plain')) void startTrace(view);
