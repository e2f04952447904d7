import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { encodeFrame, type Frame, FrameReader } from "../src/node/frames";
import { largestDifference, tinyBatch, tinyModel, tinyShards } from "./tiny";

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), "node", "tfjs.mjs");

const started: Server[] = [];

// A test that failed left its server waiting, and Node waits for its children.
afterEach(() => started.splice(0).forEach((server) => server.process.kill()));

/** The built server, asked as Python asks it. */
class Server {
  readonly process: ChildProcessWithoutNullStreams = spawn(process.execPath, [SCRIPT]);
  private readonly reader = new FrameReader();
  private readonly waiting: ((frame: Frame) => void)[] = [];

  constructor() {
    started.push(this);
    this.process.stdout.on("data", (chunk: Buffer) => {
      for (const frame of this.reader.push(chunk)) this.waiting.shift()?.(frame);
    });
  }

  ask(header: object, payload?: Float32Array): Promise<Frame> {
    this.process.stdin.write(encodeFrame(header, payload));
    return new Promise((done) => this.waiting.push(done));
  }

  /** Closes stdin, after some last bytes; returns the exit code. */
  end(last?: Buffer): Promise<number | null> {
    const exit = new Promise<number | null>((done) => this.process.on("exit", done));
    this.process.stdin.end(last);
    return exit;
  }
}

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gemelo-tiny-"));
  const [first, second] = tinyShards() as [ArrayBuffer, ArrayBuffer];
  await writeFile(join(folder, "shard1.bin"), new Uint8Array(first));
  await writeFile(join(folder, "shard2.bin"), new Uint8Array(second));
  await writeFile(join(folder, "model.json"), JSON.stringify(tinyModel()));
});

after(() => rm(folder, { recursive: true }));

test("opens, runs, closes and ends with its stdin", async () => {
  const server = new Server();
  const model = join(folder, "model.json");
  const { header } = await server.ask({ op: "open", model, backend: "wasm" });
  assert.deepEqual(header, { ok: true, session: 1, shape: [2, 2, 3], classes: 2, labels: ["cats", "dogs"] });
  const { images, expected } = tinyBatch(5);
  const { payload } = await server.ask({ op: "run", session: 1, count: 5 }, images);
  assert.ok(largestDifference(payload, expected) < 1e-6);
  assert.deepEqual((await server.ask({ op: "close", session: 1 })).header, { ok: true });
  assert.equal((await server.ask({ op: "memory" })).header["tensors"], 0);
  assert.equal(await server.end(), 0);
});

test("answers questions that came together, in order", async () => {
  const server = new Server();
  const answers = await Promise.all([1, 2, 3].map((session) => server.ask({ op: "run", session, count: 1 })));
  assert.deepEqual(
    answers.map(({ header }) => header["message"]),
    ["no session 1", "no session 2", "no session 3"],
  );
  assert.equal(await server.end(), 0);
});

const BAD: [name: string, damage: Record<string, unknown>, kind: string, message: RegExp][] = [
  ["a shard that is not there", { paths: ["gone.bin"] }, "missing", /file not found: .*gone\.bin/],
  ["a shard outside the folder", { paths: ["../shard1.bin"] }, "unsafe", /outside its folder/],
  ["a shard by its full path", { paths: ["/etc/hostname"] }, "unsafe", /outside its folder/],
  ["a shard too few", { paths: ["shard1.bin"] }, "corrupt", /weights have 40 bytes/],
];

for (const [name, damage, kind, message] of BAD) {
  test(`names ${name}`, async () => {
    const json = tinyModel();
    const manifest = json["weightsManifest"] as object[];
    const model = join(folder, "bad.json");
    await writeFile(model, JSON.stringify({ ...json, weightsManifest: [{ ...manifest[0], ...damage }] }));
    const server = new Server();
    const { header } = await server.ask({ op: "open", model, backend: "wasm" });
    assert.deepEqual([header["ok"], header["kind"]], [false, kind]);
    assert.match(String(header["message"]), message);
    await server.end();
  });
}

test("names bad JSON, a missing model and an unknown operation, and goes on", async () => {
  const server = new Server();
  const model = join(folder, "cut.json");
  await writeFile(model, JSON.stringify(tinyModel()).slice(0, 100));
  const cut = await server.ask({ op: "open", model, backend: "wasm" });
  assert.match(String(cut.header["message"]), /cannot load .*cut\.json: model\.json is not JSON/);
  const gone = await server.ask({ op: "open", model: join(folder, "no.json"), backend: "wasm" });
  assert.equal(gone.header["kind"], "missing");
  assert.match(String((await server.ask({ op: "dance" })).header["message"]), /no operation dance/);
  assert.equal((await server.ask({ op: "version" })).header["ok"], true);
  assert.equal(await server.end(), 0);
});

test("says that a frame is broken before it ends", async () => {
  const server = new Server();
  const said = new Promise<Frame>((done) => server["waiting"].push(done));
  const code = await server.end(Buffer.alloc(8, 0xff));
  assert.match(String((await said).header["message"]), /not a frame/);
  assert.equal(code, 1);
});
