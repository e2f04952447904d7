"""Photos named on the command line: their answers are printed as `gemelo predict` does."""

from collections.abc import Sequence

from gemelo.cli.answers import find_photos, print_answers
from gemelo.cli.text import complain
from gemelo.pack.device.model import Model


def answer_photos(model: Model, arguments: Sequence[str], top: int | None, as_json: bool) -> int:
    """Classify photos, folders and globs, print the answers, and return the exit code.

    Raises:
        NotFoundError: None of them names anything.
    """
    paths, missing = find_photos(arguments)
    told = ((path, answer, model.is_sure(answer)) for path, answer in model.answer_all(paths, top))
    failed = print_answers(told, as_json)
    for problem in missing:
        complain(problem.message, problem.hint)
    return 1 if failed or missing else 0
