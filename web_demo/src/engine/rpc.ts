/** Calls across a worker's border: each has a number, an answer, and errors that stay what they were. */

import type { Told } from "../messages/text";
import { PhotoError } from "../preprocessing";
import { messageOf, RuntimeError } from "../runtimes/runtime";

interface Call {
  readonly id: number;
  readonly operation: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: Plain;
}

/** An error as it crosses the border. */
interface Plain {
  readonly name: string;
  readonly kind: string;
  readonly message: string;
  readonly what: string;
  readonly detail: string;
  readonly told: Told | null;
}

/** A handler's answer with what moves instead of being copied. */
export class Moved<T> {
  constructor(
    readonly value: T,
    readonly transfer: Transferable[],
  ) {}
}

export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

/** What of the worker's global scope is used here. */
export interface Port {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** In the worker: answers calls with its handlers. */
export function serve(port: Port, handlers: Handlers): void {
  port.onmessage = async ({ data }: MessageEvent<Call>) => {
    try {
      const handler = handlers[data.operation] as ((argument: unknown) => unknown) | undefined;
      if (handler === undefined) throw new RuntimeError("input", `no operation ${data.operation}`);
      const answer = await handler(data.argument);
      const [value, transfer] = answer instanceof Moved ? [answer.value, answer.transfer] : [answer, []];
      port.postMessage({ id: data.id, value } satisfies Reply, transfer);
    } catch (thrown) {
      port.postMessage({ id: data.id, error: plain(thrown) } satisfies Reply, []);
    }
  };
}

// Not in the worker's own file: the development servers of web apps make a module of a file that imports another.
const IMPORT = "self.importModule = (url) => import(url);";

const programs = new Map<string, Promise<Blob>>();

/** A worker's program, fetched once for all workers: two that start together would fetch it twice. */
function programOf(url: string): Promise<Blob> {
  const known = programs.get(url);
  if (known !== undefined) return known;
  const fetched = fetchProgram(url);
  programs.set(url, fetched);
  fetched.catch(() => programs.delete(url));
  return fetched;
}

async function fetchProgram(url: string): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new RuntimeError("missing", `HTTP ${response.status}`);
  return new Blob([IMPORT, await response.text()], { type: "text/javascript" });
}

/** On the page: a worker that is called. */
export class Remote {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly worker: Promise<Worker>;
  private calls = 0;
  private ended: Error | null = null;

  /** @param url absolute; the worker is started from a blob, so that it inherits the page's security policy. */
  constructor(url: string) {
    this.worker = programOf(url).then((program) => this.start(program, url));
    this.worker.catch((thrown: unknown) =>
      this.end(new RuntimeError("runtime", `a worker cannot start (${url}): ${messageOf(thrown)}`)),
    );
  }

  call<T>(operation: string, argument: unknown, transfer: Transferable[] = []): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.ended !== null) return reject(this.ended);
      const id = ++this.calls;
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const send = (worker: Worker): void =>
        worker.postMessage({ id, operation, argument } satisfies Call, transfer);
      this.worker.then(send).catch(reject);
    });
  }

  /** Stops the worker and frees all that it held; what was still asked fails. */
  close(): void {
    this.end(new RuntimeError("runtime", "it was closed"));
  }

  private start(program: Blob, url: string): Worker {
    const address = URL.createObjectURL(program);
    const worker = new Worker(address);
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      URL.revokeObjectURL(address);
      this.settle(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.end(new RuntimeError("runtime", event.message || `a worker cannot start (${url})`));
    };
    return worker;
  }

  private settle({ id, value, error }: Reply): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(revive(error));
  }

  private end(reason: Error): void {
    this.ended ??= reason;
    this.worker.then((worker) => worker.terminate()).catch(() => undefined);
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }
}

function plain(thrown: unknown): Plain {
  const { name, kind, what, detail, told } = thrown as Partial<Plain>;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    name: text(name),
    kind: text(kind),
    message: messageOf(thrown),
    what: text(what),
    detail: text(detail),
    told: told ?? null,
  };
}

function revive({ name, kind, message, what, detail, told }: Plain): Error {
  if (name === "PhotoError" && told !== null) {
    return new PhotoError(kind as PhotoError["kind"], what, told, detail);
  }
  const engine = told as RuntimeError["told"];
  return new RuntimeError(kind === "" ? "runtime" : (kind as RuntimeError["kind"]), engine ?? message);
}
