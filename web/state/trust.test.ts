import { describe, expect, test } from "bun:test";
import type { Gap } from "../../core/messages/gap.ts";
import type { LinkInfo } from "../stream/client.ts";
import { LINKS } from "../stream/link.ts";
import { makeStatus } from "../test-support/fake-market.ts";
import { makeManualFrame } from "../test-support/manual-frame.ts";
import { makeTrust, trustView } from "./trust.ts";

const NOW = 1_790_000_000_000;
const link = (values: Partial<LinkInfo>): LinkInfo => ({
  link: "live",
  sinceMs: NOW - 1_000,
  lastEventMs: NOW - 300,
  retryAtMs: null,
  attempt: 0,
  problem: null,
  backlog: 0,
  ...values,
});
const status = makeStatus({ ts_ms: NOW });
const T = "\u2009";

describe("how far the page is to be believed", () => {
  test("live only if the link and the feed both are", () => {
    expect(trustView(link({}), status, NOW, 0)).toMatchObject({
      state: "live",
      trusted: true,
      words: "Synthetic market, 8 symbols.",
    });
    for (const state of ["starting", "stale", "offline", "failed"] as const) {
      const view = trustView(link({}), { ...status, feed: { ...status.feed, state, text: "silent for 7 s" } }, NOW, 0);
      expect(view).toMatchObject({ trusted: false, words: "Silent for 7 s." });
      expect(view.state).not.toBe("live");
    }
    for (const one of LINKS) {
      if (one !== "live") expect(trustView(link({ link: one }), status, NOW, 0).state).not.toBe("live");
    }
  });

  test("a recording is not called live, and the age of its trades is not told", () => {
    const of = (state: "live" | "ended") =>
      trustView(
        link({}),
        { ...status, origin: "replay", feed: { ...status.feed, state, text: "Replay of x" } },
        NOW,
        0,
      );
    expect(of("live")).toMatchObject({ label: "Replaying", trusted: true, fresh_ms: null });
    expect(of("ended")).toMatchObject({ state: "ended", label: "Ended", trusted: true, words: "Replay of x." });
  });

  test("a system that is not ready is not called live, and says why", () => {
    const view = trustView(
      link({}),
      { ...status, ready: false, problems: ["aggregate fell; starting it again in 2 s"] },
      NOW,
      0,
    );
    expect(view).toMatchObject({
      state: "stale",
      label: "Not ready",
      words: "Aggregate fell; starting it again in 2 s.",
    });
  });

  test("offline counts down to the next try and says how old the page is", () => {
    const waiting = link({
      link: "waiting",
      problem: "the server cannot be reached",
      retryAtMs: NOW + 2_100,
      lastEventMs: NOW - 12_000,
    });
    const view = trustView(waiting, status, NOW, 0);
    expect(view).toMatchObject({ state: "offline", retryInS: 3, trusted: false });
    expect(view.words).toBe(`The server cannot be reached. Retry in 3 s. What you see is 12${T}s old.`);
  });

  test("stale counts up", () => {
    const view = trustView(link({ link: "stale", lastEventMs: NOW - 4_000 }), status, NOW, 0);
    expect(view).toMatchObject({ state: "stale", words: `Nothing from the server for 4.0${T}s.` });
  });

  test("catching up says how much", () => {
    const view = trustView(link({ link: "catching_up", backlog: 1_234 }), status, NOW, 0);
    expect(view).toMatchObject({ state: "catching_up", words: `1${T}234 missed candles received.` });
  });

  test("freshness is measured on the server's clock", () => {
    const newest_ts_ms = NOW + 5_000 - 400;
    expect(trustView(link({}), { ...status, newest_ts_ms }, NOW, 5_000).fresh_ms).toBe(400);
    expect(trustView(link({}), { ...status, newest_ts_ms: null }, NOW, 0).fresh_ms).toBeNull();
  });
});

describe("the store of trust", () => {
  function world() {
    const { frame } = makeManualFrame();
    let now = NOW;
    const trust = makeTrust({ frame, now: () => now });
    return { trust, at: (ms: number) => (now = NOW + ms) };
  }
  const gap = (values: Partial<Gap>): Gap => ({
    ...{ kind: "gap", id: "g1", revision: 0, provider: "synthetic", symbol: "*", stream: "trades" },
    ...{ from_seq: null, to_seq: null, from_ms: NOW, to_ms: NOW + 4_000, status: "open" },
    ...values,
  });

  test("the least delayed status tells the difference of the clocks", () => {
    const { trust, at } = world();
    trust.setLink(link({}));
    at(50);
    trust.putStatus({ ...status, ts_ms: NOW + 10_000, newest_ts_ms: NOW + 10_000 });
    at(1_900);
    trust.putStatus({ ...status, ts_ms: NOW + 11_000, newest_ts_ms: NOW + 11_000 });
    expect(trust.view().fresh_ms).toBe(850);
  });

  test("of a gap the highest revision stands", () => {
    const { trust } = world();
    trust.putGap(gap({ revision: 2, status: "filled" }));
    trust.putGap(gap({ revision: 0 }));
    expect(trust.gaps().map((one) => one.status)).toEqual(["filled"]);
  });

  test("gaps and messages are bounded, the oldest go", () => {
    const { trust } = world();
    for (let i = 0; i < 600; i += 1) {
      trust.putGap(gap({ id: `g${i}` }));
      trust.putMessage({ kind: "system_alert", id: `m${i}`, ts_ms: NOW + i, reason: "gap", text: `${i}` });
    }
    expect([trust.gaps().length, trust.gaps()[0]?.id]).toEqual([500, "g100"]);
    expect([trust.messages().length, trust.messages()[0]?.id]).toEqual([50, "m599"]);
  });
});
