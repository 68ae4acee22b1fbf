import { test as base, expect, type Page } from "@playwright/test";
import { type Server, startServer } from "./server.ts";

export { expect };

/** Everything the page complained about: errors and warnings on the console, and what was thrown. */
export class Complaints {
  readonly all: string[] = [];
  constructor(page: Page) {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.all.push(message.text());
    });
    page.on("pageerror", (error) => this.all.push(String(error)));
  }
  /** Without those a browser itself writes when a server is away. */
  get withoutNetwork(): string[] {
    return this.all.filter((text) => !/net::ERR_/.test(text));
  }
}

export const test = base.extend<{ complaints: Complaints }, { server: Server }>({
  /** One server for all tests that only look. */
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures used from this pattern.
    async ({}, use) => {
      const server = await startServer();
      await use(server);
      await server.close();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  complaints: async ({ page }, use) => {
    await use(new Complaints(page));
  },
});

export const readout = (page: Page) => page.getByRole("region", { name: "Chart" }).locator(".readout");

/** A button per symbol, the one to leave it aside. */
export const watchRows = (page: Page) => page.getByRole("region", { name: "Watch list" }).locator(".watch-row");

/** Opens the page and waits until it is live and has drawn candles. */
export async function openLive(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.locator(".page")).toHaveAttribute("data-trust", "live", { timeout: 20_000 });
  await expect(readout(page)).toBeVisible();
}
