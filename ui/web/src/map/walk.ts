// From one node to the next in a direction.

export interface Place {
  x: number;
  y: number;
}

const STEPS: Record<string, [number, number]> = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/** The node that lies nearest in the key's direction, where straight ahead counts as nearer; null where there is none. */
export function nearest(places: Place[], from: number, key: string): number | null {
  const [dx, dy] = STEPS[key] ?? [0, 0];
  const here = places[from];
  if (!here) return null;
  let best: number | null = null;
  let least = Infinity;
  for (const [at, place] of places.entries()) {
    const [x, y] = [place.x - here.x, place.y - here.y];
    const ahead = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    if (ahead < 1 || (dy !== 0 && aside > ahead * 4)) continue;
    const far = ahead + aside * 2;
    if (far < least) [least, best] = [far, at];
  }
  return best;
}
