// A trace of a hundred thousand spans: a root, a hundred workers, and about a thousand calls of each.
import type { Server } from './server';
import { type SpanIn, id, traceRequest } from './telemetry';

export const MANY = 100_000;
export const BIG = 'b'.repeat(32);

const WORKERS = 100;

export async function sendBigTrace(server: Server, startMs: number): Promise<void> {
  const root: SpanIn = { id: id(0, 16), name: 'the whole batch', service: 'batch', startMs, durationMs: 20_500 };
  const workers = Array.from({ length: WORKERS }, (_, n): SpanIn => ({
    id: id(n + 1, 16), parent: id(0, 16), name: `worker ${n}`, service: `worker-${n % 7}`, startMs: startMs + n, durationMs: 20_000 - n,
  }));
  await server.send('traces', traceRequest(BIG, [root, ...workers]));
  const perWorker = (MANY - WORKERS - 1) / WORKERS;
  for (let worker = 0; worker < WORKERS; worker++) {
    const count = Math.ceil(perWorker * (worker + 1)) - Math.ceil(perWorker * worker);
    await server.send('traces', traceRequest(BIG, Array.from({ length: count }, (_, n) => call(worker, n, startMs))));
  }
}

function call(worker: number, n: number, startMs: number): SpanIn {
  return {
    id: id(1_000 + worker * 2_000 + n, 16), parent: id(worker + 1, 16), name: `call ${n}`, service: 'store', kind: 3,
    startMs: startMs + worker + n * 19, durationMs: 15, error: n % 500 === 499,
  };
}
