import type { ErrorKind } from "../../core/errors.ts";
import type { Ack, PartitionInfo, Position, StartAt } from "../../core/ports/bus.ts";
import type { TopicSpec } from "../../core/topics.ts";
import type { Block } from "./codec.ts";

/** What a client asks of the broker. Over a port each goes with an id, and the bytes of blocks are transferred. */
export type Request =
  | { readonly op: "ensure"; readonly topics: readonly TopicSpec[] }
  | { readonly op: "publish"; readonly topic: string; readonly partition: number; readonly blocks: readonly Block[] }
  /** Answered when there is something to read: a follower at the end parks here, and that is its only credit. */
  | { readonly op: "read"; readonly topic: string; readonly partition: number; readonly from: Position }
  | { readonly op: "start"; readonly topic: string; readonly partition: number; readonly from: StartAt }
  | { readonly op: "info"; readonly topic: string; readonly partition: number }
  | { readonly op: "positionAt"; readonly topic: string; readonly partition: number; readonly time_ms: number }
  | {
      readonly op: "lag";
      readonly topic: string;
      readonly partition: number;
      readonly reader: Position | { readonly group: string };
    }
  | { readonly op: "tail"; readonly topic: string; readonly limit: number }
  /** Nobody wants what lies before these positions, one per partition. */
  | { readonly op: "trim"; readonly topic: string; readonly before: readonly Position[] }
  | { readonly op: "join"; readonly topic: string; readonly group: string; readonly from: "earliest" | "latest" }
  /** Parks until there is something to do and the member has room. */
  | {
      readonly op: "take";
      readonly topic: string;
      readonly group: string;
      readonly member: number;
      readonly maxInFlight: number;
      readonly claimAfterMs: number;
    }
  | { readonly op: "ack"; readonly topic: string; readonly group: string; readonly items: readonly ItemKey[] }
  /** Handed out but never shown to anybody: goes back without counting as an attempt. */
  | {
      readonly op: "release";
      readonly topic: string;
      readonly group: string;
      readonly member: number;
      readonly items: readonly ItemKey[];
    };

export type RequestOf<Op extends Request["op"]> = Extract<Request, { readonly op: Op }>;

export interface ItemKey {
  readonly partition: number;
  readonly position: Position;
}

export interface TakenItem extends ItemKey {
  readonly value: string;
  readonly attempt: number;
}

/** Blocks in a row, one after the other in `bytes`, without a hole between them. */
export interface Run {
  readonly partition: number;
  readonly log_id: string;
  /** Position of the first record of the first block: may be below the position asked for. */
  readonly first: Position;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly counts: readonly number[];
  readonly times_ms: readonly number[];
}

export interface Answers {
  readonly ensure: null;
  readonly publish: Ack;
  readonly read: Run;
  readonly start: { readonly log_id: string; readonly position: Position };
  readonly info: PartitionInfo;
  readonly positionAt: Position;
  readonly lag: number;
  readonly tail: readonly Run[];
  readonly trim: null;
  /** The member number. */
  readonly join: number;
  readonly take: readonly TakenItem[];
  readonly ack: null;
  readonly release: null;
}

export type Answer = Answers[keyof Answers];

export interface WireError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type Reply =
  | { readonly ok: true; readonly value: Answer; readonly transfer?: readonly ArrayBuffer[] }
  | { readonly ok: false; readonly error: WireError };

/** A way to the broker. */
export interface Transport {
  call<Op extends Request["op"]>(request: RequestOf<Op>): Call<Answers[Op]>;
  /** Told once: the error that ended the way, or null when it was closed in good order. Answers how to stop listening. */
  onEnd(listener: (error: Error | null) => void): () => void;
  close(): Promise<void>;
}

export interface Call<T> {
  readonly answer: Promise<T>;
  /** The answer is no longer wanted; it stays pending for ever or arrives anyway. */
  cancel(): void;
}
