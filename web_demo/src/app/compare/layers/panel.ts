/** The card "Where does it begin?": what is asked of an artifact, what was found, and the report to take along. */

import { titleOf } from "../../../runtimes/registry";
import type { App } from "../../shell/app";
import { h, loadStyle } from "../../shell/dom";
import { reason, reasonOf, type Reason } from "../../shell/errors";
import { say } from "../../shell/i18n";
import { columns } from "../columns";
import { type Comparison, LIMIT_SECONDS, type Row } from "../comparison";
import { unlessAborted } from "../measure";
import { copy } from "../share";
import type { Subject } from "../subject";
import { words as compared } from "../words";
import css from "./begins.css";
import { find, type Found, precisionOf } from "./find";
import { type About, markdown, notes, table, verdict } from "./report";
import { words } from "./words";

/** What was asked of an artifact, and what came of it: it outlives a change of language. */
interface Asked {
  readonly subject: Subject;
  readonly about: About;
  found: Found | null;
  failed: Reason | null;
}

export class Panel {
  private root = h("section");
  private ending: AbortController | null = null;
  private asked: Asked | null = null;

  constructor(
    private readonly app: App,
    private readonly of: Comparison,
  ) {}

  /** Draws into another element from now on: the view was drawn anew, in another language perhaps. */
  moveTo(root: HTMLElement): void {
    this.root = root;
    this.draw(false);
  }

  /** Forgets what was said of another photo. */
  refresh(): void {
    if (this.asked !== null && this.asked.subject !== this.of.subject) this.stop();
  }

  /**
   * Asks of an artifact that has run where it begins to differ, on the photo that it has run on.
   *
   * @param against the artifact that is the reference where the bundle has no layers; null where it has.
   */
  async ask(row: Row, against: Row | null): Promise<void> {
    const { measured } = row;
    const { subject, keras } = this.of;
    if (measured === null || subject === null) return;
    this.stop();
    const ending = new AbortController();
    const asked: Asked = { subject, about: this.aboutOf(row, against, subject), found: null, failed: null };
    [this.ending, this.asked] = [ending, asked];
    await loadStyle(css);
    this.draw(true);
    const { page } = this.app;
    const { passed } = measured.verification;
    try {
      await unlessAborted(this.idle(), ending.signal);
      const reference = against?.choice ?? null;
      const question = { page, choice: row.choice, reference, image: subject.tensor, keras, passed };
      asked.found = await within(LIMIT_SECONDS, ending, find(question, ending.signal));
    } catch (thrown) {
      asked.failed = reasonOf(thrown);
    }
    if (this.asked !== asked) return;
    this.ending = null;
    this.draw(false);
    this.app.announce(this.sentence(asked));
  }

  /** Gives up what is running, and hides what was found: another photo was chosen, or the view is left. */
  stop(): void {
    this.ending?.abort(new Error("canceled"));
    [this.ending, this.asked] = [null, null];
    this.root.hidden = true;
    this.root.replaceChildren();
  }

  /** Until nothing is measured: what runs beside it would be measured too. */
  private async idle(): Promise<void> {
    const { of } = this;
    if (of.running === null) return;
    await new Promise<void>((done) => {
      const end = of.onChange(() => {
        if (of.running !== null) return;
        end();
        done();
      });
    });
  }

  private aboutOf(row: Row, against: Row | null, { name, sha256 }: Subject): About {
    const { page } = this.app;
    const goldens = columns(page.labels).find(({ id }) => id === "goldens");
    return {
      name: row.name,
      reference: against?.name ?? null,
      precision: precisionOf(row.choice, against?.choice ?? null),
      bundle: `${page.name}, gemelo ${page.gemelo}`,
      runtime: `${titleOf(row.choice.runtime)} ${row.measured?.version ?? ""}, ${row.choice.backend}`,
      ...{ photo: name, sha256 },
      selfTest: goldens?.text(row, this.of) ?? "",
      agent: navigator.userAgent,
    };
  }

  private sentence({ about, found, failed }: Asked): string {
    const { failed: notCompared, running } = say(words);
    if (failed !== null) return notCompared(reason(failed));
    return found === null ? running : verdict(about, found);
  }

  private draw(scroll: boolean): void {
    const { asked } = this;
    if (asked === null) return;
    const { about, found } = asked;
    const { of, title, close } = say(words);
    const heading = h("h2", { tabindex: -1, text: title });
    const quiet = h("button", { class: "button quiet small", type: "button", text: close });
    quiet.addEventListener("click", () => this.stop());
    this.root.replaceChildren(
      heading,
      h("p", { class: "muted", text: of(about.name, about.photo) }),
      h("p", { class: found?.here == null ? "verdict" : "verdict bad", text: this.sentence(asked) }),
      ...(found === null ? [] : this.details(about, found)),
      ...(found === null ? [h("div", { class: "row" }, quiet)] : [this.takeAway(about, found, quiet)]),
    );
    this.root.hidden = false;
    this.root.querySelector("[data-state=begins]")?.scrollIntoView({ block: "nearest" });
    if (!scroll) return;
    this.root.scrollIntoView({ block: "nearest" });
    heading.focus({ preventScroll: true });
  }

  private details(about: About, found: Found): HTMLElement[] {
    const list = h("ul", { class: "muted" }, ...notes(about, found).map((text) => h("li", { text })));
    // Reached by the keyboard, for it scrolls.
    const label = say(words).caption;
    const layers = h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
      table(found),
    );
    return [layers, list];
  }

  private takeAway(about: About, found: Found, close: HTMLElement): HTMLElement {
    const { copied, notCopied } = say(compared);
    const result = h("span", { class: "muted", role: "status" });
    const click = async (): Promise<void> => {
      result.textContent = (await copy(markdown(about, found))) ? copied : notCopied;
    };
    const button = h("button", { class: "button quiet small", type: "button", text: say(words).copy });
    button.addEventListener("click", () => void click());
    return h("div", { class: "row take" }, button, close, result);
  }
}

/** What is awaited, given up after so many seconds. */
async function within<T>(seconds: number, ending: AbortController, awaited: Promise<T>): Promise<T> {
  const tooLong = (): void => ending.abort(new Error(say(compared).tooLong(seconds)));
  const timer = setTimeout(tooLong, seconds * 1000);
  try {
    return await unlessAborted(awaited, ending.signal);
  } finally {
    clearTimeout(timer);
  }
}
