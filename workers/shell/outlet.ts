import type { TapebellError } from "../../core/errors.ts";
import type { Flow } from "../../core/messages/index.ts";
import { Insist, type InsistOptions } from "./insist.ts";

/** Resolves when the records are durable, in the order given per partition. */
export interface Publisher {
  publish(topic: string, partition: number, values: readonly string[]): Promise<unknown>;
}

export interface Trouble {
  readonly text: string;
  readonly since_ms: number;
}

/** A way for records to leave by that gives none up, and says how it is. */
export interface Outlet extends Publisher {
  /** Attempts that failed. */
  readonly errors: number;
  /** What keeps records from leaving now. */
  trouble(): Trouble | null;
  /** Left out: there is no spool. */
  spool?(): Spooled;
}

export interface Spooled {
  readonly now: NonNullable<Flow["spool"]>;
  /** Since the start, by kind. */
  readonly spooled: Readonly<Record<string, number>>;
  readonly collapsed: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * Holds what the log refuses and tries until it is taken: a full disk costs time, and who writes meanwhile waits (see
 * `Outputs`). After RETRY_MAX_ATTEMPTS in a row it is said.
 */
export class PatientOutlet implements Outlet {
  errors = 0;
  private readonly insist: Insist;
  private readonly held = new Map<string, Trouble>();

  constructor(
    private readonly bus: Publisher,
    options: InsistOptions,
  ) {
    this.insist = new Insist(options);
  }

  async publish(topic: string, partition: number, values: readonly string[]): Promise<unknown> {
    const { clock, settings } = this.insist.options;
    const lane = `${topic}/${partition}`;
    const since_ms = clock.now();
    try {
      return await this.insist.run(
        () => this.bus.publish(topic, partition, values),
        (cause, failures) => {
          this.errors++;
          if (failures >= settings.RETRY_MAX_ATTEMPTS) this.held.set(lane, { text: inWords(cause), since_ms });
        },
      );
    } finally {
      this.held.delete(lane);
    }
  }

  trouble(): Trouble | null {
    const [first] = [...this.held.values()].sort((a, b) => a.since_ms - b.since_ms);
    return first ?? null;
  }
}

export const inWords = ({ message, hint }: TapebellError): string =>
  hint === undefined ? message : `${message}; ${hint}`;
