import type { Settings } from "../core/settings/index.ts";
import { systemClock } from "./clock.ts";
import { createApp, type HttpApp, type PageHandler } from "./http/app.ts";
import type { Served } from "./http/listen.ts";
import type { Peer } from "./http/routes/route.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { World } from "./world.ts";

/** A world and what answers for it. */
export interface Shown {
  readonly world: World;
  readonly app: HttpApp;
  /** Its streams end first, then the world itself. */
  close(): Promise<void>;
}

export interface ShowOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly page: PageHandler | null;
  readonly log: Log;
}

export function show(world: World, { settings, version, page, log }: ShowOptions): Shown {
  const metrics = createMetrics(version);
  const app = createApp({
    cache: world.cache,
    clock: systemClock,
    status: world.status,
    store: world.store,
    busStats: () => world.bus.stats(),
    version,
    settings,
    page,
    metrics,
    microBatchMs: settings.streaming.micro_batch.window_ms,
    onBug: (cause, where) => log.error({ err: cause }, `bug while answering ${where}`),
  });
  return {
    world,
    app,
    async close() {
      app.close();
      metrics.close();
      await world.close();
    },
  };
}

/** What stands behind the port: one world at any time. Another may take its place while the port stays open. */
export class Front implements Served {
  constructor(private shown: Shown) {}

  get current(): Shown {
    return this.shown;
  }

  fetch(request: Request, peer: Peer): Promise<Response> {
    return this.shown.app.fetch(request, peer);
  }

  refuses(request: Request, ip: string): Response | null {
    return this.shown.app.refuses(request, ip);
  }

  close(): void {
    this.shown.app.close();
  }

  /** From here on `next` answers. Streams of the one before end: they come back, find other logs, and begin anew. */
  async replace(next: Shown): Promise<void> {
    const before = this.shown;
    this.shown = next;
    await before.close();
  }
}
