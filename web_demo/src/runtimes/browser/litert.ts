/** LiteRT.js, as a page imports it when it is chosen. */

import { BACKENDS, load, NAME, version } from "../litert";
import type { BrowserRuntime } from "../runtime";

export const runtime: BrowserRuntime = { name: NAME, backends: BACKENDS, version, load };
