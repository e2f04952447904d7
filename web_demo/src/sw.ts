/**
 * The page without a network: what a visit used is kept, and a later visit is whole, of one version.
 *
 * A visit is bound to the version that is kept when its index.html and page.json are those of the version: then every
 * file comes from the cache, and what is used for the first time is added. A visit to a newer page goes to the network
 * with every file whose name does not tell its contents, until that page is kept too.
 */

import { type Fetching, INDEX, PAGE, pathOf, worker } from "./offline/scope";
import { add, current, find, isHashed, isWhole, keep } from "./offline/versions";

// Where the network hangs, a kept page is better than none.
const PATIENCE = 4000;

/** To which version each visit is bound: null where its page is newer than what is kept. */
const visits = new Map<string, string | null>();

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

/** Bytes that came over the network through here: to the page, what it gets from here is no transfer at all. */
const received = new Map<string, number>();
const count = (entries: PerformanceEntryList): void => {
  for (const { name, transferSize } of entries as PerformanceResourceTiming[]) {
    received.set(name, (received.get(name) ?? 0) + transferSize);
  }
};
const observer = new PerformanceObserver((list) => count(list.getEntries()));
observer.observe({ type: "resource", buffered: true });

worker.addEventListener("message", (event) => {
  const { keep: used, received: asked } = event.data;
  if (asked !== undefined) {
    count(observer.takeRecords());
    // By address: meanwhile it may be fetching what the rest of the page keeps for later.
    const bytes = asked.reduce((sum, url) => sum + (received.get(url) ?? 0), 0);
    event.ports[0]?.postMessage({ received: bytes });
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
  const answer = path === INDEX ? visit(event) : path === PAGE ? pageJson(event) : file(event, path);
  // Where the browser keeps nothing, say for want of room, the page does without.
  event.respondWith(answer.catch(() => fetch(request)));
});

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
  if (kept !== undefined && (typeof bound === "string" || isHashed(path))) return kept;
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
