"""The detective at work: on a model alone, before an import that leaves the preprocessing to it, and after one."""

from dataclasses import replace

from gemelo.errors import DatasetError, Message, UsageError
from gemelo.progress import SILENT, Progress

from . import photos, settle, verdict
from .declare import Declared
from .detective import detect, sample
from .ends import probabilities
from .loaded import Loaded
from .opening import opened
from .options import ImportOptions
from .photos import Photos
from .settle import Settled
from .trials import Array, Combination, Finding


def detect_model(options: ImportOptions, progress: Progress = SILENT) -> tuple[Finding, list[str]]:
    """What preprocessing a model wants, and the options of `gemelo import` that say so.

    Args:
        options: The model, its photos and what is known of it; where an import would go is not looked at.
        progress: Where to report to.

    Raises:
        UsageError: There are no photos, or something that is said does not fit the model.
        ModelError: The file is no model that can be imported.
        DatasetError, LabelMismatchError: The photos do not fit the model.
    """
    settle.check(options)
    found = _photos(options)
    with opened(options.model, options.trust) as loaded:
        finding = investigate(loaded, settle.known(loaded, options, None), found, progress)
        return finding, verdict.options(finding.best.combination, inside=loaded.inside.scale is not None)


def detected(loaded: Loaded, options: ImportOptions, found: Photos | None, progress: Progress) -> Declared:
    """What the detective declares of a model where its owner leaves that to it.

    Raises:
        UsageError: There are no photos, or they do not tell.
    """
    if found is None:
        raise _no_photos(options)
    finding = investigate(loaded, settle.known(loaded, options, None), found, progress)
    for sentence in verdict.sentences(finding):
        progress.note(sentence)
    if not finding.knows:
        raise UsageError(
            f"{options.model.name}: its preprocessing cannot be found out with these photos",
            hint="say how its training prepared photos: --scale, --channel-order, --filter, --fit, or --preset",
        )
    return finding.best.combination.declared()


def doubts(loaded: Loaded, settled: Settled, found: Photos, progress: Progress) -> Message | None:
    """What speaks against a preprocessing that was declared; None where nothing does."""
    own = settled.preprocessing
    order = "bgr" if settled.bgr else "rgb"
    known = Declared(settled.scale, order, own.width, own.height, own.fit, own.filter, own.resize_to, settled.output)
    # In the order of the folders if nobody said another: then it is open.
    by = {row.name: row.by for row in settled.said}
    known = replace(known, labels=None if by.get("labels") == "photos" else settled.labels)
    known = replace(known, filter=None if by.get("filter") == "default" else own.filter)
    finding = investigate(loaded, known, found, progress)
    one = Combination(settled.scale, order, own.filter, own.fit, own.resize_to, settled.labels)
    return verdict.warning(finding, one)


def investigate(loaded: Loaded, known: Declared, found: Photos, progress: Progress) -> Finding:
    """Let the detective look at some of the photos."""
    some = sample([(photo.path, photo.label) for photo in found.photos])

    def answers(outputs: Array) -> Array:
        return probabilities(outputs, known.output)

    finding = detect(loaded, known, some, probabilities=answers, progress=progress)
    return replace(finding, given=len(found.photos))


def _photos(options: ImportOptions) -> Photos:
    if options.photos is None:
        raise _no_photos(options)
    found = photos.read(options.photos)
    if len(found.folders) < 2:
        raise DatasetError(
            f"{options.photos}: there are photos of one label only", hint="the detective needs some of each label"
        )
    return found


def _no_photos(options: ImportOptions) -> UsageError:
    return UsageError(
        f"{options.model.name}: the detective needs photos whose labels are known",
        hint="add --photos DIR with a folder for each label; 50 to 200 photos are enough",
    )
