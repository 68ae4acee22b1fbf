import { type JSX, Show } from "solid-js";
import { compact, millis, number, seconds } from "../state/format.ts";
import type { TrustView } from "../state/trust.ts";

/** How far the page can be believed, in one line; the whole story opens below it. */
export function TrustBar(props: { trust: TrustView; open: boolean; onOpen: () => void }): JSX.Element {
  const gaps = () => props.trust.gaps_open + props.trust.gaps_lost;
  return (
    <button
      type="button"
      class="trust-bar"
      data-state={props.trust.state}
      aria-expanded={props.open}
      title={props.trust.words}
      onClick={() => props.onOpen()}
    >
      <span class="hidden">Trust: </span>
      <span class="dot" aria-hidden="true" />
      <span class="trust-label">{props.trust.label}</span>
      <Show
        when={props.trust.trusted}
        fallback={<span class="trust-words">{props.trust.state === "connecting" ? "" : props.trust.words}</span>}
      >
        <span class="trust-figure trust-provider">{props.trust.provider}</span>
        <span class="trust-figure trust-latency">{millis(props.trust.latency_ms_p50)}</span>
        <span class="trust-figure">
          <i>lag</i> {compact(props.trust.lag)}
        </span>
        <span class="trust-figure trust-fresh">
          <i>fresh</i> {seconds(props.trust.fresh_ms)}
        </span>
        <span class="trust-figure" data-bad={gaps() > 0}>
          <i>gaps</i> {number(gaps())}
        </span>
        <Show when={props.trust.problems.length > 0}>
          <span class="trust-problems">⚠ {props.trust.problems.length}</span>
        </Show>
      </Show>
    </button>
  );
}
