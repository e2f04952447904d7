// Written by tools/messages.py from gemelo/messages: do not edit.

export const ENGINE = {
  "layers.left-out": "this bundle was exported without its layers",
  "engine.missing": "{file} is missing (HTTP {status})",
  "engine.fetch": "{file} cannot be fetched: {reason}",
  "engine.tampered": "{file} is not the file that was written",
  "engine.difference": "max difference {difference:.2g}, at most {limit} allowed",
  "engine.label-changes": "{count} label changes, at most {limit} allowed",
  "engine.bytes": "{count} goldens become other bytes here than in Python: {names}",
  "engine.start": "{choice} cannot start: {reason}",
  "engine.eight-bits":
    "LiteRT.js shows no tensors of 8 bits; gemelo verify BUNDLE --layers compares them in Python",
} as const;
