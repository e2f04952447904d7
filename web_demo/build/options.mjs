/** How everything in a page is built. */
export const COMMON = {
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  mainFields: ["browser", "module", "main"],
  legalComments: "none",
  write: false,
  metafile: true,
  logLevel: "warning",
  loader: { ".jpg": "binary", ".webp": "binary", ".wasm": "binary" },
};
