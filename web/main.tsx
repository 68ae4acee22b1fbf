import { render } from "solid-js/web";
import { config } from "zod";
import { makeApi } from "./state/api.ts";
import { makeApp } from "./state/app.ts";
import { makeFrame } from "./state/frame.ts";
import { fetchTransport } from "./stream/fetch-transport.ts";
import { App } from "./views/App.tsx";

// The page's policy forbids building code from text; the schemas must not even try.
config({ jitless: true });

const app = makeApp({
  api: makeApi({ fetch: (url, init) => fetch(url, init) }),
  transport: fetchTransport,
  clock: {
    now: () => Date.now(),
    after(delayMs, fn) {
      const timer = setTimeout(fn, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: () => Math.random(),
  frame: makeFrame((run) => requestAnimationFrame(run)),
  storage: () => localStorage,
  reload: () => location.reload(),
});

const root = document.getElementById("app");
if (root !== null) render(() => <App app={app} />, root);
addEventListener("online", () => app.retryNow());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) app.retryNow();
});
app.start();
