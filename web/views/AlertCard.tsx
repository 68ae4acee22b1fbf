import { type JSX, Show } from "solid-js";
import type { Alert } from "../../core/messages/alert.ts";
import { moveSince } from "../state/alerts.ts";
import { ARROW, ago, fullTime, number, percent } from "../state/format.ts";
import { bind, useApp } from "./bind.ts";

export const alertSymbol = (alert: Alert): string => (alert.symbol === "*" ? "Market" : alert.symbol);

/** "▲ +6.21 % in 1m": direction and size first. */
export function alertSize(alert: Alert): string {
  const arrow = ARROW[alert.direction ?? "flat"];
  const size = alert.ret === null ? alert.kind : percent(alert.ret);
  return `${arrow} ${size} in ${alert.window}`.trim();
}

/** A sentiment from −1 to +1. */
const signed = (value: number): string => `${value > 0 ? "+" : ""}${number(value, 2)}`;

export function AlertCard(props: {
  id: string;
  selected: boolean;
  onSelect: () => void;
  onEvidence: () => void;
}): JSX.Element {
  const app = useApp();
  const alert = bind(app.alerts, () => app.alerts.get(props.id));
  // Ages move with the clock that the trust bar runs on.
  const now = bind(app.trust, () => app.now());
  /** How far the move has come since it was stated: a statement is said again only when its state changes. */
  const sinceStart = bind(app.watch, () => {
    const one = app.alerts.get(props.id);
    if (one === undefined || one.state === "over" || one.would_have === true) return null;
    return moveSince(one, app.watch.row(one.symbol)?.last ?? null);
  });
  return (
    <Show when={alert()}>
      {(one) => (
        <article
          class="alert"
          data-alert={one().id}
          data-revision={one().revision}
          data-severity={one().severity}
          data-state={one().state}
          data-way={one().direction ?? "flat"}
          aria-label={`${one().severity} ${one().title}`}
          aria-current={props.selected ? "true" : undefined}
          tabindex="-1"
          onFocusIn={() => props.onSelect()}
        >
          <header class="alert-head">
            <span class="alert-size">{alertSize(one())}</span>
            <Show when={one().symbol !== "*"} fallback={<span class="alert-symbol">{alertSymbol(one())}</span>}>
              <button
                type="button"
                class="alert-symbol"
                title={`Show ${one().symbol} in the chart`}
                onClick={() => app.selectSymbol(one().symbol)}
              >
                {alertSymbol(one())}
              </button>
            </Show>
            <time title={fullTime(one().start_ms)}>{ago(now() - one().start_ms)}</time>
          </header>
          <h3 class="alert-title">{one().title}</h3>
          <Show when={one().summary}>{(summary) => <p class="alert-summary">{summary()}</p>}</Show>
          <Show when={one().headline}>
            {(text) => (
              <p class="alert-headline">
                <Show when={typeof one().sentiment === "number"}>
                  <span class="sentiment">{signed(one().sentiment ?? 0)}</span>{" "}
                </Show>
                {text()}
              </p>
            )}
          </Show>
          <footer class="alert-foot">
            <span class="tag" data-severity={one().severity}>
              {one().severity}
            </span>
            <Show when={one().state !== "open"}>
              <span class="tag">{one().state}</span>
            </Show>
            <Show when={sinceStart()}>
              {(share) => (
                <span class="alert-now" title="From where the move began to the newest price">
                  now {percent(share())}
                </span>
              )}
            </Show>
            <Show when={one().suppressed === "storm"}>
              <span class="tag" title="There were too many at once: shown here, not sent.">
                not sent
              </span>
            </Show>
            <Show when={one().summary_source}>{(source) => <span class="alert-source">{source()}</span>}</Show>
            <button type="button" class="link" onClick={() => props.onEvidence()}>
              Evidence
            </button>
          </footer>
        </article>
      )}
    </Show>
  );
}
