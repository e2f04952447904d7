/**
 * The kept page. A version is one cache, named by the sha256 of page.json and of the code's file names, and whole as
 * soon as index.html is in it. Nothing but whole answers of this folder is ever put into one.
 */

import { sha256 } from "../engine/sha256";
import { defaultFiles, type FileInfo, layerFiles, type PageJson, tableOf } from "./content";
import { BASE, INDEX, PAGE } from "./scope";

/** The page's own code, and that of views that wait until they are opened; filled in by the build. */
declare const __SHELL__: readonly string[];
declare const __VIEWS__: readonly string[];
/** By runtime: the format that it runs, and its files for a first prediction. */
declare const __FIRST__: Readonly<
  Record<string, { readonly format: string; readonly files: readonly string[] }>
>;

// Several pages may live on one origin, each in a folder of its own.
const PREFIX = `gemelo ${BASE} `;
const EXTRAS = ["gemelo.js", "manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png"];
const HASHED = /^app\/.*-[0-9A-Z]{8}\.\w+$/;

const key = (path: string): string => new URL(path, BASE).href;

/** Whether a file's name tells its contents: it is the same in every version. */
export const isHashed = (path: string): boolean => HASHED.test(path);

/** The version that is whole: index.html is put into it last. */
export async function current(): Promise<string | null> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  for (const name of names.reverse()) if ((await find(name, INDEX)) !== undefined) return name;
  return null;
}

export async function find(version: string, path: string): Promise<Response | undefined> {
  // Not by caches.open, which would make a cache that was dropped anew.
  return caches.match(key(path), { cacheName: version, ignoreVary: true });
}

export const isWhole = ({ status, type, redirected }: Response): boolean =>
  status === 200 && type === "basic" && !redirected;

/** Adds a file that a visit used, if it is what page.json says. */
export async function add(version: string, path: string, response: Response): Promise<void> {
  try {
    const kept = await find(version, PAGE);
    if (kept === undefined) return;
    const info = tableOf((await kept.json()) as PageJson).get(path);
    const bytes = await response.arrayBuffer();
    if (info !== undefined && (await sha256(bytes)) !== info.sha256) return;
    await (await caches.open(version)).put(key(path), new Response(bytes, response));
  } catch {
    // A full disk, say: the page goes on without.
  }
}

/** What a visit loaded: it is in the browser's cache and costs no second transfer. */
export interface Used {
  /** Paths without which its engine cannot start. */
  readonly engine: readonly string[];
  readonly others: readonly string[];
}

/** Keeps the page as the server has it now, drops older versions, and gives back this one's name. */
export async function keep(used: Used): Promise<string> {
  const [page, index] = [await fetchWhole(PAGE, "no-cache"), await fetchWhole(INDEX, "no-cache")];
  const text = await page.clone().text();
  const version =
    PREFIX +
    (await sha256(
      new TextEncoder().encode([text, ...__SHELL__, ...__VIEWS__, JSON.stringify(__FIRST__)].join("\n")),
    ));
  const older = await current();
  if (older !== version) {
    await checkIndex(index);
    try {
      await fill(version, older, JSON.parse(text) as PageJson, used);
    } catch (thrown) {
      await caches.delete(version);
      throw thrown;
    }
    const cache = await caches.open(version);
    await cache.put(key(PAGE), page);
    await cache.put(key(INDEX), index);
  }
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== version);
  await Promise.all(names.map((name) => caches.delete(name)));
  return version;
}

/** In the middle of an upload, index.html and this worker may be of different builds. */
async function checkIndex(index: Response): Promise<void> {
  const named = (await index.clone().text()).match(/app\/[\w-]+\.(js|css)/g) ?? [];
  const strange = named.filter((path) => !__SHELL__.includes(path));
  if (strange.length > 0) throw new Error(`${strange[0]} is of another build`);
}

async function fill(version: string, older: string | null, page: PageJson, used: Used): Promise<void> {
  const table = tableOf(page);
  const before = older === null ? undefined : await find(older, PAGE);
  const known = before === undefined ? new Map() : tableOf((await before.json()) as PageJson);
  const cache = await caches.open(version);
  const put = async (path: string, mode: RequestCache): Promise<void> => {
    const info = table.get(path);
    const unchanged = isHashed(path) || (info !== undefined && info.sha256 === known.get(path)?.sha256);
    const copy = older !== null && unchanged ? await find(older, path) : undefined;
    await cache.put(key(path), copy ?? (await fetchHeld(path, mode, info)));
  };
  const first = __FIRST__[page.runtimes[0] ?? ""];
  const model = defaultFiles(page, first?.format);
  const code = [...__SHELL__, ...__VIEWS__, ...(first?.files ?? [])];
  const needed = new Set([...code, page.goldens.path, ...model, ...used.engine]);
  needed.delete(INDEX);
  await allOf([...needed].map((path) => put(path, "force-cache")));
  // Good to have: without them, the page works all the same.
  const others = [...used.others, ...layerFiles(page)].filter(
    (path) => ![PAGE, INDEX].includes(path) && !needed.has(path),
  );
  const wanted = [
    ...others.map((path) => put(path, "force-cache")),
    ...EXTRAS.map((path) => put(path, "no-cache")),
  ];
  await Promise.allSettled(wanted);
}

/** Rejects as Promise.all does, but not before all have ended: what goes on could fill a cache that was dropped. */
async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}

/** A file with the bytes that page.json names; asked for anew where the browser's cache has others. */
async function fetchHeld(path: string, mode: RequestCache, info: FileInfo | undefined): Promise<Response> {
  const response = await fetchWhole(path, mode);
  if (info === undefined || (await sha256(await response.clone().arrayBuffer())) === info.sha256)
    return response;
  if (mode === "reload") throw new Error(`${path} is not the file that page.json names`);
  return fetchHeld(path, "reload", info);
}

async function fetchWhole(path: string, mode: RequestCache): Promise<Response> {
  const response = await fetch(key(path), { cache: mode, credentials: "same-origin" });
  if (!isWhole(response)) throw new Error(`${path} is missing (HTTP ${response.status})`);
  return response;
}
