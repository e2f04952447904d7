/** The process that Python drives: answers frames (see frames.ts) from stdin on stdout until stdin closes. */

import { Console } from "node:console";
import { messageOf, RuntimeError, type Session } from "../runtimes/runtime";
import * as tfjs from "../runtimes/tfjs";
import { readModel, wasmPaths } from "./files";
import { encodeFrame, type Frame, FrameReader } from "./frames";

type Header = Frame["header"];
type Answer = readonly [header: object, payload?: Float32Array];

// stdout carries frames and nothing else.
globalThis.console = new Console(process.stderr, process.stderr);

tfjs.addBackend("cpu", () => import("@tensorflow/tfjs-backend-cpu"));

const sessions = new Map<number, Session>();
let opened = 0;

const OPERATIONS: Readonly<Record<string, (frame: Frame) => Answer | Promise<Answer>>> = {
  version: () => [{ tfjs: tfjs.version(), node: process.versions.node }],
  memory: () => [tfjs.memory()],
  open,
  run: async ({ header, payload }) => [{}, await sessionOf(header).run(payload, Number(header["count"]))],
  close: ({ header }) => {
    sessionOf(header).close();
    sessions.delete(Number(header["session"]));
    return [{}];
  },
};

async function open({ header }: Frame): Promise<Answer> {
  const session = await load(String(header["model"]), String(header["backend"]));
  sessions.set(++opened, session);
  const { shape, classes, labels } = session;
  return [{ session: opened, shape, classes, labels }];
}

async function load(path: string, backend: string): Promise<Session> {
  try {
    const { json, shards } = await readModel(path);
    return await tfjs.load(json, shards, { backend, assets: wasmPaths() });
  } catch (thrown) {
    const kind = thrown instanceof RuntimeError ? thrown.kind : "runtime";
    throw new RuntimeError(kind, `TF.js cannot load ${path}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function sessionOf(header: Header): Session {
  const session = sessions.get(Number(header["session"]));
  if (session === undefined) throw new RuntimeError("input", `no session ${String(header["session"])}`);
  return session;
}

async function answer(frame: Frame): Promise<Buffer> {
  try {
    const operation = OPERATIONS[String(frame.header["op"])];
    if (operation === undefined) {
      throw new RuntimeError("input", `no operation ${String(frame.header["op"])}`);
    }
    const [header, payload] = await operation(frame);
    return encodeFrame({ ok: true, ...header }, payload);
  } catch (thrown) {
    return failure(thrown);
  }
}

function failure(thrown: unknown): Buffer {
  const expected = thrown instanceof RuntimeError;
  const message = (expected ? "" : "TF.js: ") + messageOf(thrown);
  return encodeFrame({ ok: false, kind: expected ? thrown.kind : "runtime", message });
}

function send(bytes: Buffer): Promise<void> {
  return new Promise((done) => process.stdout.write(bytes, () => done()));
}

async function serve(): Promise<void> {
  const reader = new FrameReader();
  for await (const chunk of process.stdin) {
    for (const frame of reader.push(chunk as Buffer)) await send(await answer(frame));
  }
}

// Who asked is gone: nobody is left to hear of it.
process.stdout.on("error", () => process.exit(1));

serve()
  .then(() => process.exit(0))
  .catch(async (thrown: unknown) => {
    // A broken frame leaves no way to find the next one: say so, and end.
    await send(failure(thrown));
    process.exit(1);
  });
