import { For, type JSX } from "solid-js";
import { INTERVALS } from "../../core/messages/bar.ts";
import type { Theme } from "../state/prefs.ts";
import type { TrustView } from "../state/trust.ts";
import { bind, useApp } from "./bind.ts";
import { TrustBar } from "./TrustBar.tsx";

const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const THEME_SIGN: Record<Theme, string> = { system: "◐", light: "○", dark: "●" };

export function Header(props: {
  trust: TrustView;
  trustOpen: boolean;
  onTrust: () => void;
  onHelp: () => void;
}): JSX.Element {
  const app = useApp();
  const symbol = bind(app.symbol, () => app.symbol.get());
  const interval = bind(app.interval, () => app.interval.get());
  const prefs = bind(app.prefs, () => app.prefs.get());
  return (
    <header class="top">
      <h1 class="brand">
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          <path d="M10 2.2c-3 0-4.9 2.2-4.9 5.2v3.2l-1.8 3.2h13.4l-1.8-3.2V7.4c0-3-1.9-5.2-4.9-5.2z" />
          <path d="M7.9 16.2a2.2 2.2 0 0 0 4.2 0" />
        </svg>
        <span>Tapebell</span>
      </h1>
      <span class="top-symbol">{symbol() ?? ""}</span>
      <fieldset class="intervals" aria-label="Interval">
        <For each={INTERVALS}>
          {(one) => (
            <button type="button" aria-pressed={interval() === one} onClick={() => app.selectInterval(one)}>
              {one}
            </button>
          )}
        </For>
      </fieldset>
      <TrustBar trust={props.trust} open={props.trustOpen} onOpen={props.onTrust} />
      <button
        type="button"
        class="icon-button"
        aria-label={`Theme: ${prefs().theme}. Change to ${NEXT_THEME[prefs().theme]}`}
        title={`Theme: ${prefs().theme}`}
        onClick={() => app.prefs.set({ theme: NEXT_THEME[prefs().theme] })}
      >
        {THEME_SIGN[prefs().theme]}
      </button>
      <button
        type="button"
        class="icon-button help-button"
        aria-label="Keyboard and colours"
        title="Help (?)"
        onClick={() => props.onHelp()}
      >
        ?
      </button>
    </header>
  );
}
