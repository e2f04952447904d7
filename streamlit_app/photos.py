"""A visitor's photos: kept in his session alone, as a small picture and the inputs of the models, never as the file."""

import io
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gemelo.errors import ImageError
from gemelo.preprocessing import Images, Preprocessing, decode, prepare
from gemelo.preprocessing.photo_files import is_ignored
from gemelo.webpage.samples import drawn_samples

from . import limits
from .models import Answer
from .options import Options

_KEPT = "tray"
# What pages keep of a photo besides; numbers are never given twice.
FORGOTTEN = ("compared", "compared-of", "occlusion", "occlusion-of")


class File(Protocol):
    """An upload, or anything else with a name and bytes."""

    name: str

    def getvalue(self) -> bytes:
        """Its bytes."""
        ...


class Named(io.BytesIO):
    """Bytes with the name that messages call them by.

    Attributes:
        name: That name.
        drawing: Whether it is one of ours.
    """

    def __init__(self, name: str, data: bytes, *, drawing: bool = False) -> None:
        super().__init__(data)
        self.name, self.drawing = name, drawing


@dataclass
class Photo:
    """One photo.

    Attributes:
        number: Tells it from the session's others.
        name: Of its file.
        size: Of its file, in bytes.
        width, height: Upright, in pixels.
        thumbnail: A WebP file, at most 320 pixels a side.
        tensors: {preprocessing: uint8 (h, w, c)}.
        answers: {what answered: its answer}.
        ms: What decoding and resizing took.
        problem: Why it cannot be read; it then has none of the others.
        drawing: Whether it is a sample of ours and no photo.
    """

    number: int
    name: str
    size: int
    width: int = 0
    height: int = 0
    thumbnail: bytes = b""
    tensors: dict[Preprocessing, Images] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    ms: float = 0.0
    problem: ImageError | None = None
    drawing: bool = False


@dataclass
class Tray:
    """All photos of a session.

    Attributes:
        photos: What was put in last comes first.
        left_out: How many were not taken the last time, because there were too many.
        round: Counts how often something was put in: the uploader is made anew, and so lets its files go.
        taken: How many were ever put in.
        chosen: The number of the photo that Compare and Look inside show.
        drawings: Those that are offered beside the visitor's photos.
        refused: Why the last photo of Compare or Look inside was not taken.
    """

    photos: list[Photo] = field(default_factory=list)
    left_out: int = 0
    round: int = 0
    taken: int = 0
    chosen: int | None = None
    drawings: list[Photo] = field(default_factory=list)
    refused: ImageError | None = None

    def add(self, files: Iterable[File], preprocessings: Iterable[Preprocessing], options: Options) -> None:
        """Read files and keep what is needed of them; those beyond the limit are counted and left out.

        One that cannot be read takes no other's place; of such, as many are kept as of the others.
        """
        wanted, new, self.left_out = list(preprocessings), list[Photo](), 0
        given = list(files)
        # Whoever chooses all files of a folder does not mean those that systems leave there.
        files = [file for file in given if not is_ignored(file.name)] or given
        room = options.max_photos - sum(photo.problem is None for photo in self.photos)
        for file in files:
            if room <= 0:
                self.left_out += 1
                continue
            self.taken += 1
            new.append(read_photo(self.taken, file, wanted, options))
            room -= new[-1].problem is None
        self.photos = [*new, *self.photos]
        unread = [photo for photo in self.photos if photo.problem is not None]
        self.drop(photo.number for photo in unread[options.max_photos :])
        self.round += 1
        limits.give_back()

    def drop(self, numbers: Iterable[int]) -> None:
        """Forget these."""
        gone = set(numbers)
        self.photos = [photo for photo in self.photos if photo.number not in gone]
        if self.chosen in gone:
            self.chosen = None
            for key in FORGOTTEN:
                st.session_state.pop(key, None)

    def clear(self) -> None:
        """Forget all of them."""
        self.photos, self.left_out, self.chosen = [], 0, None
        self.round += 1
        for key in FORGOTTEN:
            st.session_state.pop(key, None)

    @staticmethod
    def let_go(files: Iterable[str]) -> None:
        """Free uploads as soon as they were read, not when the visitor leaves."""
        context = get_script_run_ctx()
        remove = getattr(getattr(context, "uploaded_file_mgr", None), "remove_file", None)
        if context is not None and remove is not None:  # neither is promised by Streamlit
            for file in files:
                remove(context.session_id, file)

    def readable(self, preprocessing: Preprocessing) -> list[Photo]:
        """Those that a model of that preprocessing can be asked about."""
        return [photo for photo in self.photos if preprocessing in photo.tensors]


def tray() -> Tray:
    """This session's."""
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = Tray()
    kept: Tray = st.session_state[_KEPT]
    return kept


def read_photo(number: int, file: File, preprocessings: list[Preprocessing], options: Options) -> Photo:
    """Everything that is kept of a photo; one that cannot be read keeps its error."""
    data = file.getvalue()
    photo = Photo(number, file.name, len(data), drawing=getattr(file, "drawing", False))
    try:
        limits.check_size(file.name, len(data), limits.upload_bytes(options))
        with limits.decoding:
            _fill(photo, data, preprocessings, options.max_pixels)
    except ImageError as error:
        photo.problem = error
    return photo


def _fill(photo: Photo, data: bytes, preprocessings: list[Preprocessing], max_pixels: int) -> None:
    start = time.perf_counter()
    image = decode(Named(photo.name, data), max_pixels)
    image.info.clear()  # turned already: what says how must not turn it again
    photo.width, photo.height = image.size
    for place, preprocessing in enumerate(preprocessings):
        height, width, channels = preprocessing.shape
        if place == 0 or height * width * channels <= limits.KEPT_TENSOR_BYTES:
            photo.tensors[preprocessing] = prepare(image, preprocessing, max_pixels).copy()
        if place == 0:
            photo.ms = 1000 * (time.perf_counter() - start)
    photo.thumbnail = thumbnail(image)


def thumbnail(image: Image.Image) -> bytes:
    """A decoded photo, small, as a WebP file; the photo itself is used up."""
    small = image.copy() if max(image.size) <= limits.THUMBNAIL else image
    small.thumbnail((limits.THUMBNAIL, limits.THUMBNAIL), reducing_gap=2.0)
    return webp(np.asarray(small))


def webp(pixels: Images) -> bytes:
    """Pixels as a WebP file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", quality=80)
    return stream.getvalue()


@st.cache_resource(show_spinner=False)
def samples() -> dict[str, bytes]:
    """Six drawings: {name: file}. The same for everybody, so they may be shared."""
    return drawn_samples()


def sample_files(names: Iterable[str] | None = None) -> list[Named]:
    """The drawings as uploads."""
    return [Named(name, data, drawing=True) for name, data in samples().items() if names is None or name in names]
