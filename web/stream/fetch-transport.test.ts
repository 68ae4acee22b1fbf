import { afterAll, describe, expect, test } from "bun:test";
import { fetchTransport } from "./fetch-transport.ts";

const seen: (string | null)[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    seen.push(request.headers.get("last-event-id"));
    const path = new URL(request.url).pathname;
    if (path === "/busy") return new Response("", { status: 429, headers: { "retry-after": "7" } });
    if (path === "/html") return new Response("<p>", { headers: { "content-type": "text/html" } });
    const headers = { "content-type": "text/event-stream; charset=utf-8" };
    if (path === "/short") return new Response("data: é\n\n", { headers });
    return new Response(new ReadableStream({ start: (controller) => controller.enqueue("data: 1\n\n") }), { headers });
  },
});
afterAll(() => server.stop(true));

type Told = { opened: number; text: string; closed: [string, number | null] | null };

function open(path: string, lastEventId: string | null = null, base = server.url.origin) {
  const told: Told = { opened: 0, text: "", closed: null };
  let wake: () => void = () => {};
  const changed = (): void => wake();
  const hangUp = fetchTransport.open(
    { url: base + path, lastEventId },
    {
      opened: () => {
        told.opened += 1;
        changed();
      },
      text: (chunk) => {
        told.text += chunk;
        changed();
      },
      closed: (problem, retryAfterMs) => {
        told.closed = [problem, retryAfterMs];
        changed();
      },
    },
  );
  const until = async (done: (told: Told) => boolean): Promise<Told> => {
    while (!done(told)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return told;
  };
  return { hangUp, until, told };
}

describe("fetch transport", () => {
  test("brings the text and says when the server ended it", async () => {
    const { until } = open("/short");
    expect(await until((told) => told.closed !== null)).toEqual({
      opened: 1,
      text: "data: é\n\n",
      closed: ["the server ended the connection", null],
    });
  });

  test("names the last id, if there is one", async () => {
    seen.length = 0;
    await open("/short", "id-7").until((told) => told.closed !== null);
    await open("/short").until((told) => told.closed !== null);
    expect(seen).toEqual(["id-7", null]);
  });

  test("a refusal says its status and when to come back", async () => {
    const { until } = open("/busy");
    expect(await until((told) => told.closed !== null)).toMatchObject({
      opened: 0,
      closed: ["the server answered 429", 7_000],
    });
  });

  test("an answer that is no stream is refused", async () => {
    const { until } = open("/html");
    expect(await until((told) => told.closed !== null)).toMatchObject({
      opened: 0,
      closed: ["the answer was not an event stream", null],
    });
  });

  test("nobody there", async () => {
    const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { origin } = probe.url;
    await probe.stop(true);
    const { until } = open("/", null, origin);
    const { closed } = await until((told) => told.closed !== null);
    expect(closed?.[1]).toBeNull();
    expect(closed?.[0]).toMatch(/cannot be reached|connection broke/);
  });

  test("after hanging up nothing more is told", async () => {
    const { until, hangUp, told } = open("/long");
    await until((now) => now.text !== "");
    hangUp();
    const before = structuredClone(told);
    // A second connection makes a round trip: what the first had to say would have come.
    await open("/short").until((now) => now.closed !== null);
    expect(told).toEqual(before);
  });
});
