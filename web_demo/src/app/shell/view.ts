/** What a tab of the page is. `classify` comes with the page; the others are imported when first opened. */

import type { App } from "./app";

export type ViewId = "classify" | "compare" | "inside" | "about";

export interface View {
  readonly id: ViewId;
  /** The name of its tab, in the language that is spoken. */
  title(): string;
  /**
   * Fills an empty element below an h1 with the title, which the shell has set: headings start at h2. All but
   * `classify` and `about` are mounted only once an engine has passed. Called again, after `unmount`, when the language changes or the tab is
   * opened again.
   */
  mount(root: HTMLElement, app: App): void | Promise<void>;
  /**
   * Ends what it started: listeners, cameras, timers. The shell empties the element.
   *
   * @param again it is mounted once more at once, in another language: what is under way goes on there.
   */
  unmount(again: boolean): void;
}
