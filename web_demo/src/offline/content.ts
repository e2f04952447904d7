/** What page.json says of files: their hashes, and which a visit without a network will want. */

export interface FileInfo {
  readonly bytes: number;
  readonly sha256: string;
}
type Files = Readonly<Record<string, FileInfo>>;
/** What is read of page.json; page.ts has it all. */
export interface PageJson {
  readonly runtimes: readonly string[];
  readonly goldens: FileInfo & { readonly path: string };
  readonly artifacts: readonly { readonly format: string; readonly exact: boolean; readonly files: Files }[];
  readonly layers: { readonly files: Files } | null;
  readonly samples: readonly (FileInfo & { readonly path: string })[];
  readonly reference: (FileInfo & { readonly path: string }) | null;
  readonly answers?: (FileInfo & { readonly path: string }) | null;
}

// Layers to look inside are kept with the page if they are small: a visit without a network cannot fetch them.
const SMALL = 1 << 19;

/** The artifact with which a visit begins. @param preferred the format of the page's first runtime. */
export function defaultFiles({ artifacts }: PageJson, preferred: string | undefined): string[] {
  const own = artifacts.filter(({ format }) => format === preferred);
  const first = [...own, ...artifacts].find(({ exact }) => exact) ?? own[0] ?? artifacts[0];
  return Object.keys(first?.files ?? {});
}

export function layerFiles({ layers }: PageJson): string[] {
  const files = Object.entries(layers?.files ?? {});
  return files.reduce((sum, [, { bytes }]) => sum + bytes, 0) <= SMALL ? files.map(([path]) => path) : [];
}

/** Every file whose hash stands in page.json. */
export function tableOf({
  goldens,
  artifacts,
  layers,
  samples,
  reference,
  answers,
}: PageJson): Map<string, FileInfo> {
  const table = new Map<string, FileInfo>();
  for (const group of [...artifacts, layers]) {
    for (const [path, info] of Object.entries(group?.files ?? {})) table.set(path, info);
  }
  for (const one of [goldens, ...samples, reference, answers ?? null]) {
    if (one !== null) table.set(one.path, one);
  }
  return table;
}
