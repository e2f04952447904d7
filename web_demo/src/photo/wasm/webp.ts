/** WebP without a canvas: libwebp's decoder. Loaded where it is needed. */

import factory from "@jsquash/webp/codec/dec/webp_dec.js";
import wasmBinary from "@jsquash/webp/codec/dec/webp_dec.wasm";

import type { Bytes } from "../bytes";
import { started } from "./module";

interface Module {
  decode(bytes: Bytes): ImageData | null;
}

const module = started<Module>(factory, wasmBinary);

export const decode = (bytes: Bytes): Promise<ImageData> => module(({ decode }) => decode(bytes));
