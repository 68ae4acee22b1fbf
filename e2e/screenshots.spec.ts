import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./support/programs.ts";
import { expect, openLive, readout, test } from "./support/test.ts";

/** The README's pictures: taken in every run, kept in the repository only when asked for. */
const SHOTS = [
  { name: "page-dark", colorScheme: "dark", viewport: { width: 1280, height: 760 } },
  { name: "page-light", colorScheme: "light", viewport: { width: 1280, height: 760 } },
  { name: "page-phone", colorScheme: "dark", viewport: { width: 360, height: 740 } },
] as const;

for (const { name, colorScheme, viewport } of SHOTS) {
  test.describe(name, () => {
    test.use({ colorScheme, viewport });
    test("is taken", async ({ page, server }, info) => {
      await openLive(page, server.url);
      await expect(readout(page)).toBeVisible();
      await expect(page.locator(".watch-change").first()).toHaveText(/%/);
      await expect(page.locator("article").first()).toBeAttached({ timeout: 60_000 });
      for (const change of await page.locator(".watch-change").all()) await expect(change).toHaveText(/%/);
      const shown = page.locator("button.alert-symbol").first();
      if (await shown.isVisible()) {
        await shown.click();
        await expect(readout(page).locator("strong")).toHaveText((await shown.textContent()) ?? "");
      }
      // A loaded chart has drawn itself: the next frame shows it.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      const folder = process.env.UPDATE_SCREENSHOTS === "1" ? join(ROOT, "docs", "images") : info.outputPath();
      await mkdir(folder, { recursive: true });
      const image = await page.screenshot({ path: join(folder, `${name}.png`), scale: "css" });
      expect(image.byteLength).toBeGreaterThan(20_000);
      expect(image.byteLength).toBeLessThan(200_000);
    });
  });
}
