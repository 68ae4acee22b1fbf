import type { Page } from "@playwright/test";
import { type Server, startServer } from "./support/server.ts";
import { Complaints, expect, openLive, readout, test } from "./support/test.ts";

/** At the right of the chart, where no candle is. */
const PRICE_AXIS_PX = 84;

const badge = (page: Page) => page.locator(".trust-bar");

/** Reads the candles off the chart as a person would: the crosshair moves over them, the readout says what each is. */
async function sweep(page: Page): Promise<Map<number, string>> {
  const box = await page.locator(".chart-box").boundingBox();
  if (box === null) throw new Error("no chart");
  const read = (): Promise<{ start: number; empty: boolean; text: string } | null> =>
    page.evaluate(async () => {
      for (let i = 0; i < 2; i += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
      const shown = document.querySelector<HTMLElement>(".readout");
      if (shown === null) return null;
      const price = (name: string): string =>
        [...shown.querySelectorAll("div")]
          .find((one) => one.querySelector("dt")?.textContent === name)
          ?.querySelector("dd")?.textContent ?? "";
      const text = ["O", "H", "L", "C", "Trades"].map(price).join(" ").replaceAll("\u2009", "");
      return { start: Number(shown.dataset.start), empty: shown.dataset.empty !== undefined, text };
    });
  const seen = new Map<number, string>();
  let previous = Number.NEGATIVE_INFINITY;
  for (let x = box.x + box.width * 0.25; x < box.x + box.width - PRICE_AXIS_PX; x += 4) {
    await page.mouse.move(x, box.y + box.height / 2);
    const candle = await read();
    if (candle === null) continue;
    // Left to right time never goes back: a candle drawn twice would show here.
    expect(candle.start).toBeGreaterThanOrEqual(previous);
    previous = candle.start;
    if (!candle.empty) seen.set(candle.start, candle.text);
  }
  return seen;
}

async function served(page: Page, server: Server, from: number, to: number): Promise<Map<number, string>> {
  const symbol = await readout(page).locator("strong").textContent();
  const query = `symbol=${symbol}&interval=1s&from=${from}&to=${to + 1}&limit=1000`;
  const answer = (await (await page.request.get(`${server.url}/api/bars?${query}`)).json()) as {
    items: { start_ts_ms: number; open: number; high: number; low: number; close: number; trade_count: number }[];
  };
  const decimals = (
    (await (await page.request.get(`${server.url}/api/symbols`)).json()) as {
      items: { symbol: string; decimals: number }[];
    }
  ).items.find((item) => item.symbol === symbol)?.decimals;
  return new Map(
    answer.items.map((bar) => {
      const prices = [bar.open, bar.high, bar.low, bar.close].map((price) => price.toFixed(decimals));
      return [bar.start_ts_ms, `${prices.join(" ")} ${bar.trade_count}`];
    }),
  );
}

test("the server is killed and comes back: the page goes on without reload, no candle doubled or missing", async ({
  page,
}) => {
  test.setTimeout(180_000);
  const server = await startServer();
  try {
    const complaints = new Complaints(page);
    await openLive(page, server.url);
    await page.keyboard.press("1");
    await expect(readout(page)).toHaveAttribute("data-final", "false");
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    const beforeKill = Number(await readout(page).getAttribute("data-start"));
    await expect
      .poll(async () => Number(await readout(page).getAttribute("data-start")))
      .toBeGreaterThan(beforeKill + 3_000);

    await server.kill();
    await expect(badge(page)).toHaveAttribute("data-state", /stale|offline/, { timeout: 2_000 });
    await expect(badge(page)).toContainText(/Retry in \d+ s/);
    await expect(page.locator(".chart-box canvas").first()).toBeVisible();
    const killedAt = Number(await readout(page).getAttribute("data-start"));

    await server.start();
    await expect(page.locator(".page")).toHaveAttribute("data-trust", "live", { timeout: 30_000 });
    await expect
      .poll(async () => Number(await readout(page).getAttribute("data-start")), { timeout: 30_000 })
      .toBeGreaterThan(killedAt + 16_000);
    expect(await page.evaluate(() => "sameDocument" in globalThis)).toBe(true);

    // Scrolled back a little the chart stands still, and every candle in view is final.
    await page.keyboard.press("ArrowLeft");
    const seen = await sweep(page);
    const starts = [...seen.keys()];
    const [from, to] = [Math.min(...starts), Math.max(...starts)];
    expect(from).toBeLessThan(killedAt - 3_000);
    expect(to).toBeGreaterThan(killedAt);
    expect(seen).toEqual(await served(page, server, from, to));
    expect(complaints.withoutNetwork).toEqual([]);
  } finally {
    await server.close();
  }
});

test("a server that hangs makes the page stale within 2 s, and live again when it goes on", async ({ page }) => {
  const server = await startServer();
  try {
    await openLive(page, server.url);
    server.freeze();
    await expect(badge(page)).toContainText("Stale", { timeout: 2_000 });
    await expect(badge(page)).toContainText(/Nothing from the server for \d/);
    const age = await badge(page).textContent();
    await expect(badge(page)).not.toHaveText(age ?? "");
    server.thaw();
    await expect(page.locator(".page")).toHaveAttribute("data-trust", "live");
  } finally {
    await server.close();
  }
});
