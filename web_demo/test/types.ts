/** gemelo.d.ts is written by hand: what it declares is what gemelo.ts is. Nothing here runs; tsc checks it. */

import type * as Actual from "../src/gemelo";
import type * as Declared from "../src/module/gemelo";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Fits<A, B> = A extends B ? true : false;
type Instance<C> = C extends { prototype: infer I } ? I : never;

const checks: readonly true[] = [
  // What callers give is the same; older compilers do not know views of one kind of buffer.
  true satisfies Fits<Actual.Photo, Declared.Photo>,
  true satisfies Fits<Actual.LoadOptions, Declared.LoadOptions>,
  true satisfies Fits<Declared.LoadOptions, Actual.LoadOptions>,
  true satisfies Fits<Declared.Choice, Actual.Choice>,
  // What callers get has at least what is declared.
  true satisfies Fits<Actual.Answer, Declared.Answer>,
  true satisfies Fits<Declared.Answer, Actual.Answer>,
  true satisfies Fits<Actual.Choice, Declared.Choice>,
  true satisfies Fits<Actual.Verification, Declared.Verification>,
  true satisfies Fits<Actual.Classifier, Instance<typeof Declared.Classifier>>,
  true satisfies Fits<typeof Actual.load, typeof Declared.load>,
  true satisfies Fits<Instance<typeof Actual.PhotoError>, Declared.PhotoError>,
  true satisfies Fits<Instance<typeof Actual.NoEngineError>, Declared.NoEngineError>,
  true satisfies Fits<Instance<typeof Actual.RuntimeError>, Declared.RuntimeError>,
  // Nothing public is left out.
  true satisfies Same<keyof Actual.Classifier, keyof Declared.Classifier>,
  true satisfies Same<keyof typeof Actual, keyof typeof Declared>,
];

export { checks };
