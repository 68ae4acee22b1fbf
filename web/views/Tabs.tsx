import { For, type JSX } from "solid-js";

export type Tab = "watch" | "alerts" | "numbers" | "trust";

const TABS: readonly (readonly [Tab, string])[] = [
  ["watch", "Watch"],
  ["alerts", "Alerts"],
  ["numbers", "Numbers"],
  ["trust", "Trust"],
];

/** On a phone the panels share one place; the choice is within reach of the thumb. */
export function Tabs(props: { tab: Tab; onTab: (tab: Tab) => void }): JSX.Element {
  return (
    <nav class="tabs" aria-label="Panels">
      <For each={TABS}>
        {([tab, name]) => (
          <button type="button" aria-current={props.tab === tab ? "true" : undefined} onClick={() => props.onTab(tab)}>
            {name}
          </button>
        )}
      </For>
    </nav>
  );
}
