import { type Accessor, createContext, createSignal, onCleanup, useContext } from "solid-js";
import type { App } from "../state/app.ts";

/** A plain store, read through Solid: the getter is asked anew after each change, once a frame. */
export function bind<T>(store: { subscribe(watcher: () => void): () => void }, read: () => T): Accessor<T> {
  const [value, set] = createSignal(read());
  onCleanup(store.subscribe(() => set(() => read())));
  return value;
}

export const AppContext = createContext<App>();

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("a view was used outside the page");
  return app;
}
