/** Labels inside ONNX and TFLite files, where the exporters put them; null where there are none. */

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

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** The contents of a message's fields of one number, if they have a length; what is not protobuf has none. */
function protobufFields(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale, byte] = [0, 1, 0x80];
    while (byte & 0x80) {
      byte = message[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    }
    return value;
  };
  const skip = [varint, () => (at += 8), null, null, null, () => (at += 4)];
  while (at < message.length) {
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 2) {
      const length = varint();
      if (field === wanted) found.push(message.subarray(at, at + length));
      at += length;
    } else if (skip[type]) {
      skip[type]();
    } else {
      return found;
    }
  }
  return found;
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
