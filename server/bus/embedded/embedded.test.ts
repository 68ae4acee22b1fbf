import { busContract } from "../bus.contract.ts";
import { embeddedWorld } from "../test-support/world.ts";

busContract("embedded", embeddedWorld);
