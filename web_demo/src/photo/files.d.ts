/** Binary files, which esbuild puts into the code as their bytes. */

declare module "*.jpg" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
declare module "*.webp" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
declare module "*.wasm" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
