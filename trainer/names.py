"""Names of classes that are not the same, or look it: what differs is said."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence


def compare(names: Sequence[str], here: str, others: Sequence[str], there: str) -> list[str]:
    """Classes of one split that another lacks, and the other way round.

    Args:
        names: Of the classes of the training split, in Unicode's normal form C.
        here: What the training split is called.
        others: Of the classes of the other split.
        there: What that is called.
    """
    missing, extra = sorted(set(names) - set(others)), sorted(set(others) - set(names))
    alike_name = {name: next((other for other in extra if alike(name, other)), None) for name in missing}
    known = {other for other in alike_name.values() if other is not None}
    return [
        f"class {name!r} is in {here} but not in {there}" + (f", which has {_told_apart(name, other)}" if other else "")
        for name, other in alike_name.items()
    ] + [f"class {name!r} is in {there} but not in {here}" for name in extra if name not in known]


def case_only(names: Sequence[str]) -> list[str]:
    """A sentence for each group of classes that differ by capitals only."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[name.casefold()].append(name)
    return [
        f"classes {' and '.join(map(repr, group))} differ by capitals only: if they are one class, merge their folders"
        for group in groups.values()
        if len(group) > 1
    ]


def alike(one: str, other: str) -> bool:
    """Whether two names look much the same: but for capitals, spaces, and characters that stand for the same."""
    return _skeleton(one) == _skeleton(other)


def _told_apart(name: str, other: str) -> str:
    if name.casefold() == other.casefold():
        return f"{other!r}: they differ by capitals only"
    return f"{other!r}: they differ in characters that look alike or cannot be seen, {name!a} and {other!a}"


def _skeleton(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf" and c not in "_-")
