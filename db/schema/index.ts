export * from "./source.ts";
export * from "./tape.ts";
export * from "./work.ts";
