/** Edit distance in which two swapped neighbours count as one slip, as they do at a keyboard. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** The known name a person most likely meant; null when none is near. */
export function nearest(name: string, known: Iterable<string>): string | null {
  if (name.length > 80) return null;
  let found: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 4)) + 1;
  for (const one of known) {
    if (Math.abs(one.length - name.length) >= least) continue;
    const far = distance(name, one);
    if (far < least) {
      least = far;
      found = one;
    }
  }
  return found;
}
