import type { Gap } from "../../core/messages/gap.ts";
import { seconds } from "../state/format.ts";

const STATUS: Record<Gap["status"], string> = { open: "missing", filled: "filled", lost: "lost" };

/** "4.0 s missing", later "4.0 s filled" or "4.0 s lost". */
export const gapWords = (gap: Gap): string => `${seconds(gap.to_ms - gap.from_ms)} ${STATUS[gap.status]}`;
