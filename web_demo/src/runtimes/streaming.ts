/** WebAssembly from hosts that do not know what it is. */

const TYPE = "application/wasm";

const marked = new WeakSet<object>();

/**
 * Has WebAssembly.instantiateStreaming take a binary whatever MIME type the host gave it. The runtimes would take such a
 * binary too, but the long way round, and with complaints in the console.
 */
export function streamAnyType(): void {
  const instantiate = WebAssembly.instantiateStreaming;
  if (instantiate === undefined || marked.has(instantiate)) return;
  const patched: typeof instantiate = async (source, imports) =>
    instantiate(await retyped(await source), imports);
  marked.add(patched);
  WebAssembly.instantiateStreaming = patched;
}

/** In one piece, which every browser takes; only hosts that know the type have theirs compiled while it comes. */
async function retyped(response: Response): Promise<Response> {
  if (!response.ok || response.headers.get("Content-Type") === TYPE) return response;
  return new Response(await response.arrayBuffer(), { headers: { "Content-Type": TYPE } });
}
