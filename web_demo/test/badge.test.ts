import assert from "node:assert/strict";
import { test } from "node:test";

import type { App } from "../src/app/shell/app";
import { badgeText } from "../src/app/shell/badge";

function ready(expectedDifference: number | null): App {
  return {
    status: { stage: "ready" },
    engine: { choice: { runtime: "tfjs", backend: "wasm", variant: "uint8" } },
    verification: { maxDifference: 0.2, expectedDifference, images: 24 },
    failures: [],
  } as unknown as App;
}

test("the badge tells the difference from Keras, whatever the artifact was held to", () => {
  assert.equal(badgeText(ready(null)).text, "verified: max difference 2e-1 on 24 goldens");
  assert.equal(badgeText(ready(3.2e-8)).text, "verified: as exported, 2e-1 from Keras on 24 goldens");
});
