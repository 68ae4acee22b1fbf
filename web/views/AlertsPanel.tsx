import { For, type JSX, Match, Show, Switch } from "solid-js";
import { number, percent } from "../state/format.ts";
import { AlertCard } from "./AlertCard.tsx";
import { bind, useApp } from "./bind.ts";
import { PastAlerts } from "./PastAlerts.tsx";

export function AlertsPanel(props: { onEvidence: (id: string) => void }): JSX.Element {
  const app = useApp();
  const ids = bind(app.alerts, () => app.alerts.list().map((alert) => alert.id));
  const state = bind(app.alerts, () => app.alerts.state());
  const problem = bind(app.alerts, () => app.alerts.problem());
  /** So that a quiet day is known to be quiet. */
  const nearest = bind(app.trust, () => app.trust.status()?.nearest);
  const selected = bind(app.alerts, () => app.alerts.selected());
  return (
    <section class="panel alerts" aria-label="Alerts" data-panel="alerts" tabindex="-1">
      <header class="panel-head">
        <h2>Alerts</h2>
        <Show when={ids().length > 0}>
          <span class="count">{ids().length}</span>
        </Show>
      </header>
      <div class="panel-body">
        <Show when={problem()}>{(words) => <p class="problem">{words()}</p>}</Show>
        <For
          each={ids()}
          fallback={
            <div class="empty">
              <Switch>
                <Match when={state() === "loading"}>
                  <p>Reading alerts…</p>
                </Match>
                <Match when={state() === "absent"}>
                  <p>
                    <strong>No alerts</strong>
                  </p>
                  <p>This server keeps none yet. One that arrives while the page is open appears here.</p>
                </Match>
                <Match when={state() === "ready"}>
                  <p>
                    <strong>Nothing unusual so far</strong>
                  </p>
                  <p>An alert appears here the moment the market does something out of its ordinary.</p>
                </Match>
              </Switch>
            </div>
          }
        >
          {(id) => (
            <AlertCard
              id={id}
              selected={selected() === id}
              onSelect={() => app.alerts.select(id)}
              onEvidence={() => props.onEvidence(id)}
            />
          )}
        </For>
        <PastAlerts onEvidence={props.onEvidence} />
      </div>
      <Show when={nearest()}>
        {(now) => (
          <footer class="nearest">
            <Show when={now().items[0]}>
              {(first) => (
                <p>
                  Nearest to firing: <strong>{first().symbol}</strong> {percent(first().ret, 1)} of{" "}
                  {percent(first().limit, 0).replace("+", "")} in {first().window}
                </p>
              )}
            </Show>
            <p>
              Today: {number(now().trades)} trades seen, {number(now().moves_weighed)} moves weighed,{" "}
              {number(now().bad_prints)} bad {now().bad_prints === 1 ? "print" : "prints"} ignored
            </p>
          </footer>
        )}
      </Show>
    </section>
  );
}
