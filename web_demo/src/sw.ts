/**
 * The page without a network: what a visit used is kept, and a later visit is whole, of one version.
 *
 * A version is one cache, named by the sha256 of page.json and of the code's file names. A visit is bound to it
 * when its index.html and page.json are those of the version: then every file comes from the cache, and what is
 * used for the first time is added. A visit to a newer page goes to the network with every file whose name does not
 * tell its contents, until that page is kept too. Nothing but whole answers of this folder is ever kept.
 */

import { sha256 } from "./engine/sha256";

/** Files for a first prediction, and the code of views that wait until they are opened; filled in by the build. */
declare const __SHELL__: readonly string[];
declare const __VIEWS__: readonly string[];

// TypeScript cannot have the types of pages and of service workers in one project: this is what is used of the latter.
interface Extendable extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  readonly clientId: string;
  readonly resultingClientId: string;
  respondWith(response: Promise<Response>): void;
}
interface Message extends Extendable {
  readonly data: { readonly keep?: readonly string[]; readonly received?: true };
  readonly source: { readonly id: string } | null;
  readonly ports: readonly MessagePort[];
}
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void>; matchAll(): Promise<readonly { readonly id: string }[]> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: Message) => void): void;
}

interface FileInfo {
  readonly bytes: number;
  readonly sha256: string;
}
type Files = Readonly<Record<string, FileInfo>>;
/** What is read of page.json; page.ts has it all. */
interface PageJson {
  readonly goldens: FileInfo & { readonly path: string };
  readonly artefacts: readonly { readonly format: string; readonly variant: string; readonly files: Files }[];
  readonly layers: { readonly files: Files } | null;
  readonly samples: readonly (FileInfo & { readonly path: string })[];
  readonly recorded: (FileInfo & { readonly path: string }) | null;
}

const worker = self as unknown as Scope;
const BASE = worker.registration.scope;
// Several pages may live on one origin, each in a folder of its own.
const PREFIX = `gemelo ${BASE} `;
const INDEX = "index.html";
const PAGE = "page.json";
const EXTRAS = ["gemelo.js", "manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png"];
// Layers to look inside are kept with the page if they are small: a visit without a network cannot fetch them.
const SMALL = 1 << 19;
// Where the network hangs, a kept page is better than none.
const PATIENCE = 4000;
const HASHED = /-[0-9A-Z]{8}\.\w+$/;

/** To which version each visit is bound: null where its page is newer than what is kept. */
const visits = new Map<string, string | null>();

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

/** Bytes that came over the network through here: to the page, what it gets from here is no transfer at all. */
let received = 0;
const count = (entries: PerformanceEntryList): void => {
  for (const { transferSize } of entries as PerformanceResourceTiming[]) received += transferSize;
};
const observer = new PerformanceObserver((list) => count(list.getEntries()));
observer.observe({ type: "resource", buffered: true });

worker.addEventListener("message", (event) => {
  const { keep: used, received: asked } = event.data;
  if (asked !== undefined) {
    count(observer.takeRecords());
    event.ports[0]?.postMessage({ received });
  }
  if (used === undefined) return;
  const kept = keep(used).then(
    (version) => {
      if (event.source !== null) visits.set(event.source.id, version);
      return { kept: true };
    },
    (thrown: unknown) => ({ kept: false, reason: String(thrown) }),
  );
  event.waitUntil(kept.then((answer) => event.ports[0]?.postMessage(answer)));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = pathOf(request.url);
  if (request.method !== "GET" || path === null || path === "sw.js" || request.headers.has("range")) return;
  if (path === INDEX) event.respondWith(visit(event));
  else if (path === PAGE) event.respondWith(pageJson(event));
  else event.respondWith(file(event, path));
});

/** The path of a URL below the page's folder, without its query; null for anything else. */
function pathOf(url: string): string | null {
  const plain = url.replace(/[?#].*$/, "");
  return plain.startsWith(BASE) ? plain.slice(BASE.length) || INDEX : null;
}

const key = (path: string): string => new URL(path, BASE).href;

/** The version that is whole: index.html is put into it last. */
async function current(): Promise<string | null> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  for (const name of names.reverse()) if ((await find(name, INDEX)) !== undefined) return name;
  return null;
}

async function find(version: string, path: string): Promise<Response | undefined> {
  return (await caches.open(version)).match(key(path), { ignoreVary: true });
}

/** index.html: the network's where it answers in time, else the kept one. Binds the visit. */
async function visit(event: Fetching): Promise<Response> {
  const version = await current();
  const kept = version === null ? undefined : await find(version, INDEX);
  await forget();
  const online = await fetchSoon(event.request, kept === undefined ? null : PATIENCE);
  if (online.response !== null && (kept === undefined || online.response.status < 500)) {
    const same = kept !== undefined && (await sameText(online.response, kept));
    visits.set(event.resultingClientId, same ? version : null);
    return online.response;
  }
  if (kept === undefined) throw online.thrown;
  visits.set(event.resultingClientId, version);
  offline.add(event.resultingClientId);
  return kept;
}

/** Visits that began without a network: all that they get is of their version. */
const offline = new Set<string>();

async function pageJson(event: Fetching): Promise<Response> {
  const bound = visits.has(event.clientId) ? (visits.get(event.clientId) ?? null) : await current();
  const kept = bound === null ? undefined : await find(bound, PAGE);
  if (kept !== undefined && offline.has(event.clientId)) return kept;
  const { response, thrown } = await fetchSoon(event.request, kept === undefined ? null : PATIENCE);
  if (response === null || (response.status >= 500 && kept !== undefined)) {
    if (kept === undefined) throw thrown;
    return kept;
  }
  if (kept !== undefined && !(await sameText(response, kept))) visits.set(event.clientId, null);
  return response;
}

/** Any other file: of the visit's version; else the network's, or if there is none what is kept. */
async function file(event: Fetching, path: string): Promise<Response> {
  const bound = boundTo(event.clientId);
  const version = bound ?? (await current());
  const kept = version === null ? undefined : await find(version, path);
  if (kept !== undefined && (typeof bound === "string" || HASHED.test(path))) return kept;
  try {
    const response = await fetch(event.request);
    if (typeof bound === "string" && isWhole(response)) event.waitUntil(add(bound, path, response.clone()));
    return response;
  } catch (thrown) {
    // Of a visit that is known to be newer, an older file would be a mixture.
    if (kept === undefined || bound === null) throw thrown;
    return kept;
  }
}

/**
 * The version of a visit: null where its page is newer, undefined where the browser restarted this worker since.
 * The page's own workers are clients too, and cannot be told apart: they belong to what all visits agree on.
 */
function boundTo(client: string): string | null | undefined {
  if (visits.has(client)) return visits.get(client);
  const versions = new Set(visits.values());
  return versions.size === 1 ? [...versions][0] : undefined;
}

async function forget(): Promise<void> {
  const alive = new Set((await worker.clients.matchAll()).map(({ id }) => id));
  for (const id of visits.keys()) {
    if (!alive.has(id)) visits.delete(id);
    if (!alive.has(id)) offline.delete(id);
  }
}

const isWhole = ({ status, type, redirected }: Response): boolean =>
  status === 200 && type === "basic" && !redirected;

async function sameText(online: Response, kept: Response): Promise<boolean> {
  return (await online.clone().text()) === (await kept.clone().text());
}

async function fetchSoon(
  request: Request,
  patience: number | null,
): Promise<{ response: Response | null; thrown: unknown }> {
  const answer = fetch(request, { cache: "no-cache" }).then(
    (response) => ({ response, thrown: null }),
    (thrown: unknown) => ({ response: null, thrown }),
  );
  if (patience === null) return answer;
  const late = new Promise<{ response: null; thrown: unknown }>((resolve) =>
    setTimeout(
      () => resolve({ response: null, thrown: new TypeError("the network does not answer") }),
      patience,
    ),
  );
  return Promise.race([answer, late]);
}

/** Adds a file that a visit used, if it is what page.json says. */
async function add(version: string, path: string, response: Response): Promise<void> {
  try {
    const kept = await find(version, PAGE);
    const info = kept === undefined ? undefined : tableOf((await kept.json()) as PageJson).get(path);
    const bytes = await response.arrayBuffer();
    if (info !== undefined && (await sha256(bytes)) !== info.sha256) return;
    await (await caches.open(version)).put(key(path), new Response(bytes, response));
  } catch {
    // A full disk, say: the page goes on without.
  }
}

/**
 * Keeps the page as the server has it now, and drops older versions.
 *
 * @param used paths that the visit loaded: they are in the browser's cache and cost no second transfer.
 * @returns the version's name.
 */
async function keep(used: readonly string[]): Promise<string> {
  const [page, index] = [await fetchWhole(PAGE, "no-cache"), await fetchWhole(INDEX, "no-cache")];
  const text = await page.clone().text();
  const version =
    PREFIX + (await sha256(new TextEncoder().encode([text, ...__SHELL__, ...__VIEWS__].join("\n"))));
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

async function fill(
  version: string,
  older: string | null,
  page: PageJson,
  used: readonly string[],
): Promise<void> {
  const table = tableOf(page);
  const before = older === null ? undefined : await find(older, PAGE);
  const known = before === undefined ? new Map() : tableOf((await before.json()) as PageJson);
  const cache = await caches.open(version);
  const put = async (path: string, mode: RequestCache): Promise<void> => {
    const info = table.get(path);
    const unchanged = HASHED.test(path) || (info !== undefined && info.sha256 === known.get(path)?.sha256);
    const copy = older !== null && unchanged ? await find(older, path) : undefined;
    await cache.put(key(path), copy ?? (await fetchHeld(path, mode, info)));
  };
  const needed = new Set([...__SHELL__, ...__VIEWS__, page.goldens.path, ...defaultFiles(page)]);
  needed.delete(INDEX);
  await allOf([...needed].map((path) => put(path, "force-cache")));
  // Good to have: without them, the page works all the same.
  const others = [...used, ...layerFiles(page)].filter(
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

/** The artefact with which a visit begins. */
function defaultFiles({ artefacts }: PageJson): string[] {
  const tfjs = artefacts.filter(({ format }) => format === "tfjs");
  const first = tfjs.find(({ variant }) => variant === "fp32") ?? tfjs[0] ?? artefacts[0];
  return Object.keys(first?.files ?? {});
}

function layerFiles({ layers }: PageJson): string[] {
  const files = Object.entries(layers?.files ?? {});
  return files.reduce((sum, [, { bytes }]) => sum + bytes, 0) <= SMALL ? files.map(([path]) => path) : [];
}

/** Every file whose hash stands in page.json. */
function tableOf({ goldens, artefacts, layers, samples, recorded }: PageJson): Map<string, FileInfo> {
  const table = new Map<string, FileInfo>();
  for (const group of [...artefacts, layers]) {
    for (const [path, info] of Object.entries(group?.files ?? {})) table.set(path, info);
  }
  for (const one of [goldens, ...samples, recorded]) if (one !== null) table.set(one.path, one);
  return table;
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
