"""Photos named on the command line: their answers are printed as `gemelo predict` does."""

from collections.abc import Sequence

from gemelo.edge.device.model import Model
from gemelo.terminal.answers import find_photos, print_answers


def answer_photos(model: Model, arguments: Sequence[str], top: int | None, as_json: bool) -> int:
    """Classify photos, folders and globs, print the answers, and return the exit code.

    Raises:
        NotFoundError: None of them names anything.
    """
    named = find_photos(arguments)
    told = ((path, answer, model.is_sure(answer)) for path, answer in model.answer_all(named.photos, top))
    failed = print_answers(told, as_json)
    named.report()
    return 1 if failed or named.missing else 0
