import type { BrokerStats } from "../broker-parts.ts";
import type { BusProblem } from "../problems.ts";
import type { Answer, Request, WireError } from "../protocol.ts";
import type { Fsync } from "./sqlite.ts";
export interface EmbeddedOptions {
    /** DATA_DIR/live or DATA_DIR/synthetic; the log lies in its `bus` folder. */
    readonly dir: string;
    /** Put before every topic name, e.g. `synthetic.`. */
    readonly prefix: string;
    /** `always`: an acked record survives power loss; `normal`: it survives the death of the process. */
    readonly fsync: Fsync;
}
/** Main thread → bus thread. A port rides along with `connect`. */
export type ToThread = {
    readonly t: "open";
    readonly options: EmbeddedOptions;
} | {
    readonly t: "connect";
    readonly port: MessagePort;
} | {
    readonly t: "stats";
    readonly id: number;
} | {
    readonly t: "close";
};
export type FromThread = {
    readonly t: "opened";
} | {
    readonly t: "failed";
    readonly error: WireError;
} | {
    readonly t: "problem";
    readonly problem: BusProblem;
} | {
    readonly t: "stats";
    readonly id: number;
    readonly stats: BrokerStats;
} | {
    readonly t: "closed";
    readonly error?: WireError;
};
/** Client → bus thread, over a port. */
export type ToBroker = {
    readonly t: "call";
    readonly id: number;
    readonly request: Request;
} | {
    readonly t: "cancel";
    readonly id: number;
};
export type FromBroker = {
    readonly t: "answer";
    readonly id: number;
    readonly value: Answer;
} | {
    readonly t: "refused";
    readonly id: number;
    readonly error: WireError;
}
/** The bus is being closed in good order; the port closes next. */
 | {
    readonly t: "bye";
};
