import { Database } from "bun:sqlite";

/** What waits for the disk, and must not make a publish wait with it. */
export interface Caretaker {
  /** Moves what the write-ahead file holds into the segment and syncs it: from then on it survives power loss. */
  checkpoint(path: string): Promise<void>;
  /** Takes a segment that is only read from now on out of WAL mode: one file instead of three. */
  settle(path: string): Promise<void>;
  close(): Promise<void>;
}

export type Chore = "checkpoint" | "settle";

/** Opens the file anew each time: it holds nothing between two chores, and a file that is gone is never made again. */
export function doChore(chore: Chore, path: string): void {
  const db = new Database(path, { create: false, readwrite: true });
  try {
    db.run("pragma busy_timeout = 0");
    db.run("pragma synchronous = normal");
    // Passive never waits for the writer and never makes it wait.
    db.run("pragma wal_checkpoint(passive)");
    if (chore === "settle") db.run("pragma journal_mode = delete");
  } finally {
    db.close();
  }
}

/** In the caller's own thread. */
export const inlineCaretaker: Caretaker = {
  checkpoint: async (path) => doChore("checkpoint", path),
  settle: async (path) => doChore("settle", path),
  close: async () => {},
};

export interface ToCaretaker {
  readonly id: number;
  readonly chore: Chore;
  readonly path: string;
}
export interface FromCaretaker {
  readonly id: number;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** In a thread of its own: one chore after the other. */
export class ThreadCaretaker implements Caretaker {
  private readonly worker = new Worker(new URL("./caretaker-thread.ts", import.meta.url));
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private idle: (() => void) | null = null;

  constructor(onDeath: (reason: string) => void) {
    this.worker.onmessage = ({ data }: MessageEvent<FromCaretaker>) => {
      const { id, error } = data;
      const chore = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) chore?.resolve();
      else chore?.reject(Object.assign(new Error(error.message), { code: error.code }));
      if (this.waiting.size === 0) this.idle?.();
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      onDeath(event.message);
    };
  }

  checkpoint(path: string): Promise<void> {
    return this.ask("checkpoint", path);
  }

  settle(path: string): Promise<void> {
    return this.ask("settle", path);
  }

  async close(): Promise<void> {
    if (this.waiting.size > 0)
      await new Promise<void>((resolve) => {
        this.idle = resolve;
      });
    this.worker.terminate();
  }

  private ask(chore: Chore, path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.lastId++;
      this.waiting.set(this.lastId, { resolve, reject });
      this.worker.postMessage({ id: this.lastId, chore, path } satisfies ToCaretaker);
    });
  }
}
