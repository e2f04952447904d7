/** Whether WebGPU can be had here: a browser may know it and find no graphics adapter. */

export type WebGpu = "unknown" | "absent" | "no adapter" | "there";

let found: WebGpu = "unknown";
let asking: Promise<WebGpu> | null = null;

/** What is known by now; nothing need be loaded to know. */
export function webGpu(): WebGpu {
  return "gpu" in navigator ? found : "absent";
}

/** Asks for an adapter, once. */
export function askForAdapter(): Promise<WebGpu> {
  return (asking ??= ask());
}

async function ask(): Promise<WebGpu> {
  const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<unknown> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  found = adapter == null ? "no adapter" : "there";
  return webGpu();
}
