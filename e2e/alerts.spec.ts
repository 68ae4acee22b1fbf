import { startFake } from "./support/server.ts";
import { expect, openLive, test } from "./support/test.ts";

test("an alert of the market appears in the feed, and is still there after a reload", async ({
  page,
  server,
  complaints,
}) => {
  await openLive(page, server.url);
  const articles = page.getByRole("region", { name: "Alerts" }).getByRole("article");
  await expect(articles.first()).toBeVisible({ timeout: 60_000 });
  const title = (await articles.last().locator(".alert-symbol").textContent()) ?? "";
  await page.reload();
  await expect(articles.filter({ hasText: title }).first()).toBeVisible();
  await expect(page.getByText("Nearest to firing")).toBeVisible();
  expect(complaints.all).toEqual([]);
});

test("a server that keeps no alerts is not asked for them, and the region says so", async ({ page, complaints }) => {
  const without = await startFake([]);
  try {
    await openLive(page, without.url);
    await expect(page.getByRole("region", { name: "Alerts" })).toContainText("No alerts");
    expect(complaints.all).toEqual([]);
  } finally {
    await without.close();
  }
});

test.describe("with alerts", () => {
  let fake: Awaited<ReturnType<typeof startFake>>;
  test.beforeAll(async () => {
    fake = await startFake(["--alerts"]);
  });
  test.afterAll(() => fake.close());

  test("each is an article, newest first, and a new one is called out once", async ({ page, complaints }) => {
    await openLive(page, fake.url);
    const articles = page.getByRole("region", { name: "Alerts" }).getByRole("article");
    await expect(articles).toHaveCount(4);
    await expect(articles.first()).toContainText("BTCUSDT");
    await expect(articles.nth(1)).toContainText("+6.21");
    const toasts = page.getByRole("complementary", { name: "New alerts" });
    await expect(toasts.locator(".toast")).toHaveCount(1);
    await toasts.getByRole("button", { name: "Dismiss" }).click();
    await expect(toasts).toHaveCount(0);
    expect(complaints.all).toEqual([]);
  });

  test("j, k and enter walk the feed and open the evidence", async ({ page }) => {
    await openLive(page, fake.url);
    const articles = page.getByRole("region", { name: "Alerts" }).getByRole("article");
    await expect(articles).toHaveCount(4);
    for (const key of ["j", "j"]) await page.keyboard.press(key);
    await expect(articles.nth(1)).toHaveAttribute("aria-current", "true");
    await expect(articles.nth(1)).toBeFocused();
    await page.keyboard.press("k");
    await expect(articles.nth(0)).toHaveAttribute("aria-current", "true");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const drawer = page.getByRole("dialog", { name: /^Evidence: SOLUSDT/ });
    await expect(drawer).toBeVisible();
    await expect(drawer.getByRole("img")).toBeVisible();
    await expect(drawer).toContainText("40× normal");
    await expect(drawer.getByRole("row")).toHaveCount(7);
    await page.keyboard.press("j");
    await expect(page.getByRole("dialog", { name: /^Evidence: Market/ })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  });

  test("the evidence can be copied as JSON", async ({ page, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await openLive(page, fake.url);
    await expect(page.getByRole("article")).toHaveCount(4);
    await page.getByRole("article").nth(1).getByRole("button", { name: "Evidence" }).click();
    await page.getByRole("button", { name: "Copy as JSON" }).click();
    await expect(page.getByText("Copied.")).toBeVisible();
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as { symbol: string };
    expect(copied.symbol).toBe("SOLUSDT");
  });
});
