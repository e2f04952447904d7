/** What a page knows of its bundle (page.json), and its files, each held to its sha256 before use. */

import { type Preprocessing, parsePreprocessing } from "./preprocessing";
import { sha256 } from "./engine/sha256";
import type { FileRow, PageData } from "./schemas";
import { told } from "./messages/text";
import { messageOf, RuntimeError } from "./runtimes/runtime";

export type { FileRow as FileInfo, PageArtifact as Artifact, PageGolden as Golden } from "./schemas";

/** page.json, and where the page is. */
export interface Page extends Omit<PageData, "schema" | "preprocessing"> {
  /** The page's folder as an absolute URL, with its last slash. */
  readonly base: string;
  readonly preprocessing: Preprocessing;
}

const SCHEMA = 2;

/** Reads the page.json of the folder `base`. */
export async function loadPage(base: string | URL): Promise<Page> {
  const folder = new URL(".", base).href;
  const bytes = await fetchBytes(new URL("page.json", folder).href, "page.json");
  return parsePage(parseJson(text(bytes, "page.json"), "page.json"), folder);
}

/** The parsed page.json as a Page, or a RuntimeError that says what is wrong with it. */
export function parsePage(value: unknown, base: string): Page {
  const page = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof page["schema"] !== "number") throw new RuntimeError("corrupt", "page.json has no schema number");
  if (page["schema"] > SCHEMA) {
    throw new RuntimeError("corrupt", `page.json has schema ${page["schema"]}, newer than this page's code`);
  }
  const lacking = ["labels", "artifacts", "goldens", "preprocessing"].filter((key) => !(key in page));
  if (lacking.length > 0) throw new RuntimeError("corrupt", `page.json has no ${lacking.join(", ")}`);
  const preprocessing = parsePreprocessing(page["preprocessing"]);
  return {
    layers_reason: null,
    layers_told: null,
    threshold: null,
    answers: null,
    ...page,
    preprocessing,
    base,
  } as unknown as Page;
}

/** Every file of the page whose hash is known, by path. */
export function fileTable(page: Page): Map<string, FileRow> {
  const table = new Map<string, FileRow>([[page.goldens.path, page.goldens]]);
  const groups = [...page.artifacts, ...(page.layers === null ? [] : [page.layers])];
  for (const { files } of groups) for (const [path, info] of Object.entries(files)) table.set(path, info);
  for (const file of [...page.samples, page.reference, page.answers]) {
    if (file !== null) table.set(file.path, file);
  }
  return table;
}

/**
 * Fetches a file of the page.
 *
 * @param onBytes told how many bytes came since it was last called.
 * @throws RuntimeError "missing" where it is not there, "tampered" where its bytes are not those that were written.
 */
export async function fetchFile(
  page: Page,
  path: string,
  onBytes?: (count: number) => void,
): Promise<ArrayBuffer> {
  const info = fileTable(page).get(path);
  if (info === undefined) throw new RuntimeError("unsafe", `page.json has no hash of ${path}`);
  const url = new URL(path, page.base);
  if (!url.href.startsWith(page.base)) throw new RuntimeError("unsafe", `${path} lies outside the page`);
  const bytes = await fetchBytes(url.href, path, onBytes);
  if (await isUnchanged(bytes, info)) return bytes;
  // The browser may have kept the file of an older page at this address.
  const fresh = await fetchBytes(url.href, path, undefined, "reload");
  if (await isUnchanged(fresh, info)) return fresh;
  throw new RuntimeError("tampered", told("engine.tampered", { file: path }));
}

async function isUnchanged(bytes: ArrayBuffer, info: FileRow): Promise<boolean> {
  return bytes.byteLength === info.bytes && (await sha256(bytes)) === info.sha256;
}

async function fetchBytes(
  url: string,
  name: string,
  onBytes?: (count: number) => void,
  cache: RequestCache = "default",
): Promise<ArrayBuffer> {
  try {
    const response = await fetch(url, { credentials: "same-origin", cache });
    if (!response.ok)
      throw new RuntimeError("missing", told("engine.missing", { file: name, status: response.status }));
    return await read(response, onBytes);
  } catch (thrown) {
    if (thrown instanceof RuntimeError) throw thrown;
    throw new RuntimeError("missing", told("engine.fetch", { file: name, reason: messageOf(thrown) }), {
      cause: thrown,
    });
  }
}

async function read(response: Response, onBytes?: (count: number) => void): Promise<ArrayBuffer> {
  if (onBytes === undefined || response.body === null) return response.arrayBuffer();
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onBytes(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(count)).arrayBuffer();
}

function parseJson(source: string, name: string): unknown {
  try {
    return JSON.parse(source);
  } catch (thrown) {
    throw new RuntimeError("corrupt", `${name} is no JSON: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function text(bytes: ArrayBuffer, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new RuntimeError("corrupt", `${name} is no text`, { cause: thrown });
  }
}
