"""What a visitor of the page does, and what a test sees of it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, Route, expect

# The first visit of a worn machine fetches and compiles the runtime: seconds on a quiet one.
PATIENCE = 120_000
_AXE = Path(__file__).resolve().parents[2] / "web_demo" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async (rules) => {
  const only = rules === null ? {} : { runOnly: { type: "rule", values: rules } };
  const { violations, passes } = await axe.run(document, { resultTypes: ["violations"], ...only });
  if (passes.length < (rules === null ? 10 : rules.length)) return [`only ${passes.length} rules were looked at`];
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(" ")}: ${failureSummary.split("\\n")[1]?.trim()}`));
}"""


@dataclass
class Watch:
    """All that a page asked for, and all that it complained of."""

    urls: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def foreign(self, url: str) -> list[str]:
        """Requests to another origin than that of `url`."""
        return [one for one in self.urls if not one.startswith((url, "blob:", "data:"))]


def watch(page: Page) -> Watch:
    """Starts to watch; before the page is opened."""
    seen = Watch()
    page.on("request", lambda request: seen.urls.append(request.url))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on(
        "console",
        lambda message: seen.complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    return seen


def arrive(page: Page, url: str) -> None:
    """Opens the page and waits until it has proved itself."""
    page.goto(url)
    expect(page.locator("#status .badge.good")).to_be_visible(timeout=PATIENCE)


@contextmanager
def held(page: Page, pattern: str) -> Iterator[list[Route]]:
    """Leave requests unanswered; at the end they are given up, as playwright ends no page that still waits for them."""
    routes: list[Route] = []

    def hold(route: Route) -> None:
        routes.append(route)

    page.route(pattern, hold)
    yield routes
    for route in routes:
        route.abort()
    page.unroute(pattern)


def choose(page: Page, *files: Path | Iterable[Path]) -> None:
    """Chooses photos as the file dialog gives them."""
    flat = [path for one in files for path in ([one] if isinstance(one, Path) else one)]
    page.set_input_files("input[type=file]", [str(path) for path in flat])


def wait_for_all(page: Page, count: int) -> None:
    """Until that many photos have an answer or an error."""
    cards = page.locator(".photo-card.done, .photo-card.failed")
    expect(cards).to_have_count(count, timeout=PATIENCE)


def until(page: Page, expression: str) -> None:
    """Until an expression is true. Playwright's own wait_for_function needs eval, which the page's policy forbids."""
    for _ in range(PATIENCE // 50):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}")


def eventually(page: Page, look: Callable[[], object], wanted: object) -> None:
    """Until what is seen is what is wanted: for what playwright's `expect` has no word for."""
    for _ in range(PATIENCE // 50):
        if look() == wanted:
            return
        page.wait_for_timeout(50)
    assert look() == wanted


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds wrong with the page as it is now, by all its rules or by some."""
    # Evaluated, for the page's own policy lets no foreign script in.
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    return list(page.evaluate(_RUN, rules))
