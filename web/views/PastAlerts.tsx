import { For, type JSX, Show } from "solid-js";
import { ago, fullTime } from "../state/format.ts";
import { alertSize, alertSymbol } from "./AlertCard.tsx";
import { bind, useApp } from "./bind.ts";

const DAY_MS = 86_400_000;
const SHOWN = 20;

/** What the last 24 h would have brought, told quietly: nobody was called, and minutes are all that is known. */
export function PastAlerts(props: { onEvidence: (id: string) => void }): JSX.Element {
  const app = useApp();
  const now = bind(app.trust, () => app.now());
  const past = bind(app.alerts, () => app.alerts.wouldHave().filter((one) => one.start_ms >= app.now() - DAY_MS));
  /** Only who has seen candles and read the list may say that there was nothing. */
  const looked = bind(
    app.trust,
    () => app.trust.status()?.parts.some(({ counters }) => (counters?.history_bars ?? 0) > 0) === true,
  );
  const isRead = bind(app.alerts, () => app.alerts.state() === "ready");
  const count = (): string => (past().length === 1 ? "1 alert" : `${past().length} alerts`);
  return (
    <Show when={past().length > 0 || (looked() && isRead())}>
      <section class="past" aria-label="The last 24 h">
        <Show
          when={past().length > 0}
          fallback={<p>The last 24 h would have brought no alert, as far as 1-minute candles tell.</p>}
        >
          <details open>
            <summary>The last 24 h would have brought {count()}</summary>
            <p>Seen in 1-minute candles from before the start; none was sent.</p>
            <For each={past().slice(0, SHOWN)}>
              {(one) => (
                <article
                  class="past-alert"
                  data-past-alert={one.id}
                  data-severity={one.severity}
                  data-way={one.direction ?? "flat"}
                  aria-label={`would have been: ${one.severity} ${one.title}`}
                >
                  <time title={fullTime(one.start_ms)}>{ago(now() - one.start_ms)}</time>
                  <button type="button" class="link" onClick={() => app.selectSymbol(one.symbol)}>
                    {alertSymbol(one)}
                  </button>
                  <span class="alert-size">{alertSize(one)}</span>
                  <button type="button" class="link" onClick={() => props.onEvidence(one.id)}>
                    Evidence
                  </button>
                </article>
              )}
            </For>
            <Show when={past().length > SHOWN}>
              <p>and {past().length - SHOWN} before them</p>
            </Show>
          </details>
        </Show>
      </section>
    </Show>
  );
}
