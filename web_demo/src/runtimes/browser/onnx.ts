/** ONNX Runtime Web, as a page imports it when it is chosen. */

import { BACKENDS, load, NAME, version } from "../onnx";
import type { BrowserRuntime } from "../runtime";

export const runtime: BrowserRuntime = { name: NAME, backends: BACKENDS, version, load };
