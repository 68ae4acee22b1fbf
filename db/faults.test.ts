import { expect, test } from "bun:test";
import { asTapebellError, connectionSurvives, fault, remedyFor } from "./faults.ts";

const answer = (code: string, severity = "ERROR"): Error =>
  Object.assign(new Error("said"), { name: "PostgresError", code, severity });

test("what passes is tried again, what does not is said", () => {
  for (const code of ["08006", "53100", "53300", "57P01", "57P03", "40001", "40P01", "55P03", "58030", "25006"])
    expect([code, remedyFor(answer(code))]).toEqual([code, "again"]);
  expect(remedyFor(answer("57014"))).toBe("again_few");
  for (const code of ["23505", "22P02", "42P01", "28P01", "3D000", "42501"])
    expect([code, remedyFor(answer(code))]).toEqual([code, "give_up"]);
  expect(remedyFor(answer("XX000", "FATAL"))).toBe("again");
  for (const code of [
    "ECONNREFUSED",
    "CONNECTION_CLOSED",
    "CONNECT_TIMEOUT",
    "DEADLINE",
    "LANE_WAIT",
    "EAI_AGAIN",
    "ENOENT",
  ])
    expect([code, remedyFor(fault(code, "x"))]).toEqual([code, "again"]);
  expect(remedyFor(fault("TLS_REFUSED", "x"))).toBe("give_up");
  expect(remedyFor(new TypeError("ours"))).toBe("give_up");
});

test("a connection outlives a plain SQL error and nothing else", () => {
  expect(connectionSurvives(answer("23505"))).toBe(true);
  expect(connectionSurvives(answer("57014"))).toBe(true);
  for (const cause of [answer("57P01", "FATAL"), answer("25006"), fault("DEADLINE", "x"), new Error("x")])
    expect(connectionSurvives(cause)).toBe(false);
});

test("an error says where, what and what to do", () => {
  expect(asTapebellError(answer("53100"), "database x")).toMatchObject({
    kind: "outside",
    code: "database_full",
    message: "database x: the server's disk is full (53100: said)",
    hint: expect.stringContaining("free disk space"),
  });
  expect(asTapebellError(answer("28P01", "FATAL"), "d")).toMatchObject({ kind: "usage", code: "database_login" });
  expect(asTapebellError(fault("ECONNREFUSED", "x"), "d")).toMatchObject({
    kind: "outside",
    code: "database_unreachable",
  });
  expect(asTapebellError(answer("42P01"), "d").kind).toBe("bug");
});
