/** As much of protobuf as ONNX files need: fields that have a length are read by their number, and written. */

export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** The contents of a message's fields of one number, if they have a length; what is not protobuf has none. */
export function protobufFields(message: Uint8Array, wanted: number): Uint8Array[] {
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

/** A field that has a length. */
export function protobufField(number: number, contents: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(...varint(number * 8 + 2), ...varint(contents.length)), contents]);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
