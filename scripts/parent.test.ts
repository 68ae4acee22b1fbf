import { expect, test } from "bun:test";
import { type Ancestor, launchers, lookAt } from "./parent.ts";

/** Commands from the process itself upwards; ids count up from 100. */
function tree(...commands: string[]): (pid: number) => Ancestor | null {
  return (pid) => {
    const command = commands[pid - 100];
    return command === undefined ? null : { pid, parent: pid + 1, command };
  };
}

test("npx is watched through the shell and the bun run between", () => {
  const look = tree("bun run dev", "sh -c 'bun' run dev", "npm exec bun@1.4.5 run dev", "bash", "sshd");
  expect(launchers(100, look)).toEqual([100, 101, 102]);
});

test("the shell a person types in is not watched: a job in its background outlives it", () => {
  expect(launchers(100, tree("bun run dev", "-bash", "login"))).toEqual([100]);
  expect(launchers(100, tree("bun run dev", "bash -c cd tapebell && bun run dev", "sshd"))).toEqual([100]);
  expect(launchers(100, tree("bun run dev", "sh -c bun run dev & sleep 9", "python"))).toEqual([100]);
});

test("the parent is watched whatever it is", () => {
  expect(launchers(100, tree("python harness.py", "npm exec x"))).toEqual([100]);
});

test("what stands above npx is nobody's launcher, though npm may have started it", () => {
  const look = tree("/usr/bin/bun run dev", "node /usr/lib/npm/bin/npx-cli.js -y bun run dev", "npm run all");
  expect(launchers(100, look)).toEqual([100, 101]);
});

test("looks at a real process", () => {
  const own = lookAt(process.pid);
  expect(own?.parent).toBe(process.ppid);
  expect(own?.command).toContain("bun");
  expect(lookAt(0)).toBeNull();
});
