/** Calls each touched draw once, at the next frame: a burst of records costs one paint. */
export interface Frame {
  touch(draw: () => void): void;
}

export function makeFrame(request: (run: () => void) => void): Frame {
  let dirty = new Set<() => void>();
  return {
    touch(draw) {
      if (dirty.size === 0) {
        request(() => {
          const now = dirty;
          dirty = new Set();
          for (const one of now) one();
        });
      }
      dirty.add(draw);
    },
  };
}
