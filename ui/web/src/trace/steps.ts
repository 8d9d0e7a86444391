// Work that may be long, in steps: a page must answer a key within 50 ms whatever it computes.

/** A computation that pauses now and then. */
export type Steps<T> = Generator<undefined, T>;

/** Rounds of a loop between two pauses: well below a millisecond. */
export const STRIDE = 16_384;

const SLICE_MS = 8;

/** When other work last had its turn: short computations one after the other share a slice. */
let lastBreath = 0;

/** Runs to the end; when a slice of time is over, whatever else waits comes first. */
export async function run<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    if (performance.now() - lastBreath > SLICE_MS) await breathe();
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Lets whatever else waits come first. */
export async function breathe(): Promise<void> {
  await pause();
  lastBreath = performance.now();
}

/** Runs at once: for tests, and for what is known to be short. */
export function runNow<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

interface Scheduler {
  yield?: () => Promise<void>;
}

function pause(): Promise<void> {
  const scheduler = (globalThis as { scheduler?: Scheduler }).scheduler;
  if (scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
