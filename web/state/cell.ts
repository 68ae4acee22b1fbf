import type { Frame } from "./frame.ts";

/** A value others can read and watch. Watchers hear once a frame at most, and see the newest value. */
export interface Readable<T> {
  get(): T;
  subscribe(watcher: () => void): () => void;
}
export interface Cell<T> extends Readable<T> {
  set(value: T): void;
}

export function makeCell<T>(frame: Frame, initial: T): Cell<T> {
  let value = initial;
  const watchers = makeWatchers(frame);
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      watchers.changed();
    },
    subscribe: watchers.subscribe,
  };
}

export interface Watchers {
  subscribe(watcher: () => void): () => void;
  changed(): void;
}

export function makeWatchers(frame: Frame): Watchers {
  const all = new Set<() => void>();
  return {
    subscribe(watcher) {
      // A wrapper of its own, so that one function may watch twice and an ended watch is not called late.
      const one = () => {
        if (all.has(one)) watcher();
      };
      all.add(one);
      return () => all.delete(one);
    },
    changed() {
      for (const one of all) frame.touch(one);
    },
  };
}
