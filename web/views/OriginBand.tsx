import { type JSX, Show } from "solid-js";
import type { Status } from "../../core/messages/status.ts";

const BANDS: Partial<Record<Status["origin"], readonly [string, string]>> = {
  synthetic: ["SYNTHETIC", "generated market, no real prices"],
  replay: ["REPLAY", "recorded market, not now"],
};

/** Prices that are not the live market's must not be mistaken for them, at any width. */
export function OriginBand(props: { origin: Status["origin"] | null }): JSX.Element {
  const band = () => (props.origin === null ? undefined : BANDS[props.origin]);
  return (
    <Show when={band()}>
      {(words) => (
        <div class="band" data-origin={props.origin} role="note">
          <span class="band-words">
            <strong>{words()[0]}</strong>
            <span class="band-more"> {words()[1]}</span>
          </span>
        </div>
      )}
    </Show>
  );
}
