import { doChore, type FromCaretaker, type ToCaretaker } from "./caretaker.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<ToCaretaker>) => {
  const { id, chore, path } = data;
  const answer = (message: FromCaretaker) => self.postMessage(message);
  try {
    doChore(chore, path);
    answer({ id });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    answer({ id, error: { code, message: error instanceof Error ? error.message : String(error) } });
  }
};
