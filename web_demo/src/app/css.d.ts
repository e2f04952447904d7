/** A view's style sheet, imported as the URL under which the build put it. */
declare module "*.css" {
  const url: string;
  export default url;
}
