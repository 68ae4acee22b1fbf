import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PageHandler } from "./app.ts";

/** Where `bun run build` puts the page. */
export const BUILT_PAGE = fileURLToPath(new URL("../../web/dist", import.meta.url));

interface StaticFile {
  readonly path: string;
  readonly etag: string;
  readonly isHashed: boolean;
}

/** Vite's names of built assets end in a hash of their content: they never change. */
const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/**
 * Serves the built page. Only files found when it starts have a name here: no part of a request ever becomes part of a
 * path, so there is none that leads out of the folder. Null when the folder holds no page.
 */
export async function servePage(folder: string): Promise<PageHandler | null> {
  const files = new Map<string, StaticFile>();
  for await (const name of new Bun.Glob("**/*").scan({ cwd: folder, onlyFiles: true, followSymlinks: false })) {
    const path = join(folder, name);
    const url = `/${name.replaceAll("\\", "/")}`;
    const etag = `"${Bun.hash(await Bun.file(path).bytes()).toString(36)}"`;
    files.set(url, { path, etag, isHashed: HASHED.test(url) });
  }
  const index = files.get("/index.html");
  if (index === undefined) return null;
  files.set("/", index);

  return (request) => {
    const file = files.get(decoded(new URL(request.url).pathname));
    if (file === undefined) return null;
    const headers = {
      etag: file.etag,
      "cache-control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    };
    if (request.headers.get("if-none-match") === file.etag) return new Response(null, { status: 304, headers });
    return new Response(Bun.file(file.path), { headers });
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
