import { z } from "zod";
import { MESSAGES } from "../../core/messages/index.ts";

/** JSON Schema of every message, as served at /schemas/<kind>.json. */
export function messageSchemas(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [kind, message] of Object.entries(MESSAGES)) {
    const schema = z.toJSONSchema(message as z.ZodType, { target: "draft-2020-12", io: "input" });
    files[`public/schemas/${kind}.json`] = `${JSON.stringify({ title: kind, ...schema }, null, 2)}\n`;
  }
  return files;
}
