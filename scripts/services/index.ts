import { chromium } from "./chromium.ts";
import { madeStore } from "./made-store.ts";
import { postgres } from "./postgres.ts";
import type { Service } from "./service.ts";

/** Every engine the tests know how to find or start. */
export const SERVICES: readonly Service[] = [chromium, postgres, madeStore];
