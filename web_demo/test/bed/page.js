/** Starts a worker from a blob, as a page does, and passes questions on to it. */

const absolute = (path) => new URL(path, document.baseURI).href;
const waiting = new Map();
let worker = null;
let asked = 0;

window.violations = [];
addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
  window.violations.push(`${effectiveDirective}: ${blockedURI}`);
});

/** A runtime's files, by name: absolute URLs, the runtime's own module first. */
window.assetsOf = async (runtime) => {
  const table = await (await fetch("runtimes.json")).json();
  return Object.fromEntries(Object.entries(table[runtime]).map(([name, path]) => [name, absolute(path)]));
};

/** A fresh worker, with `name` loaded in it. */
window.openWorker = async (name) => {
  worker?.terminate();
  const code = [
    "self.importModule = (url) => import(url);",
    `importScripts(${JSON.stringify(absolute("worker.js"))})`,
  ];
  const blob = new Blob(code, { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(blob));
  worker.onmessage = ({ data: { id, value, error, violation } }) => {
    if (violation) return window.violations.push(violation);
    waiting.get(id)?.[error ? "reject" : "resolve"](error ? new Error(error) : value);
    waiting.delete(id);
  };
  return window.ask("module", Object.values(await window.assetsOf(name))[0]);
};

/** What a handler of worker.js answers; an error's message is "KIND: SENTENCE". */
window.ask = (operation, ...args) =>
  new Promise((resolve, reject) => {
    waiting.set(++asked, { resolve, reject });
    worker.postMessage({ id: asked, operation, args });
  });

/** Loads an artifact of the folder beside the page; `files` are paths, or bytes by path. */
window.loadModel = async (operation, runtime, entry, files, options) => {
  const contents = await Promise.all(
    Object.entries(files).map(async ([path, bytes]) => [
      path,
      bytes === null ? await (await fetch(path)).arrayBuffer() : Uint8Array.from(bytes).buffer,
    ]),
  );
  const assets = await window.assetsOf(runtime);
  return window.ask(operation, entry, new Map(contents), { assets, ...options });
};

window.tensors = async () => new Uint8Array(await (await fetch("tensors.bin")).arrayBuffer());
