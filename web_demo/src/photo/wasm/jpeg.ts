/** JPEG without a canvas: MozJPEG's decoder, whose pixels are libjpeg-turbo's to the bit. Loaded where it is needed. */

import factory from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import wasmBinary from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";

import type { Bytes } from "../bytes";
import { started } from "./module";

interface Module {
  decode(bytes: Bytes, keepOrientation: boolean): ImageData | null;
}

const module = started<Module>(factory, wasmBinary);

export const decode = (bytes: Bytes): Promise<ImageData> => module(({ decode }) => decode(bytes, true));
