"""Step 4 of the preprocessing: a photo, resized by its plan and a filter.

docs/preprocessing.md says which filters there are. `web_demo/src/photo/resample.ts` is the counterpart. Of a large
photo only the pixels that count are kept, or a band of rows at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gemelo.preprocessing import opencv_filters as opencv
from gemelo.preprocessing import pillow_filters as pillow
from gemelo.preprocessing import tensorflow_filters as tf
from gemelo.preprocessing.plan import Plan, plan_of
from gemelo.preprocessing.specification import Preprocessing
from gemelo.preprocessing.upright import Upright

Bytes: TypeAlias = NDArray[np.uint8]
Places: TypeAlias = NDArray[np.intp]
Taps: TypeAlias = Sequence[tuple[Places, NDArray[Any]]]
# Of an area: rounded to float32 at each step, or whole numbers.
Sums: TypeAlias = NDArray[Any]

_BLOCK_PIXELS = 1 << 18


def resized(photo: Upright, preprocessing: Preprocessing) -> Bytes:
    """The photo at the input's size: uint8 (height, width, 3).

    Raises:
        ImageTooLargeError: What it would be resized by way of is too large.
        UnsupportedImageError: Nothing of it would be left.
        CorruptImageError: Its pixels cannot be converted.
    """
    plan = plan_of(photo.name, photo.width, photo.height, preprocessing)
    shown = plan.shown(preprocessing.width, preprocessing.height)
    found = _FILTERS.get(preprocessing.filter, _convolved)(_Job(photo, plan, preprocessing.filter, *shown))
    if found.shape[:2] == preprocessing.shape[:2]:
        return found
    canvas = np.zeros((preprocessing.height, preprocessing.width, 3), np.uint8)
    left, top = max(0, plan.x), max(0, plan.y)
    canvas[top : top + found.shape[0], left : left + found.shape[1]] = found
    return canvas


class _Job:
    """A window of a photo, and what it becomes.

    Attributes:
        photo, plan, filter: As given.
        columns, rows: The output pixels that are asked for.
    """

    def __init__(self, photo: Upright, plan: Plan, filter: str, columns: range, rows: range) -> None:
        self.photo, self.plan, self.filter = photo, plan, filter
        self.columns, self.rows = columns, rows
        # The part of the window that lies in the photo, in the window's own columns and rows.
        self.left, self.top = max(0, -plan.left), max(0, -plan.top)
        self.right, self.bottom = (min(plan.width, photo.width - plan.left), min(plan.height, photo.height - plan.top))

    @property
    def across(self) -> tuple[int, int, range]:
        """Input pixels, output pixels, and which of them are asked for."""
        return self.plan.width, self.plan.to_width, self.columns

    @property
    def down(self) -> tuple[int, int, range]:
        """The same for the other axis."""
        return self.plan.height, self.plan.to_height, self.rows

    def bands(self) -> Iterator[tuple[int, Image.Image]]:
        """What the photo has of the window, as bands of rows, each with the row of the window that it begins at."""
        plan = self.plan
        left, right = plan.left + self.left, plan.left + self.right
        for start, band in self.photo.bands(plan.top + self.top, plan.top + self.bottom):
            whole = right - left == self.photo.width
            yield start - plan.top, band if whole else band.crop((left, 0, right, band.height))

    def pick(self, rows: Places, columns: Places) -> Bytes:
        """Pixels of the window, black where they lie outside of the photo: (rows, columns, 3)."""
        found = np.zeros((len(rows), len(columns), 3), np.uint8)
        inside = (columns >= self.left) & (columns < self.right)
        for top, band in self.bands():
            chosen = (rows >= top) & (rows < top + band.height)
            if chosen.any():
                pixels = np.asarray(band)[rows[chosen] - top]
                found[np.ix_(chosen, inside)] = pixels[:, columns[inside] - self.left]
        return found


def _convolved(job: _Job) -> Bytes:
    """Pillow's filters: across, rounded to bytes, then down."""
    plan = job.plan
    if plan.width != job.right - job.left or plan.height != job.bottom - job.top:
        return _bordered(job)
    filter = Image.Resampling[job.filter.removeprefix("pillow-").upper()]
    left, top, right, bottom = plan.box or (0, 0, plan.width, plan.height)
    # In two steps: Pillow from 12.2 on alone goes vertically first where that is less work, with other roundings.
    wide = Image.new("RGB", (plan.to_width, plan.height))
    for start, band in job.bands():
        wide.paste(band.resize((plan.to_width, band.height), filter, (left, 0, right, band.height)), (0, start))
    whole = wide.resize((plan.to_width, plan.to_height), filter, (0, top, plan.to_width, bottom))
    return np.asarray(whole)[job.rows.start : job.rows.stop, job.columns.start : job.columns.stop]


def _bordered(job: _Job) -> Bytes:
    """The same by formula, for a photo with borders: they are black, and add nothing."""
    across, down = (list(pillow.weights(job.filter, *axis)) for axis in (job.across, job.down))
    wide = np.zeros((job.bottom - job.top, len(across), 3), np.uint8)
    for start, band in job.bands():
        pixels, rows = np.asarray(band).astype(np.int32), slice(start - job.top, start - job.top + band.height)
        for i, (first, weights) in enumerate(across):
            seen, own = _overlap(first, weights, job.left, job.right)
            wide[rows, i] = _rounded(np.einsum("htc,t->hc", pixels[:, seen], own))
    found = np.zeros((len(down), len(across), 3), np.uint8)
    for i, (first, weights) in enumerate(down):
        seen, own = _overlap(first, weights, job.top, job.bottom)
        found[i] = _rounded(np.einsum("twc,t->wc", wide[seen].astype(np.int32), own))
    return found


def _overlap(first: int, weights: NDArray[np.int32], low: int, high: int) -> tuple[slice, NDArray[np.int32]]:
    """The pixels from `low` to `high` that a kernel sees, counted from `low`, and their weights."""
    start, end = min(max(first, low), high), max(min(first + len(weights), high), low)
    return slice(start - low, end - low), weights[start - first : max(end, start) - first]


def _rounded(sums: NDArray[np.int32]) -> NDArray[np.int32]:
    return ((sums + (1 << pillow.BITS - 1)) >> pillow.BITS).clip(0, 255)


def _pillow_nearest(job: _Job) -> Bytes:
    left, top, right, bottom = job.plan.box or (0, 0, job.plan.width, job.plan.height)
    return job.pick(pillow.nearest(*job.down, top, bottom), pillow.nearest(*job.across, left, right))


def _tf_nearest(job: _Job) -> Bytes:
    return job.pick(tf.nearest(*job.down), tf.nearest(*job.across))


def _opencv_nearest(job: _Job) -> Bytes:
    return job.pick(opencv.nearest(*job.down), opencv.nearest(*job.across))


def _tf_bilinear(job: _Job) -> Bytes:
    (left, right, tx), (top, bottom, ty) = tf.bilinear(*job.across), tf.bilinear(*job.down)
    pixels, (top, bottom), (left, right) = _compact(job, (top, bottom), (left, right))

    def rows(block: slice) -> NDArray[Any]:
        upper, lower = (pixels[at[block]].astype(np.float32) for at in (top, bottom))
        a, b = (row[:, left] + (row[:, right] - row[:, left]) * tx[:, None] for row in (upper, lower))
        return np.rint(a + (b - a) * ty[block, None, None])

    return _blocks(job, rows)


def _tf_bicubic(job: _Job) -> Bytes:
    """Down first, then across, as TensorFlow has it."""
    (columns, wx), (rows_seen, wy) = tf.bicubic(*job.across), tf.bicubic(*job.down)
    pixels, down, across = _compact(job, tuple(rows_seen.T), tuple(columns.T))

    def rows(block: slice) -> NDArray[Any]:
        tall = _sum_of([pixels[at[block]] * wy[block, k, None, None] for k, at in enumerate(down)])
        wide = _sum_of([tall[:, at] * wx[:, k, None] for k, at in enumerate(across)])
        return np.rint(wide).clip(0, 255)

    return _blocks(job, rows)


def _sum_of(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return ((parts[0] + parts[1]) + parts[2]) + parts[3]


def _opencv_bilinear(job: _Job) -> Bytes:
    plan = job.plan
    if opencv.is_halved(plan.width, plan.to_width) and opencv.is_halved(plan.height, plan.to_height):
        return _opencv_area(job)
    return _eleven_bits(job, of_area=False)


def _eleven_bits(job: _Job, *, of_area: bool) -> Bytes:
    """OpenCV's bilinear: weights in 1/2048."""
    (left, tx), (top, ty) = (opencv.bilinear(*axis, of_area=of_area) for axis in (job.across, job.down))
    tx = np.where((left < 0) | (left >= job.plan.width - 1), np.float32(0), tx)  # across only
    (near_x, far_x), (near_y, far_y) = opencv.unit_weights(tx), opencv.unit_weights(ty)
    xs, ys = ((at.clip(0, n - 1), (at + 1).clip(0, n - 1)) for at, n in ((left, job.across[0]), (top, job.down[0])))
    pixels, (upper, lower), (before, after) = _compact(job, ys, xs)

    def rows(block: slice) -> NDArray[Any]:
        pair = (pixels[at[block]].astype(np.int32) for at in (upper, lower))
        a, b = ((row[:, before] * near_x[:, None] + row[:, after] * far_x[:, None]) >> 4 for row in pair)
        sums = ((a * near_y[block, None, None]) >> 16) + ((b * far_y[block, None, None]) >> 16)
        found: NDArray[Any] = np.minimum((sums + 2) >> 2, 255)
        return found

    return _blocks(job, rows)


def _compact(
    job: _Job, rows: tuple[Places, ...], columns: tuple[Places, ...]
) -> tuple[Bytes, tuple[Places, ...], tuple[Places, ...]]:
    """The pixels of all these rows and columns, each once, and where each row and column is found among them."""
    some_rows, some_columns = np.unique(np.concatenate(rows)), np.unique(np.concatenate(columns))
    found_rows = tuple(np.searchsorted(some_rows, each) for each in rows)
    found_columns = tuple(np.searchsorted(some_columns, each) for each in columns)
    return job.pick(some_rows, some_columns), found_rows, found_columns


def _blocks(job: _Job, rows: Callable[[slice], NDArray[Any]]) -> Bytes:
    """All rows, so many at a time that what is worked out between stays small."""
    found = np.empty((len(job.rows), len(job.columns), 3), np.uint8)
    step = max(1, _BLOCK_PIXELS // max(len(job.columns), job.right - job.left))
    for start in range(0, len(job.rows), step):
        block = slice(start, start + step)
        found[block] = rows(block)
    return found


def _tf_area(job: _Job) -> Bytes:
    sums = _areas(job, tf.area(*job.across), tf.area(*job.down), np.float32)
    cell = tf.scale_of(*job.down[:2]) * tf.scale_of(*job.across[:2])
    return _bytes(sums * np.float32(1.0 / float(cell)))


def _opencv_area(job: _Job) -> Bytes:
    if any(opencv.is_enlarged(*axis[:2]) for axis in (job.across, job.down)):
        return _eleven_bits(job, of_area=True)
    across, down = (opencv.cell(*axis[:2]) for axis in (job.across, job.down))
    if not (across and down):
        return _bytes(_areas(job, opencv.area(*job.across), opencv.area(*job.down), np.float32))
    whole = _areas(job, opencv.cells(across, job.columns), opencv.cells(down, job.rows), np.int64)
    if across == down == 2:
        return _bytes((whole + 2) >> 2)
    return _bytes(whole.astype(np.float32) * np.float32(1 / (across * down)))


def _bytes(values: Sums) -> Bytes:
    found: Bytes = np.rint(values).clip(0, 255).astype(np.uint8)
    return found


def _areas(job: _Job, across: Taps, down: Taps, dtype: type) -> Sums:
    """Weighted sums across, then down, each in the order of the pixels: (rows, columns, 3)."""
    places = np.concatenate([places for places, _ in down])
    outputs = np.repeat(np.arange(len(down)), [len(places) for places, _ in down])
    shares = np.concatenate([shares for _, shares in down])
    order = np.argsort(places, kind="stable")
    places, outputs, shares = places[order], outputs[order], shares[order]
    sums: Sums = np.zeros((len(down), len(across), 3), dtype)
    step = max(1, _BLOCK_PIXELS // len(across))
    for start, band in job.bands():
        pixels = np.asarray(band)
        for top in range(start, start + band.height, step):
            wide = _area_across(pixels[top - start : top - start + step], across, job.left, dtype)
            for k in range(*np.searchsorted(places, (top, top + len(wide)))):
                sums[outputs[k]] += wide[places[k] - top] * shares[k]
    return sums


def _area_across(pixels: Bytes, across: Taps, left: int, dtype: type) -> Sums:
    wide: Sums = np.zeros((pixels.shape[0], len(across), 3), dtype)
    for i, (places, shares) in enumerate(across):
        inside = (places >= left) & (places < left + pixels.shape[1])
        if inside.any():
            products = pixels[:, places[inside] - left] * shares[inside, None]
            wide[:, i] = np.add.accumulate(products, axis=1, dtype=dtype)[:, -1]
    return wide


_FILTERS: dict[str, Callable[[_Job], Bytes]] = {
    "pillow-nearest": _pillow_nearest,
    "tf-nearest": _tf_nearest,
    "tf-bilinear": _tf_bilinear,
    "tf-bicubic": _tf_bicubic,
    "tf-area": _tf_area,
    "opencv-nearest": _opencv_nearest,
    "opencv-bilinear": _opencv_bilinear,
    "opencv-area": _opencv_area,
}
