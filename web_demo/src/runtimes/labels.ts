/** Labels inside ONNX and TFLite files, where the exporters put them; null where there are none. */

import { protobufFields, text } from "./protobuf";

/** From `metadata_props` (field 14 of ModelProto, key 1 and value 2), the entry `labels`. */
export function onnxLabels(file: ArrayBuffer): string[] | null {
  for (const entry of protobufFields(new Uint8Array(file), 14)) {
    const [key, value] = [1, 2].map((field) => text(protobufFields(entry, field)[0]));
    if (key === "labels") return parsed(value, (labels) => labels);
  }
  return null;
}

/** From `gemelo.json` in the zip, stored without compression, behind the model. */
export function tfliteLabels(file: ArrayBuffer): string[] | null {
  const json = text(zipMember(new DataView(file), "gemelo.json"));
  return parsed(json, (content) => (content as { labels?: unknown }).labels);
}

function parsed(json: string | undefined, labelsOf: (content: unknown) => unknown): string[] | null {
  if (json === undefined) return null;
  try {
    const labels = labelsOf(JSON.parse(json));
    return Array.isArray(labels) && labels.every((label) => typeof label === "string") ? labels : null;
  } catch {
    return null;
  }
}

const END_OF_ZIP = 0x06054b50;
const ZIP_ENTRY = 0x02014b50;

/** A stored member of a zip that ends the file, found by the directory at its end. */
function zipMember(file: DataView, name: string): Uint8Array | undefined {
  const end = file.byteLength - 22;
  if (end < 0 || file.getUint32(end, true) !== END_OF_ZIP) return undefined;
  const bytes = new Uint8Array(file.buffer);
  let at = file.getUint32(end + 16, true);
  while (at + 46 < end && file.getUint32(at, true) === ZIP_ENTRY) {
    const [size, offset] = [file.getUint32(at + 20, true), file.getUint32(at + 42, true)];
    const lengths = [28, 30, 32].map((field) => file.getUint16(at + field, true)) as [number, number, number];
    if (text(bytes.subarray(at + 46, at + 46 + lengths[0])) === name && offset + 30 < at) {
      const header = 30 + file.getUint16(offset + 26, true) + file.getUint16(offset + 28, true);
      return bytes.subarray(offset + header, offset + header + size);
    }
    at += 46 + lengths[0] + lengths[1] + lengths[2];
  }
  return undefined;
}
