// The skeleton of a trace: columns over its spans in tree order, laid over the bytes as they came. There is no object per
// span, here or anywhere on this page; a span is its number. docs/formats.md describes the bytes.
import { type Steps, STRIDE } from './steps';

/** No parent, no slot. */
export const NONE = 0xffffffff;

export const Flag = { Error: 1, Orphan: 2, Events: 4, Links: 8, Duplicate: 16, Negative: 32, Cycle: 64, NoTime: 128 } as const;
export const Kind = { Internal: 1, Server: 2, Client: 3, Producer: 4, Consumer: 5 } as const;

const MAGIC = 0x4b535343; // "CSSK", read as a little-endian number.
const VERSION = 1;
const HEADER_BYTES = 64;

export interface Skeleton {
  readonly spans: number;
  readonly isPartial: boolean;
  /** Nanoseconds since 1970; 0 when no span has a start. */
  readonly startNs: bigint;
  readonly durationNs: bigint;
  /** As sent, to the nanosecond: for what is written down. */
  readonly startExact: BigUint64Array;
  readonly durationExact: BigUint64Array;
  readonly selfExact: BigUint64Array;
  /** The same as doubles: for geometry alone. */
  readonly start: Float64Array;
  readonly duration: Float64Array;
  readonly ids: Uint8Array;
  readonly parent: Uint32Array;
  readonly service: Uint32Array;
  readonly name: Uint32Array;
  readonly flags: Uint32Array;
  readonly eventAt: Float64Array;
  readonly eventSpan: Uint32Array;
  readonly slots: Uint32Array;
  readonly services: Texts;
  readonly names: Texts;
  /** From 0 to the last end of any span; never 0. */
  readonly total: number;
}

/** Reads the bytes; throws when they are none of ours. */
export function* decode(buffer: ArrayBuffer): Steps<Skeleton> {
  if (buffer.byteLength < HEADER_BYTES) throw new Error('too short');
  const head = new DataView(buffer);
  const word = (at: number): number => head.getUint32(at, true);
  if (word(0) !== MAGIC) throw new Error('no skeleton');
  if (word(4) !== VERSION) throw new Error(`version ${word(4)} is not known here`);
  const [spans, serviceCount, nameCount, eventCount] = [word(8), word(12), word(16), word(20)];
  const sections = new Sections(buffer);
  const startExact = sections.u64(spans);
  const durationExact = sections.u64(spans);
  const selfExact = sections.u64(spans);
  const ids = sections.bytes(spans * 8);
  const parent = sections.u32(spans);
  sections.u32(spans); // Depth: rows have their own, for they fold.
  const [service, name, flags] = [sections.u32(spans), sections.u32(spans), sections.u32(spans)];
  const eventOffsets = sections.u64(eventCount);
  const eventSpan = sections.u32(eventCount);
  const slots = sections.u32(serviceCount);
  const [serviceEnds, nameEnds] = [sections.u32(serviceCount), sections.u32(nameCount)];
  const texts = sections.bytes(word(48));
  const start = yield* doubles(startExact);
  const duration = yield* doubles(durationExact);
  let total = 0;
  for (let span = 0; span < spans; span++) {
    total = Math.max(total, start[span]! + duration[span]!);
    if (span % STRIDE === 0) yield;
  }
  return {
    spans,
    isPartial: (word(24) & 1) !== 0,
    startNs: head.getBigUint64(32, true),
    durationNs: head.getBigUint64(40, true),
    startExact,
    durationExact,
    selfExact,
    start,
    duration,
    ids,
    parent,
    service,
    name,
    flags,
    eventAt: yield* doubles(eventOffsets),
    eventSpan,
    slots,
    services: new Texts(texts, serviceEnds, 0),
    names: new Texts(texts, nameEnds, serviceEnds.at(-1) ?? 0),
    total: total || 1,
  };
}

// Two halves make a double without a BigInt for each.
function* doubles(exact: BigUint64Array): Steps<Float64Array> {
  const halves = new Uint32Array(exact.buffer, exact.byteOffset, exact.length * 2);
  const out = new Float64Array(exact.length);
  for (let at = 0; at < out.length; at++) {
    out[at] = halves[2 * at + 1]! * 4_294_967_296 + halves[2 * at]!;
    if (at % STRIDE === 0) yield;
  }
  return out;
}

/** Sections one behind the other, each from a multiple of eight. A section that is not there throws. */
class Sections {
  private at = HEADER_BYTES;

  constructor(private readonly buffer: ArrayBuffer) {}

  u64(length: number): BigUint64Array {
    return new BigUint64Array(this.buffer, this.next(length * 8), length);
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.buffer, this.next(length * 4), length);
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.buffer, this.next(length), length);
  }

  private next(bytes: number): number {
    const at = this.at;
    if (at + bytes > this.buffer.byteLength) throw new Error('it breaks off');
    this.at = Math.ceil((at + bytes) / 8) * 8;
    return at;
  }
}

/** Texts that become strings when they are first asked for. */
export class Texts {
  private readonly known: (string | undefined)[];
  private readonly decoder = new TextDecoder();

  constructor(private readonly bytes: Uint8Array, private readonly ends: Uint32Array, private readonly first: number) {
    this.known = new Array<string | undefined>(ends.length);
  }

  get length(): number {
    return this.ends.length;
  }

  at(index: number): string {
    const known = this.known[index];
    if (known !== undefined) return known;
    const from = index > 0 ? this.ends[index - 1] : this.first;
    const text = this.decoder.decode(this.bytes.subarray(from, this.ends[index]));
    this.known[index] = text;
    return text;
  }
}

export const has = (s: Skeleton, span: number, flag: number): boolean => (s.flags[span]! & flag) !== 0;
export const kindOf = (s: Skeleton, span: number): number => (s.flags[span]! >> 8) & 15;
export const nameOf = (s: Skeleton, span: number): string => s.names.at(s.name[span]!);
export const serviceOf = (s: Skeleton, span: number): string => s.services.at(s.service[span]!);

/** A span's id as 16 hexadecimal digits. */
export function idOf(s: Skeleton, span: number): string {
  let text = '';
  for (let at = span * 8; at < span * 8 + 8; at++) text += s.ids[at]!.toString(16).padStart(2, '0');
  return text;
}

/** The first span with this id; -1 when there is none. */
export function findId(s: Skeleton, id: string): number {
  if (!/^[0-9a-f]{16}$/i.test(id)) return -1;
  const wanted = new Uint32Array(Uint8Array.from(id.match(/../g) ?? [], (pair) => parseInt(pair, 16)).buffer);
  const halves = new Uint32Array(s.ids.buffer, s.ids.byteOffset, s.spans * 2);
  for (let span = 0; span < s.spans; span++) {
    if (halves[2 * span] === wanted[0] && halves[2 * span + 1] === wanted[1]) return span;
  }
  return -1;
}

/** The first of a span's events. They stand in the order of their spans. */
export function firstEvent(s: Skeleton, span: number): number {
  let [low, high] = [0, s.eventSpan.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (s.eventSpan[middle]! < span) low = middle + 1;
    else high = middle;
  }
  return low;
}
