import { INTERVALS } from "../core/messages/bar.ts";
import { expect, openLive, readout, test, watchRows } from "./support/test.ts";

test("intervals 1 to 7", async ({ page, server }) => {
  await openLive(page, server.url);
  for (const [i, interval] of INTERVALS.entries()) {
    await page.keyboard.press(String(i + 1));
    await expect(page.getByRole("button", { name: interval, exact: true })).toHaveAttribute("aria-pressed", "true");
    await expect(readout(page).locator(".readout-head")).toContainText(interval);
  }
});

test("slash searches, enter chooses", async ({ page, server }) => {
  await openLive(page, server.url);
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Search a symbol" })).toBeFocused();
  await page.keyboard.type("eth");
  await expect(watchRows(page)).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(readout(page).locator("strong")).toHaveText("ETHUSDT");
});

test("digits typed into the search are text, not intervals", async ({ page, server }) => {
  await openLive(page, server.url);
  await page.keyboard.press("/");
  await page.keyboard.type("1?g");
  await expect(page.getByRole("searchbox", { name: "Search a symbol" })).toHaveValue("1?g");
  await expect(page.getByRole("button", { name: "1m", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByText("No symbol contains")).toBeVisible();
});

test("g w, g t, g n and g a go to their panels", async ({ page, server }) => {
  await openLive(page, server.url);
  for (const [key, region] of [
    ["w", "Watch list"],
    ["a", "Alerts"],
    ["n", "Numbers"],
    ["t", "Trust"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect(page.getByRole("region", { name: region })).toBeFocused();
  }
  await page.keyboard.press("Escape");
  await expect(page.getByRole("region", { name: "Trust" })).toBeHidden();
});

test("? opens the help, esc closes it and gives the focus back", async ({ page, server }) => {
  await openLive(page, server.url);
  const theme = page.getByRole("button", { name: /^Theme/ });
  await theme.focus();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard and colours" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(theme).toBeFocused();
});

test("every control is reached with tab, and shows its focus", async ({ page, server }) => {
  await openLive(page, server.url);
  // Those that are there now: an alert that comes meanwhile brings more.
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLElement>("button, a[href], input, [role=separator]")];
    const shown = all.filter(
      (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0,
    );
    for (const [i, one] of shown.entries()) one.dataset.wanted = String(i);
    return shown.length;
  });
  const seen = new Set<string>();
  for (let i = 0; i < wanted + 40; i += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const one = document.activeElement;
      if (!(one instanceof HTMLElement) || one.dataset.wanted === undefined) return null;
      return { name: one.dataset.wanted, outline: getComputedStyle(one).outlineStyle };
    });
    if (focused === null) continue;
    expect(focused.outline).not.toBe("none");
    seen.add(focused.name);
  }
  expect(seen.size).toBe(wanted);
});
