import type { Answers, Call, Request, RequestOf, Transport } from "../protocol.ts";
/** The way from any thread straight to the bus thread. Blocks change owner instead of being copied. */
export declare class PortTransport implements Transport {
    private readonly port;
    private readonly pending;
    private readonly listeners;
    private lastId;
    /** Undefined while it is open. */
    private end;
    constructor(port: MessagePort);
    call<Op extends Request["op"]>(request: RequestOf<Op>): Call<Answers[Op]>;
    onEnd(listener: (error: Error | null) => void): () => void;
    close(): Promise<void>;
    /** The first reason stands. */
    finish(error: Error | null): void;
}
