import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TapebellError } from "../../../core/errors.ts";
import { assertSafeBind, isLoopback } from "./bind.ts";
import { isOurHost, refuseForeign } from "./host.ts";
import { ApiKeys, keyIn } from "./keys.ts";
import { RateLimit } from "./rate.ts";

describe("where the server may listen", () => {
  test("loopback needs no key, anything else does", () => {
    for (const HOST of ["127.0.0.1", "127.3.2.1", "localhost", "LOCALHOST", "::1", "[::1]"])
      expect(() => assertSafeBind({ HOST, API_KEYS: [] })).not.toThrow();
    for (const HOST of ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org", "localhost.evil.org"]) {
      expect(isLoopback(HOST)).toBe(false);
      expect(() => assertSafeBind({ HOST, API_KEYS: ["k"] })).not.toThrow();
      try {
        assertSafeBind({ HOST, API_KEYS: [] });
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(TapebellError);
        expect(error).toMatchObject({ kind: "usage", code: "unsafe_bind" });
        expect((error as TapebellError).message).toContain(HOST);
        expect((error as TapebellError).hint).toContain("API_KEYS");
      }
    }
  });
});

describe("names the server answers to", () => {
  const local = { boundHost: "127.0.0.1", allowedHosts: ["tape.example.org"] };
  test("loopback names and listed ones, with any port", () => {
    for (const host of [
      "localhost",
      "localhost:8787",
      "127.0.0.1:1",
      "[::1]:8787",
      "LocalHost.",
      "tape.example.org:443",
    ])
      expect(isOurHost(host, local)).toBe(true);
  });
  test("no other name, which is how a foreign page would come", () => {
    for (const host of [
      "",
      "evil.org",
      "localhost.evil.org",
      "127.0.0.1.evil.org",
      "192.168.1.9",
      "localhost:8787@evil.org",
      "localhost, evil.org",
      "localhost/x",
      "localhost:",
    ])
      expect(isOurHost(host, local)).toBe(false);
  });
  test("bound to one address that address, bound to all any address in digits and still no name", () => {
    expect(isOurHost("192.168.1.9:8787", { boundHost: "192.168.1.9", allowedHosts: [] })).toBe(true);
    expect(isOurHost("192.168.1.9:8787", { boundHost: "192.168.1.8", allowedHosts: [] })).toBe(false);
    for (const boundHost of ["0.0.0.0", "::"]) {
      expect(isOurHost("10.1.2.3:8787", { boundHost, allowedHosts: [] })).toBe(true);
      expect(isOurHost("[fe80::1]", { boundHost, allowedHosts: [] })).toBe(true);
      expect(isOurHost("evil.org", { boundHost, allowedHosts: [] })).toBe(false);
    }
  });
  test("pages of other origins are refused, our own is not", () => {
    const from = (origin: string, host = "localhost:8787") =>
      refuseForeign(new Headers({ host, origin }), local)?.code ?? "fine";
    expect(from("http://localhost:8787")).toBe("fine");
    expect(from("https://tape.example.org")).toBe("fine");
    for (const origin of [
      "null",
      "http://evil.org",
      "http://localhost:3000",
      "http://127.0.0.1:8787",
      "file://",
      "http://localhost:8787.evil.org",
      "http://localhost:8787@evil.org",
      "",
    ])
      expect(from(origin)).toBe("origin_not_allowed");
    expect(from("http://evil.org", "evil.org")).toBe("host_not_allowed");
  });
});

describe("keys", () => {
  test("a key is known by its text alone, in either header", () => {
    const keys = new ApiKeys(["alpha", "beta"]);
    expect(keys.match("alpha")).toBe("key-0");
    expect(keys.match("beta")).toBe("key-1");
    for (const wrong of ["", "alph", "alphaa", "ALPHA", "alpha ", "gamma"]) expect(keys.match(wrong)).toBeNull();
    expect(keyIn(new Headers({ authorization: "Bearer alpha" }))).toBe("alpha");
    expect(keyIn(new Headers({ authorization: "bearer  alpha" }))).toBe("alpha");
    expect(keyIn(new Headers({ "x-api-key": "alpha" }))).toBe("alpha");
    expect(keyIn(new Headers({ authorization: "Basic alpha" }))).toBe("");
  });
  test("an empty key is none", () => {
    expect(new ApiKeys([""]).areRequired).toBe(false);
    expect(new ApiKeys(["k"]).areRequired).toBe(true);
  });
  test("keys are not kept as text", () => {
    expect(Bun.inspect(new ApiKeys(["very-secret-text"]), { depth: 9 })).not.toContain("very-secret");
  });
});

describe("rate limit", () => {
  test("lets through what the rate and the burst allow, and says how long to wait", () => {
    const limit = new RateLimit({ perSecond: 10, burst: 3 });
    expect([1, 2, 3].map(() => limit.take("a", 0))).toEqual([0, 0, 0]);
    const wait_ms = limit.take("a", 0);
    expect(wait_ms).toBe(100);
    expect(limit.take("b", 0)).toBe(0);
    expect(limit.take("a", wait_ms)).toBe(0);
    expect(limit.take("a", wait_ms)).toBe(100);
  });
  test("never lets more through than burst + rate × time, whatever the clock does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 200 }), (steps) => {
        const limit = new RateLimit({ perSecond: 10, burst: 5 });
        let now_ms = 0;
        let forward_ms = 0;
        let passed = 0;
        for (const step of steps) {
          now_ms += step;
          forward_ms += Math.max(0, step);
          if (limit.take("a", now_ms) === 0) passed++;
        }
        expect(passed).toBeLessThanOrEqual(5 + forward_ms / 100 + 1e-9);
      }),
    );
  });
});
