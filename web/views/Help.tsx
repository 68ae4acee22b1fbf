import { For, type JSX } from "solid-js";
import { bind, useApp } from "./bind.ts";
import { Dialog } from "./Dialog.tsx";
import { KEYS } from "./keyboard.ts";

export function Help(props: { onClose: () => void }): JSX.Element {
  const app = useApp();
  const prefs = bind(app.prefs, () => app.prefs.get());
  return (
    <Dialog name="Keyboard and colours" class="help" onClose={props.onClose}>
      <dl class="keys">
        <For each={KEYS}>
          {([keys, what]) => (
            <div>
              <dt>
                <For each={keys.split(" ")}>{(key) => (key === "–" ? <span> – </span> : <kbd>{key}</kbd>)}</For>
              </dt>
              <dd>{what}</dd>
            </div>
          )}
        </For>
      </dl>
      <fieldset class="choice">
        <legend>Up and down</legend>
        <label>
          <input
            type="radio"
            name="palette"
            checked={prefs().palette === "teal"}
            onChange={() => app.prefs.set({ palette: "teal" })}
          />
          Teal and orange
        </label>
        <label>
          <input
            type="radio"
            name="palette"
            checked={prefs().palette === "green"}
            onChange={() => app.prefs.set({ palette: "green" })}
          />
          Green and red
        </label>
      </fieldset>
      <dl class="legend">
        <div>
          <dt>Dashed outline</dt>
          <dd>something that belongs into this candle is missing</dd>
        </div>
        <div>
          <dt>Dot above</dt>
          <dd>a late trade corrected this candle after it was final</dd>
        </div>
        <div>
          <dt>Shaded column</dt>
          <dd>nothing was heard; it says what became of it</dd>
        </div>
      </dl>
    </Dialog>
  );
}
