// Traces for tests: written as docs/formats.md says, by other code than reads them.
import type { Skeleton } from '../src/trace/skeleton';
import { decode } from '../src/trace/skeleton';
import { runNow } from '../src/trace/steps';

export interface SpanIn {
  id?: string;
  parent?: number;
  name?: string;
  service?: string;
  kind?: number;
  start?: bigint;
  duration?: bigint;
  self?: bigint;
  /** Beside the kind. */
  flags?: number;
  events?: bigint[];
}

export function encode(spans: SpanIn[], { start = 1_000n, slots = {} as Record<string, number>, flags = 0 } = {}): ArrayBuffer {
  const services = [...new Set(spans.map((span) => span.service ?? ''))];
  const names = [...new Set(spans.map((span) => span.name ?? ''))];
  const events = spans.flatMap((span, at) => (span.events ?? []).map((time) => [time, at] as const));
  const texts = [...services, ...names].map((text) => [...new TextEncoder().encode(text)]);
  let end = 0;
  const ends = texts.map((bytes) => (end += bytes.length));
  const bytes: number[] = [];
  const number = (value: bigint, width: number): void => {
    for (let at = 0; at < width; at++) bytes.push(Number((value >> BigInt(8 * at)) & 0xffn));
  };
  const u32 = (values: number[]): void => section(() => values.forEach((value) => number(BigInt(value), 4)));
  const u64 = (values: bigint[]): void => section(() => values.forEach((value) => number(value, 8)));
  const section = (write: () => void): void => {
    write();
    while (bytes.length % 8 !== 0) bytes.push(0);
  };
  bytes.push(...'CSSK'.split('').map((c) => c.charCodeAt(0)));
  [1, spans.length, services.length, names.length, events.length, flags, 0].forEach((value) => number(BigInt(value), 4));
  const total = spans.reduce((most, span) => ((span.start ?? 0n) + (span.duration ?? 0n) > most ? (span.start ?? 0n) + (span.duration ?? 0n) : most), 0n);
  [start, total].forEach((value) => number(value, 8));
  [end, 0, 0, 0].forEach((value) => number(BigInt(value), 4));
  const depths: number[] = [];
  spans.forEach((span) => depths.push(span.parent === undefined ? 0 : depths[span.parent]! + 1));
  u64(spans.map((span) => span.start ?? 0n));
  u64(spans.map((span) => span.duration ?? 0n));
  u64(spans.map((span) => span.self ?? 0n));
  section(() => spans.forEach((span, at) => (span.id ?? (at + 1).toString(16).padStart(16, '0')).match(/../g)!.forEach((pair) => bytes.push(parseInt(pair, 16)))));
  u32(spans.map((span) => span.parent ?? 0xffffffff));
  u32(depths);
  u32(spans.map((span) => services.indexOf(span.service ?? '')));
  u32(spans.map((span) => names.indexOf(span.name ?? '')));
  u32(spans.map((span) => (span.flags ?? 0) | ((span.kind ?? 0) << 8)));
  u64(events.map(([time]) => time));
  u32(events.map(([, at]) => at));
  u32(services.map((name) => slots[name] ?? 0xffffffff));
  u32(ends.slice(0, services.length));
  u32(ends.slice(services.length));
  section(() => bytes.push(...texts.flat()));
  return new Uint8Array(bytes).buffer;
}

export const skeleton = (spans: SpanIn[]): Skeleton => runNow(decode(encode(spans)));

/** Numbers that look random and are the same every time. */
export function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * sides);
  };
}

/** A random trace in tree order. */
export function randomTrace(seed: number, size: number): SpanIn[] {
  const roll = dice(seed);
  const spans: SpanIn[] = [];
  const path: number[] = [];
  for (let at = 0; at < size; at++) {
    // Mostly deeper, so that there are chains; sometimes back up, now and then a new top.
    if (path.length > 0 && roll(3) === 0) path.splice(roll(path.length + 1));
    spans.push({ parent: path.at(-1), kind: roll(6), service: `s${roll(2)}`, name: `n${roll(20)}`, flags: roll(8) === 0 ? 1 : 0, start: BigInt(roll(1_000)), duration: BigInt(roll(1_000)) });
    path.push(at);
  }
  return spans;
}
