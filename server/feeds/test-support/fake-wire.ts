import type { Dial, Wire, WireEvents } from "../connection/dial.ts";

/** A socket a test plays by hand. */
export interface FakeWire {
  readonly url: string;
  readonly events: WireEvents;
  readonly sent: string[];
  pings: number;
  isPaused: boolean;
  isEnded: boolean;
  say(item: unknown): void;
}

export function fakeDial(): { readonly dial: Dial; readonly wires: FakeWire[] } {
  const wires: FakeWire[] = [];
  const dial: Dial = (url, _max, events) => {
    const wire: FakeWire = {
      url,
      events,
      sent: [],
      pings: 0,
      isPaused: false,
      isEnded: false,
      say: (item) => events.frame(typeof item === "string" ? item : JSON.stringify(item)),
    };
    wires.push(wire);
    const side: Wire = {
      send: (text) => void wire.sent.push(text),
      ping() {
        wire.pings++;
      },
      pause() {
        wire.isPaused = true;
      },
      resume() {
        wire.isPaused = false;
      },
      end() {
        wire.isEnded = true;
      },
    };
    return side;
  };
  return { dial, wires };
}
