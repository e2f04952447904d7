/** A classic worker that imports a runtime's module and does with it what it is asked to. */

let module = null;
let session = null;

addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
  postMessage({ violation: `${effectiveDirective}: ${blockedURI} (worker)` });
});

const handlers = {
  module: async (url) => {
    module = await import(url);
    return { title: module.description.title, backends: Object.keys(module.description.backends) };
  },
  load: async (entry, files, options) => {
    session = await module.runtime.load(entry, files, options);
    const { backend, shape, classes, labels } = session;
    return { backend, shape: [...shape], classes, labels, version: await module.runtime.version() };
  },
  run: async (images_u8, count) => [...(await session.run(Float32Array.from(images_u8), count))],
  repeat: async (images_u8, times) => {
    const image = Float32Array.from(images_u8);
    const start = performance.now();
    for (let i = 0; i < times; i++) await session.run(image, 1);
    return (performance.now() - start) / times;
  },
  memory: () => session.memory(),
  close: () => session.close(),
  layers: async (entry, files, options) => {
    session = await module.loadLayers(entry, files, options);
  },
  runLayers: async (image_u8) => {
    const outputs = await session.run(Float32Array.from(image_u8));
    return [...outputs].map(([name, { shape, data }]) => ({ name, shape, data: [...data] }));
  },
  weight: async (name) => {
    const { shape, data } = await session.weight(name);
    return { shape, data: [...data] };
  },
  /** A browser that lacks something: "WebAssembly", "WebAssembly.Suspending". */
  lack: (path) => {
    const names = path.split(".");
    const name = names.pop();
    delete names.reduce((object, key) => object[key], self)[name];
  },
};

onmessage = async ({ data: { id, operation, args } }) => {
  try {
    postMessage({ id, value: await handlers[operation](...args) });
  } catch (thrown) {
    postMessage({ id, error: `${thrown.kind ?? thrown.name}: ${thrown.message}` });
  }
};
