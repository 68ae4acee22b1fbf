import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { findProgram } from "../testing/provision.ts";

export interface PostgresServerOptions {
  /** A throw-away folder that exists; the server makes one of its own inside and removes it. */
  readonly tempDir: string;
  /** Lines like `max_connections = 20`. */
  readonly settings?: readonly string[];
  /** With a certificate for localhost, signed by an authority of its own. */
  readonly tls?: boolean;
}

export interface PostgresServer {
  /** With user and password, over TCP. */
  readonly url: string;
  readonly port: number;
  /** Folder of the Unix socket. */
  readonly socketDir: string;
  readonly dataDir: string;
  readonly user: string;
  readonly password: string;
  /** The authority's certificate, where there is TLS. */
  readonly caFile: string | null;
  /** "fast" ends sessions and writes all out; "immediate" is a crash. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes every file of it. */
  remove(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 20_000;
const USER = "tapebell";

/** The folder of initdb and postgres: on the PATH, else where Debian keeps them, newest version first. */
export function findPostgres(): string | null {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = findProgram("postgres");
  const folders = [
    ...(onPath === null ? [] : [join(onPath, "..")]),
    ...versions.map((version) => join(debian, version, "bin")),
  ];
  return folders.find((folder) => ["postgres", "initdb"].every((name) => existsSync(join(folder, name)))) ?? null;
}

/** A real server on a free port, with password login, fsync on, and data of its own. */
export async function startPostgres(bin: string, options: PostgresServerOptions): Promise<PostgresServer> {
  const as = otherUser();
  const home = join(options.tempDir, `pg-${crypto.randomUUID().slice(0, 8)}`);
  const dataDir = join(home, "data");
  const password = crypto.randomUUID();
  mkdirSync(home, { mode: 0o755 });
  const passwordFile = join(home, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of [home, passwordFile]) if (as !== null) chownSync(path, as.uid, as.gid);
  // Every folder above must let the other user through; the temporary one belongs to us alone.
  if (as !== null) spawnSync("chmod", ["o+x", options.tempDir]);

  const login = ["-U", USER, "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  const made = runAs(as, join(bin, "initdb"), ["-D", dataDir, "-E", "UTF8", "--no-locale", "--no-sync", ...login]);
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.stdout}`);
  const port = await freePort();
  const tls = options.tls === true ? makeCertificates(dataDir, as) : null;
  const lines = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    `unix_socket_directories = '${home}'`,
    "fsync = on",
    "shared_buffers = 64MB",
    ...(tls === null ? [] : ["ssl = on"]),
    ...(options.settings ?? []),
  ];
  writeFileSync(join(dataDir, "postgresql.auto.conf"), `${lines.join("\n")}\n`);

  let server: ChildProcess | null = null;
  const logFile = join(home, "log");
  const endAtExit = (): void => {
    server?.kill("SIGQUIT");
  };
  process.on("exit", endAtExit);

  const start = async (): Promise<void> => {
    const log = openSync(logFile, "w");
    const [program, args] = endingWithUs(commandAs(as, join(bin, "postgres"), ["-D", dataDir]));
    const started = spawn(program, args, { stdio: ["ignore", log, log], cwd: home });
    closeSync(log);
    server = started;
    const until = performance.now() + START_MS;
    while (!readFileSync(logFile, "utf8").includes("ready to accept connections")) {
      if (started.exitCode !== null || performance.now() > until) {
        started.kill("SIGQUIT");
        throw new Error(`postgres did not start: ${readFileSync(logFile, "utf8").slice(-2_000)}`);
      }
      await sleep(20);
    }
  };
  const stop = async (mode: "fast" | "immediate"): Promise<void> => {
    const running = server;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    running.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    const timer = setTimeout(() => running.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
    server = null;
  };
  await start();
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`,
    port,
    socketDir: home,
    dataDir,
    user: USER,
    password,
    caFile: tls,
    start,
    stop,
    async remove() {
      await stop("immediate");
      process.off("exit", endAtExit);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

interface OtherUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root: then it runs as `postgres`, else as `nobody`. */
function otherUser(): OtherUser | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = ["-u", "-g"].map((flag) =>
      Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout?.trim() || Number.NaN),
    );
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { name, uid, gid };
  }
  throw new Error("this runs as root, and there is neither a user postgres nor nobody to run the server as");
}

/** `setpriv` becomes the program it runs, so that a signal to it is a signal to the server. */
function commandAs(as: OtherUser | null, program: string, args: readonly string[]): [string, string[]] {
  if (as === null) return [program, [...args]];
  return ["setpriv", [`--reuid=${as.uid}`, `--regid=${as.gid}`, "--clear-groups", program, ...args]];
}

/** Where the system can: it ends the server when this process ends without a word. */
function endingWithUs([program, args]: [string, string[]]): [string, string[]] {
  if (process.platform !== "linux" || findProgram("setpriv") === null) return [program, args];
  const last = ["--pdeathsig", "QUIT"];
  return program === "setpriv" ? [program, [...last, ...args]] : ["setpriv", [...last, program, ...args]];
}

function runAs(as: OtherUser | null, program: string, args: readonly string[]) {
  const [command, all] = commandAs(as, program, args);
  return spawnSync(command, all, { encoding: "utf8", cwd: "/", env: { PATH: process.env.PATH ?? "", LC_ALL: "C" } });
}

/** An authority and a certificate for localhost in the data folder; the path of the authority's. */
function makeCertificates(dataDir: string, as: OtherUser | null): string {
  const ca = join(dataDir, "ca.crt");
  const script = `
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=throw-away authority" -keyout ca.key -out ca.crt &&
    openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr &&
    printf 'subjectAltName=DNS:localhost\\n' > san &&
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.crt &&
    chmod 600 server.key`;
  const [command, args] = commandAs(as, "sh", ["-c", script]);
  const made = spawnSync(command, args, { cwd: dataDir, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`openssl could not make a certificate: ${made.stderr}`);
  return ca;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
