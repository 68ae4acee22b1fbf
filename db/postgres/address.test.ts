import { expect, test } from "bun:test";
import { describeAddress, parsePostgresUrl } from "./address.ts";

test("a URL's parts, decoded", () => {
  expect(parsePostgresUrl("postgresql://us%40er:p%2Fw%3A@db.example:6543/na%20me?sslmode=require")).toMatchObject({
    host: "db.example",
    port: 6543,
    database: "na me",
    user: "us@er",
    password: "p/w:",
    sslmode: "require",
  });
  expect(parsePostgresUrl("postgres://u@[::1]/d")).toMatchObject({ host: "::1", port: 5432, sslmode: "prefer" });
  expect(parsePostgresUrl("postgres://u@h")).toMatchObject({ database: "u", password: "" });
});

test("Unix sockets, both ways to write them", () => {
  for (const url of ["postgres://u:p@/d?host=/run/pg", "postgres://u:p@%2Frun%2Fpg/d", "postgres:///d?host=/run/pg"])
    expect(parsePostgresUrl(url)).toMatchObject({ host: "/run/pg", database: "d", port: 5432 });
});

test("what cannot be meant is refused with a way out", () => {
  for (const [url, what] of [
    ["mysql://u@h/d", "no postgres:// URL"],
    ["postgres://u@h/d?sslmode=maybe", "sslmode=maybe"],
    ["postgres://u@h/d?sslmod=require", "parameter sslmod"],
    ["postgres://u@h1,h2/d", "several hosts"],
    ["postgres://u@h/d?sslrootcert=/no/such/file", "cannot be read"],
  ] as const) {
    const failure = (() => {
      try {
        return parsePostgresUrl(url);
      } catch (cause) {
        return cause;
      }
    })();
    expect(failure).toMatchObject({ kind: "usage", code: "database_url", message: expect.stringContaining(what) });
  }
});

test("the password is never part of how an address is shown", () => {
  expect(describeAddress(parsePostgresUrl("postgres://u:secret@h:1/d"))).toBe("u@h:1/d");
});
