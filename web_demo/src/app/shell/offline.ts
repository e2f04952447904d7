/** Keeps the page for visits without a network, once it has proved itself. */

/** Resolves to true when the page is kept: the next visit needs no network. Never rejects. */
export async function registerOffline(
  base: string = document.baseURI,
  used: readonly string[] = [],
): Promise<boolean> {
  // Only over https and on this very machine do browsers offer it.
  if (!("serviceWorker" in navigator) || !isSecureContext) return false;
  try {
    const folder = new URL(".", base).href;
    const registration = await navigator.serviceWorker.register(`${folder}sw.js`, {
      scope: folder,
      updateViaCache: "none",
    });
    return await keep(await activated(registration), loaded(folder, used));
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

async function keep(worker: ServiceWorker, used: readonly string[]): Promise<boolean> {
  return (await ask<{ kept: boolean }>(worker, { keep: used })).kept;
}

function ask<T>(worker: ServiceWorker, message: unknown): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    worker.postMessage(message, [port2]);
  });
}

/** Bytes that the service worker has got over the network for its pages: their own timings do not tell them. */
export async function receivedBytes(): Promise<number> {
  const controller = "serviceWorker" in navigator ? navigator.serviceWorker.controller : null;
  return controller === null ? 0 : (await ask<{ received: number }>(controller, { received: true })).received;
}

/** Paths of the page that this visit has loaded so far; a worker's loads must be told. */
function loaded(folder: string, used: readonly string[]): string[] {
  const urls = [...performance.getEntriesByType("resource").map(({ name }) => name), ...used];
  const own = urls.filter((url) => url.startsWith(folder)).map((url) => url.slice(folder.length));
  return [...new Set(own.map((path) => path.replace(/[?#].*$/, "")))].filter(
    (path) => path !== "" && path !== "sw.js",
  );
}
