/** What a line of a raw recording is: a frame, something said about the connection, or the beginning of a frame. */
export type CaptureLine =
  | { readonly kind: "frame"; readonly text: string; readonly recv_ms: number | null; readonly isMarked: boolean }
  | { readonly kind: "control"; readonly text: string }
  /** A frame written over several lines begins here: `text` is what it has so far. */
  | { readonly kind: "begin"; readonly text: string }
  | { readonly kind: "bad"; readonly why: string };

const CONTROL = /^(?:[a-z][a-z0-9+.-]*:\/\/|[<>])/i;
const TIMED = /^(\d{9,19})(\.\d{1,9})?:?[ \t]+(?=[[{])/;
/** As many digits as whole seconds, ms, µs and ns have in this epoch; and what one of them is in ms. */
const UNITS: readonly (readonly [number, number])[] = [
  [11, 1_000],
  [14, 1],
  [17, 1e-3],
  [20, 1e-6],
];

/**
 * One line: `<json>`, `<time> <json>` or `<time>: <json>` with the time in seconds, ms, µs or ns; a leading `=` (as
 * `= ` or `=2 `) is dropped; lines that begin with a URL, `>` or `<` are said about the connection. Examples collected
 * from documentation stand as `{"doc":<page>,"msg":<json>}`.
 */
export function captureLine(line: string): CaptureLine {
  const text = line.trim();
  if (CONTROL.test(text)) return { kind: "control", text };
  const isMarked = text.startsWith("=");
  const rest = isMarked ? text.replace(/^=\d*[ \t]*/, "") : text;
  const first = rest[0];
  const noted = rest.startsWith('{"doc":') ? notedFrame(rest) : null;
  if (noted !== null) return { kind: "frame", text: noted, recv_ms: null, isMarked };
  if (first === "{" || first === "[") {
    return isMarked && !isWhole(rest)
      ? { kind: "begin", text: rest }
      : { kind: "frame", text: rest, recv_ms: null, isMarked };
  }
  const timed = TIMED.exec(rest);
  if (timed !== null) {
    const recv_ms = timeMs(timed[1]!, timed[2] ?? "");
    return recv_ms === null
      ? { kind: "bad", why: `its time ${timed[1]} is none` }
      : { kind: "frame", text: rest.slice(timed[0].length), recv_ms, isMarked };
  }
  if (isMarked && rest === "") return { kind: "begin", text: "" };
  return { kind: "bad", why: "it is no frame: a JSON text was due, with or without a time before it" };
}

function notedFrame(text: string): string | null {
  try {
    const noted = JSON.parse(text) as { readonly doc: unknown; readonly msg?: unknown };
    const isNoted = typeof noted.doc === "string" && noted.msg !== undefined && Object.keys(noted).length === 2;
    return isNoted ? JSON.stringify(noted.msg) : null;
  } catch {
    return null;
  }
}

/** Follows brackets from piece to piece: whether a frame written over several lines has come to its end. */
export class Brackets {
  private depth = 0;
  private isInText = false;
  private isEscaped = false;
  private isBegun = false;

  add(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const char = text[i];
      if (this.isEscaped) this.isEscaped = false;
      else if (this.isInText) {
        if (char === "\\") this.isEscaped = true;
        else if (char === '"') this.isInText = false;
      } else if (char === '"') this.isInText = true;
      else if (char === "{" || char === "[") {
        this.depth++;
        this.isBegun = true;
      } else if (char === "}" || char === "]") this.depth--;
    }
  }

  get areClosed(): boolean {
    return this.isBegun && this.depth <= 0 && !this.isInText;
  }
}

function isWhole(text: string): boolean {
  const brackets = new Brackets();
  brackets.add(text);
  return brackets.areClosed;
}

function timeMs(whole: string, fraction: string): number | null {
  const unit = UNITS.find(([digits]) => whole.length < digits);
  if (unit === undefined) return null;
  // Seconds with a fraction are rounded to µs, which is what the text holds; below that it is noise of the double.
  const ms = Math.round(Number(whole + fraction) * unit[1] * 1_000) / 1_000;
  return ms <= 8.64e15 ? ms : null;
}
