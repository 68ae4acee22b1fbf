import { SETTING_NAMES } from "../../core/settings/index.ts";
import { NOT_YET } from "../../core/settings/not-yet.ts";
import { isCode, isTest, type Source, withoutComments } from "./source.ts";

/** Read under another name: by label, through the twin, or by the tests alone. */
const READ_AS: Readonly<Record<string, string | null>> = {
  ALERT_THRESHOLD_1M: "alertThresholds",
  ALERT_THRESHOLD_5M: "alertThresholds",
  ALERT_THRESHOLD_15M: "alertThresholds",
  KAFKA_BROKERS_RAW: "KAFKA_BROKERS",
  REDIS_URI: "REDIS_URL",
  SHARED_DIR: null,
};

/** A setting is read by some part, or listed as having no effect yet: never neither, never both. */
export function checkSettings(
  sources: readonly Source[],
  names: readonly string[] = SETTING_NAMES,
  notYet: readonly string[] = NOT_YET,
): string[] {
  const read = new Set(
    sources
      .filter(({ path }) => isCode(path) && !isTest(path) && /^(core|db|server|workers)\//.test(path))
      .filter(({ path }) => !path.startsWith("core/settings/"))
      .flatMap(({ text }) => namesRead(withoutComments(text))),
  );
  return names.flatMap((name) => {
    const readAs = READ_AS[name] === undefined ? name : READ_AS[name];
    if (readAs === null) return [];
    const used = read.has(readAs);
    const idle = notYet.includes(name);
    if (used && idle) return [`core/settings/not-yet.ts lists ${name}, which is read now: take it off the list`];
    if (!used && !idle) return [`${name} is read by no part: use it, or list it in core/settings/not-yet.ts`];
    return [];
  });
}

/** `settings.NAME`, and NAME in `const { NAME } = settings` or in a parameter `{ NAME }: Settings`. */
function namesRead(text: string): string[] {
  const members = [...text.matchAll(/\.\s*([A-Za-z]\w*)\b/g)].map((match) => match[1] ?? "");
  const taken = [...text.matchAll(/\{([^{}]*)\}\s*(?::\s*[^=]+)?=\s*[\w.]*[sS]ettings\b/g)];
  const asked = [...text.matchAll(/\{([^{}]*)\}\s*:\s*(?:Pick<)?\w*Settings\b/g)];
  return [...members, ...[...taken, ...asked].flatMap((match) => (match[1] ?? "").match(/\w+/g) ?? [])];
}
