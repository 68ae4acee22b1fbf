import type { Served } from "./listen.ts";
import { notFound, problemResponse } from "./problem.ts";

/** The same app with the same guards, of which only /metrics can be reached. */
export const metricsOnly = (app: Served): Served => ({
  refuses: (request, ip) => app.refuses(request, ip),
  fetch: async (request, peer) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/metrics") return app.fetch(request, peer);
    return app.refuses(request, peer.ip) ?? problemResponse({ ...notFound(pathname), detail: ONLY_METRICS });
  },
  // The app ends with its own port.
  close: () => {},
});

const ONLY_METRICS = "This port answers /metrics alone; everything else is on PORT";
