"""What the page's module, gemelo.js, answers to photos, held to what Python answers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gemelo import load
from tests.browser.engines import Tab

TOLERANCE = 1e-5
_CLASSIFY = """async (module, photos) => {
  const classifier = await (await import(module)).load();
  const answers = [];
  for (const photo of photos) {
    try {
      const { predictions } = await classifier.classify(await (await fetch(photo)).blob());
      answers.push(Object.fromEntries(predictions.map(({ label, probability }) => [label, probability])));
    } catch ({ message }) {
      answers.push(message);
    }
  }
  classifier.close();
  return answers;
}"""

Probabilities = dict[str, float]


def by_python(bundle: Path, photos: Sequence[Path]) -> list[Probabilities]:
    """The probabilities of each photo, by label."""
    with load(bundle) as classifier:
        return [{p.label: p.probability for p in classifier.predict(photo)} for photo in photos]


def by_browser(tab: Tab, page: str, photos: Sequence[str]) -> list[Probabilities | str]:
    """The same by the module of a page, or why there are none; from a tab that shows the page's host."""
    return list(tab.run(_CLASSIFY, f"{page}gemelo.js", list(photos)))


def wrong(answers: Sequence[Probabilities | str], expected: Sequence[Probabilities], reason: str = "\0") -> list[str]:
    """What differs, by photo; a refusal counts unless it gives the reason."""
    found = []
    for number, (answer, wanted) in enumerate(zip(answers, expected, strict=True)):
        refused = isinstance(answer, str)
        if (refused and reason not in answer) or (not refused and answer != pytest.approx(wanted, abs=TOLERANCE)):
            found.append(f"photo {number}: {answer}, in Python {wanted}")
    return found
