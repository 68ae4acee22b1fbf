import { createEffect, createSignal, type JSX, onCleanup, onMount, Show } from "solid-js";
import { INTERVALS } from "../../core/messages/bar.ts";
import type { App as TapebellApp } from "../state/app.ts";
import { number } from "../state/format.ts";
import { AlertsPanel } from "./AlertsPanel.tsx";
import { AppContext, bind } from "./bind.ts";
import { type ChartHandle, ChartPanel } from "./ChartPanel.tsx";
import { EvidenceDrawer } from "./EvidenceDrawer.tsx";
import { Header } from "./Header.tsx";
import { Help } from "./Help.tsx";
import { type Action, makeKeyboard } from "./keyboard.ts";
import { NumbersPanel } from "./NumbersPanel.tsx";
import { OriginBand } from "./OriginBand.tsx";
import { Splitter } from "./Splitter.tsx";
import { type Tab, Tabs } from "./Tabs.tsx";
import { Toasts } from "./Toasts.tsx";
import { TrustPanel } from "./TrustPanel.tsx";
import { useTheme } from "./theme.ts";
import { WatchList } from "./WatchList.tsx";

const SCROLL_CANDLES = 10;

export function App(props: { app: TapebellApp }): JSX.Element {
  // The app is made once, before the page: it is no reactive value.
  const app = props.app;
  const [tab, setTab] = createSignal<Tab>("watch");
  const [trustOpen, setTrustOpen] = createSignal(false);
  const [helpOpen, setHelpOpen] = createSignal(false);
  const [evidenceId, setEvidenceId] = createSignal<string | null>(null);
  const prefs = bind(app.prefs, () => app.prefs.get());
  const trust = bind(app.trust, () => app.trust.view());
  const symbol = bind(app.symbol, () => app.symbol.get());
  const rows = bind(app.watch, () => app.watch.rows());
  const theme = useTheme(prefs);
  let main: HTMLDivElement | undefined;
  let chart: ChartHandle | undefined;

  /** At once where it is in view, so that no key that follows is lost; else when the panel it is in has been drawn. */
  const focus = (selector: string): void => {
    const found = (): HTMLElement | null | undefined => main?.querySelector<HTMLElement>(selector);
    found()?.focus();
    if (document.activeElement !== found()) requestAnimationFrame(() => found()?.focus());
  };
  const go = (to: Tab): void => {
    setTab(to);
    setTrustOpen(to === "trust");
    focus(`[data-panel="${to}"]`);
  };
  const openEvidence = (id: string): void => {
    app.alerts.select(id);
    setEvidenceId(id);
  };

  const act = (action: Action): void => {
    switch (action.do) {
      case "search":
        setTab("watch");
        focus("#symbol-search");
        break;
      case "step": {
        const id = app.alerts.step(action.by);
        if (id === null) break;
        setTab("alerts");
        if (evidenceId() === null) focus(`[data-alert="${CSS.escape(id)}"]`);
        else setEvidenceId(id);
        break;
      }
      case "evidence": {
        const id = app.alerts.selected();
        if (id !== null) setEvidenceId(id);
        break;
      }
      case "interval": {
        const next = INTERVALS[action.index];
        if (next !== undefined) app.selectInterval(next);
        break;
      }
      case "scroll":
        chart?.scroll(action.by * SCROLL_CANDLES);
        break;
      case "go":
        go(action.to);
        break;
      case "help":
        setHelpOpen(!helpOpen());
        break;
      case "close":
        if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
        setHelpOpen(false);
        setEvidenceId(null);
        setTrustOpen(false);
        break;
    }
  };

  onMount(() => {
    const keyboard = makeKeyboard(() => performance.now());
    const listen = (event: KeyboardEvent): void => {
      const on = event.target instanceof Element ? event.target : null;
      const action = keyboard({
        key: event.key,
        modified: event.ctrlKey || event.altKey || event.metaKey,
        inField: on?.matches("input, textarea, select") ?? false,
        onControl: on?.matches("button, a, summary, [role=separator]") ?? false,
      });
      if (action === null) return;
      if (action.do !== "close") event.preventDefault();
      act(action);
    };
    document.addEventListener("keydown", listen);
    onCleanup(() => document.removeEventListener("keydown", listen));
  });

  createEffect(() => {
    main?.style.setProperty("--watch-px", `${prefs().watchPx}px`);
    main?.style.setProperty("--alerts-px", `${prefs().alertsPx}px`);
  });
  createEffect(() => {
    const row = rows().find((one) => one.symbol === symbol());
    const price = row === undefined ? "" : `${number(row.last, row.decimals)} ${row.symbol} · `;
    const state = trust().trusted || trust().state === "connecting" ? "" : `${trust().label} · `;
    document.title = `${state}${price}Tapebell`;
  });

  return (
    <AppContext.Provider value={app}>
      <div class="page" ref={main} data-tab={tab()} data-trust={trust().state}>
        <Header
          trust={trust()}
          trustOpen={trustOpen()}
          onTrust={() => (trustOpen() ? setTrustOpen(false) : go("trust"))}
          onHelp={() => setHelpOpen(true)}
        />
        <OriginBand origin={trust().origin} />
        <main class="desk">
          <WatchList />
          <Splitter name="Width of the watch list" pref="watchPx" side="left" />
          <div class="centre">
            <ChartPanel theme={theme()} onAlert={openEvidence} handle={(made) => (chart = made)} />
            <NumbersPanel />
          </div>
          <Splitter name="Width of the alerts" pref="alertsPx" side="right" />
          <AlertsPanel onEvidence={openEvidence} />
          <TrustPanel trust={trust()} open={trustOpen()} onClose={() => setTrustOpen(false)} />
        </main>
        <Tabs
          tab={tab()}
          onTab={(next) => {
            setTab(next);
            setTrustOpen(next === "trust");
          }}
        />
        <Toasts onOpen={openEvidence} trust={trust()} />
        <Show when={helpOpen()}>
          <Help onClose={() => setHelpOpen(false)} />
        </Show>
        <Show when={evidenceId()}>{(id) => <EvidenceDrawer id={id()} onClose={() => setEvidenceId(null)} />}</Show>
      </div>
    </AppContext.Provider>
  );
}
