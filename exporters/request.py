"""What an export was asked for, checked whole before anything is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from gemelo import runtimes
from gemelo.errors import MissingDependencyError, UnknownNameError, UsageError
from gemelo.parity.gates import gate_for
from gemelo.store.run import Run

from . import formats as registry


@dataclass(frozen=True)
class Choice:
    """One artifact to be made.

    Attributes:
        format, variant: Which.
        by_name: Whether its variant was asked for: it must then pass its gate, or the export fails.
    """

    format: str
    variant: str
    by_name: bool

    @property
    def name(self) -> str:
        """Format and variant: `onnx/fp32`."""
        return f"{self.format}/{self.variant}"


def choose(
    formats: Sequence[str] | None, variants: Sequence[str] | None, *, every: bool = False, needed: Sequence[str] = ()
) -> list[Choice]:
    """The artifacts to be made, in the order of the registry.

    Args:
        formats: Which; None takes all.
        variants: Which, of those formats; a variant (`int8`) in every format that has it, or one alone
            (`onnx/int8`); None takes the usual ones of each format.
        every: Take all variants where none is named.
        needed: Artifacts that are made besides the usual ones, where no variant is named.

    Raises:
        UsageError: Names that there are not; all of them at once.
    """
    known = registry.names()
    wrong: list[UsageError] = [UnknownNameError("format", name, known) for name in formats or () if name not in known]
    chosen = [name for name in known if formats is None or name in formats]
    there_are = {name: registry.get(name).VARIANTS for name in chosen}
    there = list(dict.fromkeys(variant for of_format in there_are.values() for variant in of_format))
    alone = [f"{name}/{variant}" for name, of_format in there_are.items() for variant in of_format]
    # Where no format is known, nothing can be said about variants.
    wrong += [
        UnknownNameError("variant", name, alone if "/" in name else there)
        for name in variants or ()
        if there and name not in (*there, *alone)
    ]
    usual = {name: there_are[name] if every else registry.get(name).USUAL for name in chosen}
    if every and variants is not None:
        wrong.append(UsageError("--all takes every variant, --variants some of them: give one of the two"))
    choices = [
        Choice(name, variant, variants is not None)
        for name in chosen
        for variant in there_are[name]
        if {variant, f"{name}/{variant}"} & {*(variants if variants is not None else (*usual[name], *needed))}
    ]
    if not choices and not wrong:
        wrong.append(UsageError("no format or no variant was named: there is nothing to export"))
    _raise(wrong)
    return choices


def not_installed(choices: Sequence[Choice], *, strict: bool) -> dict[str, UsageError]:
    """What is missing to write or to verify a format, by its name; nothing is exported that cannot be verified here.

    Raises:
        UsageError: Nothing can be exported, or with `strict` not everything.
    """
    formats = dict.fromkeys(choice.format for choice in choices)
    problems = {name: problem for name in formats if (problem := _missing(name)) is not None}
    if strict or len(problems) == len(formats):
        _raise(list(problems.values()))
    return problems


def unjudged(choices: Sequence[Choice], run: Run) -> dict[str, UsageError]:
    """Artifacts in 8 bits of a model that was imported without photos, by name: nothing could be said of them."""
    if run.manifest.imported is None or run.reference.test:
        return {}
    error = UsageError(
        "8 bits are calibrated and judged on photos, and there are none",
        hint="import the model with --photos DIR, a folder with a folder of photos for each label",
    )
    return {choice.name: error for choice in choices if gate_for(choice.variant, 0).quantized}


def _missing(name: str) -> UsageError | None:
    packages: dict[str, str] = getattr(registry.get(name), "PACKAGES", {})
    for package, command in packages.items():
        if find_spec(package) is None:
            return MissingDependencyError(package, command)
    try:
        with runtimes.apart(name):  # a process that it starts would wait through the whole export
            runtimes.get(name).version()
    except (MissingDependencyError, UnknownNameError) as exc:
        return exc
    return None


def _raise(wrong: Sequence[UsageError]) -> None:
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        hints = dict.fromkeys(problem.hint for problem in wrong if problem.hint)
        raise UsageError("; ".join(problem.message for problem in wrong), hint="\n".join(hints) or None)
