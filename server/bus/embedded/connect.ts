import type { Bus } from "../../../core/ports/bus.ts";
import { BusClient } from "../client.ts";
import { PortTransport } from "./port-transport.ts";

/** For another thread: `port` comes from `BusHost.connect()`, transferred in a message. Close it when done. */
export const connectBus = (port: MessagePort): Bus => new BusClient("embedded", new PortTransport(port));
