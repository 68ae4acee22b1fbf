import { createEffect, createSignal, For, type JSX, on, onCleanup, Show } from "solid-js";
import type { Alert } from "../../core/messages/alert.ts";
import type { TrustView } from "../state/trust.ts";
import { alertSize, alertSymbol } from "./AlertCard.tsx";
import { useApp } from "./bind.ts";

const SHOWN_MAX = 3;
const SHOWN_MS = 10_000;

/** Calls out new alerts in the page, and says them, like every change of trust, to those who listen instead of look. */
export function Toasts(props: { trust: TrustView; onOpen: (id: string) => void }): JSX.Element {
  const app = useApp();
  const [shown, setShown] = createSignal<readonly Alert[]>([]);
  const [said, setSaid] = createSignal("");
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const dismiss = (id: string): void => {
    setShown(shown().filter((alert) => alert.id !== id));
  };
  onCleanup(
    app.alerts.subscribe(() => {
      for (const alert of app.alerts.takeAnnouncements()) {
        setShown([...shown().filter((one) => one.id !== alert.id), alert].slice(-SHOWN_MAX));
        setSaid(`${alert.severity}: ${alert.title}`);
        const timer = setTimeout(() => {
          timers.delete(timer);
          dismiss(alert.id);
        }, SHOWN_MS);
        timers.add(timer);
      }
    }),
  );
  onCleanup(() => {
    for (const timer of timers) clearTimeout(timer);
  });
  createEffect(
    on(
      () => props.trust.label,
      (label, before) => {
        if (before !== undefined) setSaid(`${label}. ${props.trust.words}`);
      },
    ),
  );
  return (
    <>
      <div class="hidden" role="status" aria-live="polite">
        {said()}
      </div>
      <Show when={shown().length > 0}>
        <aside class="toasts" aria-label="New alerts">
          <For each={shown()}>
            {(alert) => (
              <div class="toast" data-way={alert.direction ?? "flat"} data-severity={alert.severity}>
                <button
                  type="button"
                  class="toast-open"
                  onClick={() => {
                    dismiss(alert.id);
                    props.onOpen(alert.id);
                  }}
                >
                  <span class="alert-size">{alertSize(alert)}</span>{" "}
                  <span class="alert-symbol">{alertSymbol(alert)}</span>
                  <span class="toast-title">{alert.title}</span>
                </button>
                <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(alert.id)}>
                  ✕
                </button>
              </div>
            )}
          </For>
        </aside>
      </Show>
    </>
  );
}
