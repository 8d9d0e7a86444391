// The tree under the spans. In tree order a span's descendants stand right behind it, so that where they end says all.
import { NONE, type Skeleton } from './skeleton';
import { type Steps, STRIDE } from './steps';

export interface Tree {
  /** The first span behind a span's descendants. */
  readonly end: Uint32Array;
  /** How many children a span has. */
  readonly kids: Uint32Array;
}

export function* plant(s: Pick<Skeleton, 'spans' | 'parent'>): Steps<Tree> {
  const end = new Uint32Array(s.spans);
  const kids = new Uint32Array(s.spans);
  for (let span = s.spans - 1; span >= 0; span--) {
    end[span] = Math.max(end[span]!, span + 1);
    const parent = s.parent[span]!;
    if (parent !== NONE) {
      kids[parent]!++;
      end[parent] = Math.max(end[parent]!, end[span]!);
    }
    if (span % STRIDE === 0) yield;
  }
  return { end, kids };
}

/** Spans that pass, and all that called them; null when every span passes. */
export function* kept(s: Skeleton, passes: ((span: number) => boolean) | null): Steps<Uint8Array | null> {
  if (!passes) return null;
  const keep = new Uint8Array(s.spans);
  for (let span = s.spans - 1; span >= 0; span--) {
    if (keep[span] === 0 && passes(span)) keep[span] = 1;
    const parent = s.parent[span]!;
    if (keep[span] === 1 && parent !== NONE) keep[parent] = 1;
    if (span % STRIDE === 0) yield;
  }
  return keep;
}
