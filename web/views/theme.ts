import { type Accessor, createEffect, createMemo, createSignal, onCleanup } from "solid-js";
import type { Prefs } from "../state/prefs.ts";

/** The theme in force, set on the document; its value changes whenever colours must be read anew. */
export function useTheme(prefs: Accessor<Prefs>): Accessor<string> {
  const query = matchMedia("(prefers-color-scheme: light)");
  const [systemLight, setSystemLight] = createSignal(query.matches);
  const listen = (event: MediaQueryListEvent): void => {
    setSystemLight(event.matches);
  };
  query.addEventListener("change", listen);
  onCleanup(() => query.removeEventListener("change", listen));

  const theme = createMemo(() => {
    const wanted = prefs().theme;
    return wanted === "system" ? (systemLight() ? "light" : "dark") : wanted;
  });
  const [applied, setApplied] = createSignal("");
  createEffect(() => {
    document.documentElement.dataset.theme = theme();
    document.documentElement.dataset.palette = prefs().palette;
    setApplied(`${theme()} ${prefs().palette}`);
  });
  return applied;
}
