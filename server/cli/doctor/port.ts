import type { Settings } from "../../../core/settings/index.ts";
import { assertSafeBind, bareHost } from "../../http/guards/bind.ts";
import { listen } from "../../http/listen.ts";
import { type Finding, ok, problem } from "./finding.ts";

const ANSWER_MS = 2_000;
const nothing = { fetch: async () => new Response(null, { status: 503 }), refuses: () => null, close: () => undefined };

/** Listens for a moment where the server would. */
export async function port(settings: Settings): Promise<Finding> {
  const { HOST, PORT } = settings;
  try {
    assertSafeBind(settings);
  } catch (cause) {
    return problem("address", cause);
  }
  const listening = listen(nothing, { host: HOST, port: PORT });
  if (!listening.ok) return { ok: false, text: `port: ${listening.text}` };
  await listening.stop(0);
  return ok(PORT === 0 ? `port: any free one on ${HOST}` : `port: ${HOST}:${PORT} is free`);
}

/** What the Tapebell says that runs here; null when none answers. */
export async function running({ HOST, PORT }: Settings): Promise<Finding | null> {
  if (PORT === 0) return null;
  const bare = bareHost(HOST);
  const host = bare === "0.0.0.0" || bare === "::" ? "127.0.0.1" : bare.includes(":") ? `[${bare}]` : bare;
  const url = `http://${host}:${PORT}`;
  const ask = (path: string): Promise<Response> => fetch(`${url}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
  try {
    const health = (await (await ask("/health")).json()) as { ok?: unknown };
    if (health.ok !== true) return null;
    const ready = await ask("/ready");
    if (ready.status !== 503) return ok(`port: the running Tapebell answers at ${url}`);
    const { detail } = (await ready.json()) as { detail?: unknown };
    return {
      ok: false,
      text: `port: the running Tapebell at ${url} is not ready: ${String(detail)}`,
      mend: "wait if it has just begun; else see its log",
    };
  } catch {
    return null;
  }
}
