import type { Clock } from "../../core/ports/clock.ts";
import type { FromThread, ThreadRole, ToThread } from "../threads/protocol.ts";

export type ThreadState = "starting" | "running" | "restarting" | "gave_up" | "stopping" | "stopped";

export interface ThreadFacts {
  readonly role: ThreadRole;
  readonly state: ThreadState;
  /** One sentence for /ready and the page. */
  readonly text: string;
  readonly restarts: number;
  readonly since_ms: number;
}

/** What the supervisor needs of a thread; a real one is a Worker, a test's is not. */
export interface ThreadHandle {
  tell(message: ToThread): void;
  terminate(): void;
}

export interface SupervisorOptions {
  readonly clock: Clock;
  /** Starts a thread; its words come through `heard`, its end through `ended`. */
  readonly spawn: (
    role: ThreadRole,
    heard: (message: FromThread) => void,
    ended: (why: string) => void,
  ) => ThreadHandle;
  readonly restartBackoffMs: number;
  readonly restartsPerMinuteMax: number;
  readonly onChange: (facts: ThreadFacts) => void;
}

const BACKOFF_CAP_MS = 30_000;
const STOP_WAIT_MS = 5_000;
const MINUTE_MS = 60_000;

interface Watched {
  facts: ThreadFacts;
  handle: ThreadHandle | null;
  /** A thread that was replaced may still speak: its words count no more. */
  life: number;
  /** It has done its work at some time. */
  hasRun: boolean;
  lastFailure: string;
  restarts_ms: number[];
  stopped: PromiseWithResolvers<void>;
}

/** Keeps every role's thread alive: restarts with backoff, gives up loudly after too many falls in a minute. */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly watched = new Map<ThreadRole, Watched>();
  private readonly stopping = new AbortController();
  private announced_ms: number | null = null;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  start(role: ThreadRole): void {
    const watched: Watched = {
      facts: { role, state: "starting", text: `${role} is starting`, restarts: 0, since_ms: this.options.clock.now() },
      handle: null,
      life: 0,
      hasRun: false,
      lastFailure: "",
      restarts_ms: [],
      stopped: Promise.withResolvers<void>(),
    };
    this.watched.set(role, watched);
    this.launch(watched);
  }

  facts(): ThreadFacts[] {
    return [...this.watched.values()].map((one) => one.facts);
  }

  /** Those that were started and have not come up yet, not once. */
  neverRan(): ThreadFacts[] {
    return [...this.watched.values()].filter(({ hasRun }) => !hasRun).map(({ facts }) => facts);
  }

  announce(at_ms: number): void {
    this.announced_ms = at_ms;
    for (const one of this.watched.values()) one.handle?.tell({ t: "announced", at_ms });
  }

  /** Asks one role to finish and waits; one that does not is ended. */
  async stop(role: ThreadRole): Promise<void> {
    const one = this.watched.get(role);
    if (one === undefined || one.facts.state === "stopped") return;
    const running = one.handle !== null;
    this.set(one, "stopping", `${role} is finishing its work`);
    one.handle?.tell({ t: "stop" });
    if (running) await Promise.race([one.stopped.promise, this.options.clock.sleep(STOP_WAIT_MS)]);
    one.life++;
    one.handle?.terminate();
    one.handle = null;
    this.set(one, "stopped", `${role} has stopped`);
  }

  /** No restarts from here on; `stop` each role in the order that loses nothing. */
  close(): void {
    this.stopping.abort();
  }

  private launch(one: Watched): void {
    const { role } = one.facts;
    const life = ++one.life;
    const mine = (): boolean => one.life === life;
    one.handle = this.options.spawn(
      role,
      (message) => {
        if (!mine()) return;
        if (message.t === "ready") {
          one.hasRun = true;
          this.set(one, "running", `${role} is running`);
        } else if (message.t === "stopped") one.stopped.resolve();
        else one.lastFailure = `${firstLine(message.message)}${message.hint === null ? "" : ` (${message.hint})`}`;
      },
      (why) => {
        if (mine()) void this.fell(one, why);
      },
    );
    if (this.announced_ms !== null) one.handle.tell({ t: "announced", at_ms: this.announced_ms });
  }

  private async fell(one: Watched, why: string): Promise<void> {
    const { clock, restartBackoffMs, restartsPerMinuteMax } = this.options;
    const { role } = one.facts;
    one.life++;
    one.handle = null;
    one.stopped.resolve();
    if (this.stopping.signal.aborted || one.facts.state === "stopping") return;
    const reason = one.lastFailure === "" ? why : one.lastFailure;
    const now_ms = clock.now();
    one.restarts_ms = one.restarts_ms.filter((at) => at > now_ms - MINUTE_MS);
    if (one.restarts_ms.length >= restartsPerMinuteMax) {
      this.set(
        one,
        "gave_up",
        `${role} fell ${restartsPerMinuteMax + 1} times within a minute and stays down: ${reason}`,
      );
      return;
    }
    const wait_ms = Math.min(restartBackoffMs * 2 ** one.restarts_ms.length, BACKOFF_CAP_MS);
    one.restarts_ms.push(now_ms);
    this.set(one, "restarting", `${role} fell (${reason}); starting it again in ${Math.ceil(wait_ms / 1000)} s`, 1);
    await clock.sleep(wait_ms, this.stopping.signal);
    if (this.stopping.signal.aborted || one.facts.state !== "restarting") return;
    one.lastFailure = "";
    this.launch(one);
  }

  private set(one: Watched, state: ThreadState, text: string, restarts = 0): void {
    const since_ms = this.options.clock.now();
    one.facts = { role: one.facts.role, state, text, restarts: one.facts.restarts + restarts, since_ms };
    this.options.onChange(one.facts);
  }
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";
