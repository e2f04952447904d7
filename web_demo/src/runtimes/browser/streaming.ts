/** WebAssembly from hosts that do not know what it is. */

const TYPE = "application/wasm";

/**
 * Has WebAssembly.instantiateStreaming take a binary whatever MIME type the host gave it. The runtimes would take such a
 * binary too, but the long way round, and with complaints in the console.
 */
export function streamAnyType(): void {
  const instantiate = WebAssembly.instantiateStreaming;
  if (instantiate === undefined || marked.has(instantiate)) return;
  const patched: typeof instantiate = async (source, imports) => instantiate(retyped(await source), imports);
  marked.add(patched);
  WebAssembly.instantiateStreaming = patched;
}

const marked = new WeakSet<object>();

function retyped(response: Response): Response {
  if (!response.ok || response.headers.get("Content-Type") === TYPE) return response;
  return new Response(response.body, { headers: { "Content-Type": TYPE } });
}
