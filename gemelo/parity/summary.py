"""A parity report in a few sentences: what was proved, and what was left out and why."""

from collections.abc import Sequence

from gemelo.parity.report import ArtifactParity, ParityReport


def proved(report: ParityReport) -> str:
    """One sentence on everything that passed."""
    passed = [result for result in report.artifacts if result.passed]
    exact = [result for result in passed if result.variant == "fp32"]
    near = [result for result in passed if result.variant != "fp32" and not result.gate.quantized]
    quantized = [result for result in passed if result.gate.quantized]
    parts = [
        *([_exact(exact)] if exact else []),
        *([_near(near)] if near else []),
        *([_quantized(quantized)] if quantized else []),
    ]
    images = f"{report.goldens} goldens and {report.photos} photos" if report.photos else f"{report.goldens} goldens"
    return f"Proved on {images}: {'; '.join(parts)}." if parts else f"Nothing was proved on {images}."


def gates_by_hand(report: ParityReport) -> list[str]:
    """A sentence on each artifact whose gate was set by hand."""
    return [f"{result.name}: {result.gate.reason}" for result in report.artifacts if result.gate.by_hand]


def allowance(result: ArtifactParity) -> str:
    """How many decisive label changes there are, of how many that are allowed: `1 of 4`."""
    return "-" if result.allowed is None else f"{result.decisive} of {result.allowed}"


def _exact(results: Sequence[ArtifactParity]) -> str:
    changes = max(result.changes for result in results)
    labels = "every label" if not changes else f"every label but {changes}, a tie"
    return f"{_names(results)} {_give(results)} Keras's probabilities to {_worst(results):.1e}, and {labels}"


def _near(results: Sequence[ArtifactParity]) -> str:
    changes = max(result.changes for result in results)
    labels = "every label" if not changes else f"every label but {changes} of {results[0].counted}"
    return f"{_names(results)} {_give(results)} them to {_worst(results):.1e}, and {labels}"


def _quantized(results: Sequence[ArtifactParity]) -> str:
    fewest = min(result.counted - result.changes for result in results)
    text = (
        f"{_names(results)} {'keeps' if len(results) == 1 else 'keep'} at least {fewest} of {results[0].counted} labels"
    )
    drops = [result.accuracy_drop for result in results if result.accuracy_drop is not None]
    if not drops:
        return text
    lost = f"lose at most {max(drops):.2f} points of accuracy" if max(drops) > 0 else "lose no accuracy"
    return f"{text} and {lost if len(results) > 1 else lost.replace('lose', 'loses', 1)}"


def _worst(results: Sequence[ArtifactParity]) -> float:
    return max(result.max_abs_difference for result in results)


def _give(results: Sequence[ArtifactParity]) -> str:
    return "gives" if len(results) == 1 else "give"


def _names(results: Sequence[ArtifactParity]) -> str:
    names = [result.name for result in results]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
