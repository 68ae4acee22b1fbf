import { busClosed, busGone, fromWire } from "../errors.ts";
import type { Answers, Call, Request, RequestOf, Transport } from "../protocol.ts";
import type { FromBroker, ToBroker } from "./wire.ts";

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** The way from any thread straight to the bus thread. Blocks change owner instead of being copied. */
export class PortTransport implements Transport {
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(error: Error | null) => void>();
  private lastId = 0;
  /** Undefined while it is open. */
  private end: Error | null | undefined;

  constructor(private readonly port: MessagePort) {
    port.onmessage = (event) => {
      const data: FromBroker = event.data;
      if (data.t === "bye") return this.finish(null);
      const call = this.pending.get(data.id);
      if (call === undefined) return;
      this.pending.delete(data.id);
      if (data.t === "answer") call.resolve(data.value as never);
      else call.reject(fromWire(data.error));
    };
    port.addEventListener("close", () => this.finish(busGone("its thread ended")));
  }

  call<Op extends Request["op"]>(request: RequestOf<Op>): Call<Answers[Op]> {
    const id = ++this.lastId;
    const answer = new Promise<Answers[Op]>((resolve, reject) => {
      if (this.end !== undefined) return reject(this.end ?? busClosed());
      this.pending.set(id, { resolve, reject });
      const plain: Request = request;
      const transfer = plain.op === "publish" ? plain.blocks.map((block) => block.bytes.buffer) : [];
      this.port.postMessage({ t: "call", id, request } satisfies ToBroker, transfer);
    });
    const cancel = () => {
      if (this.end === undefined && this.pending.has(id)) this.port.postMessage({ t: "cancel", id } satisfies ToBroker);
    };
    return { answer, cancel };
  }

  onEnd(listener: (error: Error | null) => void): () => void {
    if (this.end !== undefined) listener(this.end);
    else this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.finish(null);
  }

  /** The first reason stands. */
  finish(error: Error | null): void {
    if (this.end !== undefined) return;
    this.end = error;
    this.port.close();
    for (const { reject } of this.pending.values()) reject(error ?? busClosed());
    this.pending.clear();
    for (const listener of this.listeners) listener(error);
    this.listeners.clear();
  }
}
