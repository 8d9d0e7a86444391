// A small, fixed set of telemetry: three services, two hundred traces with their logs over the last ten minutes, a few of
// them failing, and one record of every kind of hostile text.
import type { Server } from './server';
import { type LogIn, type SpanIn, id, logsRequest, traceRequest } from './telemetry';

export const TRACES = 200;

/**
 * How long after its instant the shop answers the default range of 15 minutes in the same words: then its first trace
 * leaves that range and is in the one before, where nothing may be for a comparison to find it new.
 */
export const FRESH_MS = 300_000;

export const HOSTILE = [
  '<script>document.title = "broken"</script><img src=x onerror="document.title=\'broken\'">',
  '\u001b[31mred\u001b[0m and \u0007bell',
  'right \u202egnp.tiw\u202c to left',
  'nul \u0000 inside',
  'line one\nline two\r\n\tline three',
  `long ${'x'.repeat(1024 * 1024)}`,
];

export const HOSTILE_KEY = '"><script>document.title="broken"</script>';

export interface Shop {
  /** A trace with an error, and the id of the span that failed. */
  failing: { trace: string; span: string };
  fine: string;
  /** The 15 minutes up to its instant, as the parameters of a page, and those behind them. */
  range: string;
  rangeBehind: string;
}

export async function fillShop(server: Server, nowMs: number): Promise<Shop> {
  for (let n = 0; n < TRACES; n++) {
    const start = nowMs - 600_000 + n * 2_900;
    await server.send('traces', traceRequest(traceId(n), spans(n, start)));
    await server.send('logs', logsRequest(logs(n, start)));
  }
  const hostile: LogIn[] = HOSTILE.map((body, n) => ({
    atMs: nowMs - 5_000 + n,
    service: 'hostile <b>service</b>',
    body,
    severity: 13,
    attributes: { [HOSTILE_KEY]: body.slice(0, 200) },
  }));
  await server.send('logs', logsRequest(hostile));
  return { failing: { trace: traceId(9), span: id(9 * 10 + 2, 16) }, fine: traceId(8), range: minutes(nowMs, -15, 0), rangeBehind: minutes(nowMs, 0, 15) };
}

function minutes(nowMs: number, from: number, to: number): string {
  const at = (n: number): string => new Date(nowMs + n * 60_000).toISOString();
  return new URLSearchParams({ from: at(from), to: at(to) }).toString();
}

const traceId = (n: number): string => id(n, 32);

function isFailing(n: number): boolean {
  return n % 10 === 9;
}

function spans(n: number, start: number): SpanIn[] {
  const span = (k: number): string => id(n * 10 + k, 16);
  const failing = isFailing(n);
  const length = 40 + (n % 17) * 20;
  return [
    { id: span(0), name: 'GET /cart/{id}', service: 'shop-web-service', startMs: start, durationMs: length, error: failing },
    { id: span(1), parent: span(0), name: 'GET', service: 'shop-web-service', startMs: start + 2, durationMs: length - 5, kind: 3, error: failing },
    { id: span(2), parent: span(1), name: 'GET /items', service: 'shop-cart-service', startMs: start + 4, durationMs: length - 10, error: failing, attributes: { 'http.route': '/items' } },
    { id: span(3), parent: span(2), name: 'SELECT items', service: 'shop-cart-service', startMs: start + 6, durationMs: length / 3, kind: 3, attributes: { 'db.system.name': 'postgresql' } },
    { id: span(4), parent: span(2), name: 'GET /price', service: 'shop-price-service', startMs: start + 8 + length / 3, durationMs: length / 4 },
  ];
}

function logs(n: number, start: number): LogIn[] {
  const trace = traceId(n);
  const base = { service: 'shop-cart-service', trace, span: id(n * 10 + 2, 16) };
  const lines: LogIn[] = [
    { ...base, atMs: start + 5, body: `loading cart ${n} for user u-${n % 7}` },
    { ...base, atMs: start + 9, body: 'query took longer than expected', severity: n % 5 === 0 ? 13 : 5, attributes: { 'db.rows': String(n) } },
  ];
  if (isFailing(n)) lines.push({ ...base, atMs: start + 20, body: 'connection refused by price service', severity: 17 });
  return lines;
}
