"""A folder of photos in, a run out: the one entry of this package."""

import time
from pathlib import Path

import keras

from gemelo.errors import UsageError
from gemelo.progress import Progress, Silent
from gemelo.store.run import Run
from gemelo.store.schema import as_json
from gemelo.store.temporary import gathered

from . import architectures, pretrained
from .batches import Feed, Targets
from .cache import default_folder
from .checkpoint import Workspace
from .command import command
from .dataset import Dataset
from .distributed import Workers
from .finalize import Finish
from .fit import Fit
from .options import Plan, TrainOptions, recipe_of, resolve
from .scan import scan
from .splits import Splits, decode
from .train_step import Learner

__all__ = ["TrainOptions", "train"]


def train(options: TrainOptions, progress: Progress | None = None) -> Run | None:
    """Train a classifier on a folder of photos.

    Args:
        options: What is asked.
        progress: Told of decoding and of every epoch.

    Returns:
        The finished run, written and read back; None in a worker that is not the first.

    Raises:
        UsageError: The options, the folder of photos or the place of the run do not do; see its subclasses.
        TrainingError: The loss became NaN or infinite, or another worker is gone; the last good checkpoint stays for
            `resume`.
        StorageError: The disk is full or may not be written to.
    """
    progress = progress or Silent()
    workers = Workers.start(options.distribute)
    plan, workspace = resolve(options), Workspace(options.out)
    _check(options, plan, workspace, workers)
    dataset = scan(options.data, table=options.labels, test_fraction=options.test_fraction, seed=options.seed)
    if plan.teachers:
        plan.teachers.check_labels(dataset.labels)
    with workers.watching(options.out), gathered("train"), workspace.on_full_disk(resume=options.resume):
        return _train(options, plan, workspace, dataset, workers, progress)


def _check(options: TrainOptions, plan: Plan, workspace: Workspace, workers: Workers) -> None:
    if workers.first:
        workspace.check(resume=options.resume, overwrite=options.overwrite)
    if options.out.resolve().is_relative_to(options.data.resolve()):
        raise UsageError(
            f"{options.out}: a run there would be taken for a class of photos the next time",
            hint=f"choose a place outside {options.data}",
        )
    if plan.settings.batch % workers.replicas:
        raise UsageError(f"--batch {plan.settings.batch}: must be a multiple of {workers.replicas}, one share a device")
    if plan.settings.teacher_views and not workers.alone:
        raise UsageError("--teacher-views keeps a teacher's answers on one device: leave it out with --distribute")


def _train(
    options: TrainOptions, plan: Plan, workspace: Workspace, dataset: Dataset, workers: Workers, progress: Progress
) -> Run | None:
    classes = len(dataset.labels)
    keras.backend.clear_session()  # not under a strategy, which it would forget
    with workers.strategy.scope():
        model = _build(plan, classes)
        data = decode(options, plan, dataset, workers, progress)
        if workers.first:
            for line in (data.report.reading, *data.report.hints, *dataset.facts):
                progress.note(line)
        asked = {"training": as_json(plan.facts()), "data": {"photos": data.report.fingerprint}}
        if workers.first and options.resume:
            workspace.go_on(asked)
        elif workers.first:
            workspace.begin(asked, command(options, plan, here=True))
        started = time.perf_counter()
        outcome = _fit(model, plan, data, workspace, workers, options.cache or default_folder()).run(progress)
        seconds = round(time.perf_counter() - started, 1)
    run = None
    if workers.first:
        # The other replicas' copies of the weights stay behind.
        model = model if workers.alone else _build(plan, classes)
        model.set_weights(outcome.weights)
        run = Finish(options, plan, data, model, outcome, seconds).write(progress)
        workspace.clear()
    workers.gather(b"")  # who leaves early is taken for lost
    return run


def _build(plan: Plan, classes: int) -> keras.Model:
    keras.utils.set_random_seed(plan.seed)
    model = architectures.get(plan.architecture).build(plan.preprocessing, classes)
    if plan.settings.pretrained:
        pretrained.get(plan.settings.pretrained).load(model)
    return model


def _fit(model: keras.Model, plan: Plan, data: Splits, workspace: Workspace, workers: Workers, scratch: Path) -> Fit:
    settings, local = plan.settings, workers.replicas // workers.count
    most = min(settings.batch // workers.replicas, min(data.shares) // local) * local
    if not most:
        raise UsageError(f"{min(data.shares)} training photos are too few for {local} devices")
    feed = Feed(
        photos=data.seen,
        targets=Targets(data.train.labels, model.output_shape[-1]),
        batch=most,
        recipe=recipe_of(settings),
        seed=plan.seed,
        views=settings.teacher_views if plan.teachers else None,
        worker=workers.index,
        workers=workers.count,
        least=-(-max(data.shares) // most),
    )
    teacher = plan.teachers.load() if plan.teachers else None
    learner = Learner(model, settings, feed, teacher, workers)
    return Fit(learner, feed, data.train, data.held, workspace, workers, scratch)
