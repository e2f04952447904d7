/** A decoder compiled by Emscripten, started when it is first asked, and again after it has aborted. */

type Factory<Module> = (options: object) => Promise<Module>;

/** Gives a function that hands the started module to its argument. */
export function started<Module>(
  factory: Factory<Module>,
  wasmBinary: Uint8Array,
): (use: (module: Module) => ImageData | null) => Promise<ImageData> {
  let module: Promise<Module> | null = null;
  return async (use) => {
    module ??= factory({ noInitialRun: true, wasmBinary, print: () => undefined, printErr: () => undefined });
    try {
      const image = use(await module);
      if (image === null) throw new Error("the file cannot be decoded");
      return image;
    } catch (thrown) {
      // What aborted once, for want of memory say, never answers again.
      module = null;
      throw thrown;
    }
  };
}
