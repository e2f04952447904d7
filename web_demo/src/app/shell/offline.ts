/** Keeps the page for visits without a network, once it has proved itself. */

import type { Choice } from "../../engine/engine";
import type { Page } from "../../page";

/**
 * Keeps what a visit with this engine used; true when the next visit needs no network.
 *
 * Never rejects: a browser that offers no such thing has a page that needs a network, and that is all.
 */
export async function registerOffline(page: Page, choice: Choice): Promise<boolean> {
  // Only over https and on this very machine do browsers offer it.
  if (!("serviceWorker" in navigator) || !isSecureContext) return false;
  try {
    const registration = await navigator.serviceWorker.register(`${page.base}sw.js`, {
      scope: page.base,
      updateViaCache: "none",
    });
    // A list that no first answer need wait for.
    const { filesOf } = await import("../compare/cost");
    const used = { engine: [...filesOf(page, choice).keys()], others: loaded(page.base) };
    return (await ask<{ kept: boolean }>(await activated(registration), { keep: used })).kept;
  } catch {
    return false;
  }
}

/** The newest service worker, as soon as it is at work. */
async function activated(registration: ServiceWorkerRegistration): Promise<ServiceWorker> {
  if (registration.active !== null) await registration.update().catch(() => undefined);
  const newest = registration.installing ?? registration.waiting ?? registration.active;
  if (newest === null) throw new Error("the service worker is gone");
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (newest.state === "activated") resolve();
      if (newest.state === "redundant") reject(new Error("the service worker cannot be installed"));
    };
    newest.addEventListener("statechange", look);
    look();
  });
  return newest;
}

function ask<T>(worker: ServiceWorker, message: unknown): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    worker.postMessage(message, [port2]);
  });
}

// Milliseconds. A service worker that is replaced after it was asked never replies.
const REPLY = 2000;

/** Bytes of these addresses that the service worker has got over the network: the page's own timings do not tell them. */
export async function receivedBytes(urls: readonly string[]): Promise<number> {
  const controller = "serviceWorker" in navigator ? navigator.serviceWorker.controller : null;
  if (controller === null) return 0;
  const none = new Promise<{ received: number }>((resolve) => setTimeout(resolve, REPLY, { received: 0 }));
  const reply = ask<{ received: number }>(controller, { received: urls });
  return (await Promise.race([reply, none])).received;
}

/** Paths that this page has loaded so far, its workers aside. */
function loaded(base: string): string[] {
  const urls = performance.getEntriesByType("resource").map(({ name }) => name);
  const own = urls.filter((url) => url.startsWith(base)).map((url) => url.slice(base.length));
  const paths = new Set(own.map((path) => path.replace(/[?#].*$/, "")));
  return [...paths].filter((path) => path !== "" && path !== "sw.js");
}
