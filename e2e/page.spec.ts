import { expect, openLive, readout, test, watchRows } from "./support/test.ts";

test("candles appear and the forming one moves", async ({ page, server, complaints }) => {
  await openLive(page, server.url);
  const chart = page.getByRole("region", { name: "Chart" });
  await expect(chart.locator("canvas").first()).toBeVisible();
  await page.getByRole("button", { name: "1s", exact: true }).click();
  await expect(readout(page)).toHaveAttribute("data-final", "false");
  const start = Number(await readout(page).getAttribute("data-start"));
  await expect.poll(async () => Number(await readout(page).getAttribute("data-start"))).toBeGreaterThan(start);

  await page.getByRole("button", { name: "1m", exact: true }).click();
  const figures = readout(page).locator(".readout-figures");
  await expect(figures).toBeVisible();
  const before = await figures.textContent();
  await expect(figures).not.toHaveText(before ?? "");
  expect(complaints.all).toEqual([]);
});

test("the canvas is drawn on, and drawn again as the market moves", async ({ page, server }) => {
  await openLive(page, server.url);
  await page.getByRole("button", { name: "1s", exact: true }).click();
  await expect(readout(page)).toHaveAttribute("data-final", "false");
  const box = page.locator(".chart-box");
  const before = await box.screenshot();
  await expect.poll(async () => (await box.screenshot()).equals(before)).toBe(false);
});

test("the watch list shows every symbol with a price, and choosing one shows its candles", async ({ page, server }) => {
  await openLive(page, server.url);
  const symbols = (
    (await (await page.request.get(`${server.url}/api/symbols`)).json()) as {
      items: { symbol: string }[];
    }
  ).items.map((item) => item.symbol);
  expect(symbols.length).toBeGreaterThan(1);
  const rows = watchRows(page);
  await expect(rows).toHaveCount(symbols.length);
  for (const row of await rows.all()) await expect(row.locator(".watch-last")).toHaveText(/\d\.\d/);
  const last = symbols.at(-1) ?? "";
  await rows.last().click();
  await expect(readout(page).locator("strong")).toHaveText(last);
  await expect(rows.last()).toHaveAttribute("aria-current", "true");
});

test("the chosen symbol in figures: features, depth, and those of another symbol once it is chosen", async ({
  page,
  server,
}) => {
  await openLive(page, server.url);
  const numbers = page.getByRole("region", { name: "Numbers" });
  const mid = numbers.locator('[data-feature="mid"] dd');
  await expect(numbers.locator("[data-feature]")).toHaveCount(11);
  await expect(mid).toHaveText(/\d\.\d/);
  await expect(numbers.locator('[data-feature="spread_bps"] dd')).toHaveText(/\d\.\d/);
  await expect(numbers.getByRole("list", { name: "Bids" }).getByRole("listitem")).toHaveCount(10);
  await expect(numbers.getByRole("list", { name: "Asks" }).getByRole("listitem")).toHaveCount(10);
  const before = await mid.textContent();
  await watchRows(page).last().click();
  await expect(mid).toHaveText(/\d\.\d/);
  await expect(mid).not.toHaveText(before ?? "");
});

test("a symbol that cannot be watched is refused in words, and the list stays", async ({ page, server }) => {
  await openLive(page, server.url);
  const rows = watchRows(page);
  const shown = await rows.count();
  await page.getByRole("searchbox", { name: "Search a symbol" }).fill("nopeusdt");
  await page.getByRole("button", { name: "+ Watch NOPEUSDT" }).click();
  await expect(page.locator(".watch-wish")).toHaveText(/NOPEUSDT/);
  await expect(page.locator(".watch-wish")).toHaveAttribute("data-state", "refused");
  await expect(rows).toHaveCount(shown);
});

test("the trust bar says where the figures come from and how old they are", async ({ page, server }) => {
  await openLive(page, server.url);
  const bar = page.getByRole("button", { name: /^Trust: Live/ });
  await expect(bar).toContainText("synthetic");
  await expect(bar).toContainText(/\d\s?ms/);
  await expect(bar).toContainText(/lag \d/);
  await expect(bar).toContainText(/fresh \d/);
  await bar.click();
  const panel = page.getByRole("region", { name: "Trust" });
  await expect(panel).toBeVisible();
  await expect(panel).toContainText("feed:synthetic");
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
});

for (const width of [360, 600, 900, 1440]) {
  test(`at ${width} px SYNTHETIC is in view and nothing scrolls sideways`, async ({ page, server }) => {
    await page.setViewportSize({ width, height: 740 });
    await openLive(page, server.url);
    await expect(page.getByText("SYNTHETIC", { exact: true })).toBeInViewport({ ratio: 1 });
    await expect(page.locator(".chart-box canvas").first()).toBeInViewport();
    const scroll = await page.evaluate(() => {
      const wide = [...document.querySelectorAll("body *")].filter(
        (element) => element.closest("svg, table") === null && element.getBoundingClientRect().right > innerWidth + 1,
      );
      return { page: document.documentElement.scrollWidth, wide: wide.map((element) => element.className) };
    });
    expect(scroll).toEqual({ page: width, wide: [] });
  });
}

test("on a phone the tabs change the panel below the chart", async ({ page, server }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openLive(page, server.url);
  for (const [tab, region] of [
    ["Alerts", "Alerts"],
    ["Numbers", "Numbers"],
    ["Trust", "Trust"],
    ["Watch", "Watch list"],
  ] as const) {
    await page.getByRole("navigation", { name: "Panels" }).getByRole("button", { name: tab }).click();
    await expect(page.getByRole("region", { name: region })).toBeVisible();
  }
  await expect(page.getByRole("region", { name: "Trust" })).toBeHidden();
});

test("older candles come when the chart is scrolled back", async ({ page, server, complaints }) => {
  const pages: string[] = [];
  page.on("request", (request) => {
    if (/\/api\/bars\?.*to=/.test(request.url())) pages.push(request.url());
  });
  await openLive(page, server.url);
  for (let i = 0; i < 60; i += 1) await page.keyboard.press("ArrowLeft");
  await expect.poll(() => pages.length).toBeGreaterThan(0);
  const chart = page.locator(".chart-box");
  const box = await chart.boundingBox();
  await chart.hover({ position: { x: (box?.width ?? 0) / 3, y: 200 } });
  const old = Date.now() - 9 * 3_600_000;
  await expect.poll(async () => Number(await readout(page).getAttribute("data-start"))).toBeLessThan(old);
  expect(complaints.all).toEqual([]);
});

test("theme, interval, symbol and panel widths are remembered", async ({ page, server }) => {
  await openLive(page, server.url);
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.getByRole("button", { name: "5m", exact: true }).click();
  await page.getByRole("region", { name: "Watch list" }).getByRole("button").nth(2).click();
  const chosen = await readout(page).locator("strong").textContent();
  const splitter = page.getByRole("separator", { name: "Width of the watch list" });
  const before = (await splitter.getAttribute("aria-valuenow")) ?? "";
  await splitter.focus();
  await page.keyboard.press("ArrowRight");
  await expect(splitter).not.toHaveAttribute("aria-valuenow", before);
  const width = await splitter.getAttribute("aria-valuenow");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect(page.getByRole("button", { name: "5m", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect(readout(page).locator("strong")).toHaveText(chosen ?? "");
  await expect(splitter).toHaveAttribute("aria-valuenow", width ?? "");
});

test("nothing leaves the machine: every request goes to the page's own server", async ({ page, server }) => {
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url)) elsewhere.push(request.url());
  });
  await openLive(page, server.url);
  await page.getByRole("button", { name: "5s", exact: true }).click();
  await expect(readout(page)).toBeVisible();
  expect(elsewhere).toEqual([]);
});
