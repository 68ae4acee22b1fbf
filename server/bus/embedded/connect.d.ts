import type { Bus } from "../../../core/ports/bus.ts";
/** For another thread: `port` comes from `BusHost.connect()`, transferred in a message. Close it when done. */
export declare const connectBus: (port: MessagePort) => Bus;
