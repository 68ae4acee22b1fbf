import type { Alert, Gap, Status } from "../core/messages/index.ts";
import { type Server, startServer } from "./support/server.ts";
import { expect, openLive, test } from "./support/test.ts";

/** The acts of the synthetic market's first two minutes, as a person at the page sees them. */
test.describe("the tour", () => {
  let server: Server;
  let served_ms = 0;
  test.beforeAll(async () => {
    // Acts count from the moment the URL is printed, not from when the archive is open too.
    server = await startServer({ SYNTHETIC_SCENARIO: "tour" }, "/health");
    served_ms = Date.now();
  });
  test.afterAll(() => server.close());

  const get = async <T>(path: string): Promise<T> => (await (await fetch(server.url + path)).json()) as T;
  const alerts = async (): Promise<Alert[]> => (await get<{ items: Alert[] }>("/api/alerts?limit=200")).items;

  test("an alert with its summary by 20 s, no alert for the bad print, an end, a filled gap, one market alert", async ({
    page,
    complaints,
  }) => {
    test.setTimeout(180_000);
    await page.goto(server.url);
    const articles = page.getByRole("region", { name: "Alerts" }).getByRole("article");

    // 12–18 s: X +6.4 % on 40× volume. It begins as something rare for X (a notice) and becomes an alert as it grows.
    const moved = async (): Promise<Alert | undefined> =>
      (await alerts()).find(({ kind, severity }) => kind === "move" && severity === "alert");
    await expect.poll(async () => (await moved())?.direction, { timeout: 20_000, intervals: [100] }).toBe("up");
    await expect(articles.first()).toBeVisible({ timeout: 20_000 });
    await expect(articles.first()).toContainText(/From .+ to .+ on synthetic/);
    expect(Date.now() - served_ms).toBeLessThan(20_000);
    const move = await moved();
    expect(move?.summary_source).toBe("template");
    const hero = move!.symbol;

    // 25 s: a −20 % print that the next trades refute.
    await expect
      .poll(async () => (await get<Status>("/api/status")).bad_prints, { timeout: 40_000 })
      .toBeGreaterThanOrEqual(1);
    await expect(page.getByText("1 bad print ignored")).toBeVisible();
    expect((await alerts()).filter((alert) => alert.symbol === hero && alert.direction === "down")).toEqual([]);

    // 35 s: X falls back, so the move ends under the same id.
    await expect
      .poll(async () => (await alerts()).find(({ id }) => id === move!.id)?.state, { timeout: 60_000 })
      .toBe("over");
    const ended = (await alerts()).find(({ id }) => id === move!.id)!;
    expect(ended.revision).toBeGreaterThan(move!.revision);
    expect(ended.ended?.reason).toBe("given_back");
    expect(ended.ended?.peak_ret).toBeGreaterThan(0.055);
    await expect(articles.filter({ hasText: hero }).first()).toContainText("over");

    // 45 s: four seconds mute, then the gap is filled and the candles of that time are whole again.
    const gaps = async (): Promise<Gap[]> => (await get<{ items: Gap[] }>("/api/gaps?limit=50")).items;
    await expect
      .poll(async () => (await gaps()).filter(({ status }) => status === "filled").length, { timeout: 60_000 })
      .toBeGreaterThanOrEqual(1);
    expect((await gaps()).filter(({ status }) => status !== "filled")).toEqual([]);

    // 70 s: six symbols fall within 40 s: one alert for the market, theirs are marked as part of it.
    const market = async (): Promise<Alert[]> => (await alerts()).filter((alert) => alert.kind === "market");
    await expect
      .poll(async () => (await market()).find(({ symbols }) => (symbols?.length ?? 0) >= 6)?.direction, {
        timeout: 90_000,
      })
      .toBe("down");
    expect(await market()).toHaveLength(1);
    const members = (await market())[0]!.symbols!;
    await expect
      .poll(async () => {
        const single = (await alerts()).filter(
          (one) => one.kind === "move" && members.includes(one.symbol) && one.direction === "down",
        );
        return single.length >= 6 && single.every(({ suppressed }) => suppressed === "market");
      })
      .toBe(true);
    await expect(articles.filter({ hasText: "symbols" }).first()).toBeVisible();
    expect(complaints.all).toEqual([]);
  });

  test("what was seen is there after a stop and a start", async ({ page }) => {
    const before = await alerts();
    await expect
      .poll(
        async () => {
          const persist = (await get<Status>("/api/status")).parts.find(({ part }) => part === "persist");
          return persist?.counters?.unwritten;
        },
        { timeout: 60_000 },
      )
      .toBe(0);
    await server.kill();
    await server.start();
    await openLive(page, server.url);
    await expect.poll(async () => (await alerts()).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(before.length);
    const after = new Map((await alerts()).map((alert) => [alert.id, alert.revision]));
    for (const { id, revision } of before) expect(after.get(id)).toBeGreaterThanOrEqual(revision);
  });
});
