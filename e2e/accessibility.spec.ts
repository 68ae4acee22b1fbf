import AxeBuilder from "@axe-core/playwright";
import { startFake } from "./support/server.ts";
import { expect, openLive, test } from "./support/test.ts";

const SIZES = { wide: { width: 1440, height: 860 }, phone: { width: 360, height: 740 } } as const;

for (const colorScheme of ["dark", "light"] as const) {
  for (const [name, viewport] of Object.entries(SIZES)) {
    test.describe(`${name}, ${colorScheme}`, () => {
      test.use({ colorScheme, viewport, reducedMotion: "reduce" });

      test("axe finds nothing serious", async ({ page, server }) => {
        await openLive(page, server.url);
        expect(await serious(page)).toEqual([]);
        for (const tab of ["a", "t"]) {
          await page.keyboard.press("g");
          await page.keyboard.press(tab);
          expect(await serious(page)).toEqual([]);
        }
        await page.keyboard.press("?");
        await expect(page.getByRole("dialog")).toBeVisible();
        expect(await serious(page)).toEqual([]);
      });

      test("axe finds nothing serious while the page is stale, either", async ({ page }) => {
        const fake = await startFake([]);
        try {
          await openLive(page, fake.url);
          fake.freeze();
          await expect(page.locator(".page")).toHaveAttribute("data-trust", "stale");
          expect(await serious(page)).toEqual([]);
        } finally {
          await fake.close();
        }
      });

      test("axe finds nothing serious in alerts and their evidence", async ({ page }) => {
        const fake = await startFake(["--alerts"]);
        try {
          await openLive(page, fake.url);
          await page.keyboard.press("j");
          await expect(page.getByRole("article").first()).toBeVisible();
          expect(await serious(page)).toEqual([]);
          await page.keyboard.press("Enter");
          await expect(page.getByRole("dialog")).toBeVisible();
          expect(await serious(page)).toEqual([]);
        } finally {
          await fake.close();
        }
      });
    });
  }
}

async function serious(page: Parameters<typeof openLive>[0]): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`));
}
