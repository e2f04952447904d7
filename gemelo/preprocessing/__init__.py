"""The preprocessing, schema 2: how the bytes of a photo become a model's input. The only Python implementation.

1. Decode at full size: JPEG, PNG, WebP, BMP, GIF, told apart by their first bytes, never by their names; of an
   animation the first frame. Grey, palette and CMYK become RGB; ICC profiles are ignored. A PNG whose chunks do
   not match their checksums and a JPEG without its end marker are refused, as decoders differ on them.
2. Turn by the EXIF orientation (all eight; a damaged EXIF block counts as none; XMP is not looked at).
3. Composite transparency over white.
4. Resize with Pillow's BILINEAR (a triangle filter, antialiased), always horizontally first, rounded to bytes, then
   vertically, by `fit`:
   `squash` to the input's size; `crop` the largest centered rectangle of the input's shape, then squash it;
   `pad` to fit inside, centered on black.
5. For a one-channel input, luma by ITU-R 601-2 in integers, (19595 R + 38470 G + 7471 B + 32768) >> 16.
6. uint8 to float32, NHWC, RGB, range 0-255: scaling is a layer inside the model.

What two languages cannot do alike (16 bits a channel) is refused. `web_demo/src/preprocessing.ts` is its counterpart.
"""

import io
import os
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from gemelo.errors import (
    CorruptImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    Message,
    NotFoundError,
    UnsupportedImageError,
)
from gemelo.limits import MAX_FILE_BYTES, MAX_PIXELS, SCALE_DOWN, check_size
from gemelo.preprocessing import image_integrity
from gemelo.preprocessing.file_kinds import (
    FILE_KINDS,
    bmp_variant,
    has_bmp_masks,
    jpeg_variant,
    kind_of,
)
from gemelo.preprocessing.heic import open_heic, reads_heic
from gemelo.preprocessing.parts import check_parts, check_work, count_parts
from gemelo.preprocessing.resample import resized
from gemelo.preprocessing.specification import FILTERS as FILTERS
from gemelo.preprocessing.specification import FITS as FITS
from gemelo.preprocessing.specification import OWN_FITS as OWN_FITS
from gemelo.preprocessing.specification import Preprocessing as Preprocessing
from gemelo.preprocessing.upright import Upright

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
# Photos too, but of kinds outside the preprocessing: they are named, not passed over.
FOREIGN_EXTENSIONS = (
    *(".heic", ".heif", ".hif", ".avif", ".tif", ".tiff", ".jp2", ".jxl", ".jxr"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2", ".pef"),
)
DEFAULT_MAX_PIXELS = MAX_PIXELS

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image | NDArray[Any]
Images: TypeAlias = NDArray[np.uint8]

# Damaged metadata counts as none, and damaged pixels are an error with gemelo's own words: nobody needs Pillow's too.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.\w+ImagePlugin")


def prepare(source: Source, preprocessing: Preprocessing, max_pixels: int = DEFAULT_MAX_PIXELS) -> Images:
    """Steps 1 to 5: the photo as the model's input, still in bytes.

    Args:
        source: A path, the bytes of an image file, an open binary file, a PIL image, or a uint8 array
            of shape (h, w), (h, w, 1), (h, w, 3) or (h, w, 4).
        preprocessing: Size and fit.
        max_pixels: Photos with more are refused before they are decoded.

    Returns:
        uint8 of shape (height, width, channels).

    Raises:
        ImageError: The photo cannot be read.
        NotFoundError: There is no file at that path.
    """
    with _enough_memory(source):
        found = resized(_photo(source, max_pixels), preprocessing)
        if preprocessing.channels == 1:
            found = np.asarray(Image.fromarray(found).convert("L"))
        return found.reshape(preprocessing.shape)


def tensor(images_u8: Images) -> NDArray[np.float32]:
    """Step 6: uint8 (n, h, w, c) to float32 of the same shape, range 0-255."""
    return images_u8.astype(np.float32)


def decode(source: Source, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image.Image:
    """Steps 1 to 3: an upright RGB image at full size.

    Raises:
        ImageError: The photo cannot be read.
        NotFoundError: There is no file at that path.
    """
    with _enough_memory(source):
        return _photo(source, max_pixels).whole()


def name_of(source: Source) -> str:
    """How to call a source in a message."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", f"<{type(source).__name__}>"))


@contextmanager
def _enough_memory(source: Source) -> Iterator[None]:
    """Make a want of memory an error of the one photo that causes it."""
    try:
        yield
    except MemoryError as exc:
        raise ImageTooLargeError(Message("photo.memory", name_of(source)), hint=SCALE_DOWN) from exc


def _photo(source: Source, max_pixels: int) -> Upright:
    """Decode a photo, and find out how it is turned."""
    if isinstance(source, Image.Image):
        return _loaded(source, "the image", max_pixels)
    if isinstance(source, np.ndarray):
        return _loaded(_from_array(source), "the array", max_pixels)
    name, data = _read(source)
    if kind_of(data) == "heic" and reads_heic():
        image = open_heic(name, data, lambda size: check_size(name, size, max_pixels))
        return _loaded(image, name, max_pixels)
    image = _open(name, data, max_pixels)
    clear = image_integrity.png_clear_color(data) if image.format == "PNG" else None
    return _loaded(image, name, max_pixels, clear)


def _read(source: str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO) -> tuple[str, bytes]:
    name = name_of(source)
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | os.PathLike):
        data = _read_path(Path(source))
    elif hasattr(source, "read"):
        data = source.read(MAX_FILE_BYTES + 1)
    else:
        raise UnsupportedImageError(
            f"a {type(source).__name__} is no photo",
            hint=Message("hint.sources"),
        )
    if not data:
        raise EmptyImageError(Message("photo.empty", name))
    if len(data) > MAX_FILE_BYTES:
        raise ImageTooLargeError(Message("photo.bytes", name, mebibytes=MAX_FILE_BYTES >> 20))
    return name, data


def _read_path(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = Message("kind.folder" if stat.S_ISDIR(found.st_mode) else "kind.not-a-regular-file")
            raise UnsupportedImageError(Message("photo.not-a-photo", path, what=kind))
        with path.open("rb", buffering=0) as stream:
            # No more than there is: Python sets as much memory aside as is asked for.
            return stream.read(min(found.st_size, MAX_FILE_BYTES) + 1)
    except FileNotFoundError as exc:
        raise NotFoundError(Message("file.no-such", path)) from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise ImageError(Message("photo.unreadable", path, reason=str(reason))) from exc


def _open(name: str, data: bytes, max_pixels: int) -> Image.Image:
    kind = kind_of(data)
    if kind not in _PLUGINS:
        raise _not_read(name, kind)
    parts = count_parts(kind, data)
    check_parts(name, parts)
    if kind == "WEBP":  # its plugin sets memory aside before it tells the size
        check_size(name, size := image_integrity.webp_size(data), max_pixels)
        check_work(name, kind, size, parts, max_pixels)
    _refuse_unlike(name, kind, data)
    if kind == "PNG":
        data = image_integrity.png_still(data)
    image = _header(name, kind, data)
    check_size(name, image.size, max_pixels)
    check_work(name, kind, image.size, parts, max_pixels)
    if kind == "PNG" and (damage := image_integrity.png_pixel_damage(data, image.size)):
        raise CorruptImageError(Message("photo.damaged-by", name, reason=damage))
    return image


def _refuse_unlike(name: str, kind: str, data: bytes) -> None:
    """Refuse what decoders do not read, or do not read alike."""
    if kind == "PNG" and data[24:25] == b"\x10":
        raise UnsupportedImageError(Message("photo.16-bit", name), hint=Message("hint.8-bits"))
    if damage := image_integrity.damage(kind, data):
        raise CorruptImageError(Message("photo.damaged-by", name, reason=damage))
    if variant := _VARIANTS[kind](data) if kind in _VARIANTS else None:
        raise _not_read(name, variant)


def _header(name: str, kind: str, data: bytes) -> Image.Image:
    try:
        return _PLUGINS[kind](io.BytesIO(data), None)
    except MemoryError:
        raise
    except Exception as exc:  # Pillow's plugins raise whatever a damaged header makes them trip over
        if kind == "BMP" and has_bmp_masks(data):
            raise _not_read(name, "bmp-pixels") from exc
        raise CorruptImageError(Message("photo.header", name, format=kind)) from exc


def _not_read(name: str, kind: str) -> UnsupportedImageError:
    hint = Message(f"hint.{FILE_KINDS[kind].advice}")
    return UnsupportedImageError(Message("photo.kind", name, kind=Message(f"kind.{kind}")), hint=hint)


def _from_array(array: NDArray[Any]) -> Image.Image:
    if array.dtype != np.uint8:
        raise UnsupportedImageError(f"an array of {array.dtype}: uint8 with values 0-255 is needed")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))) or 0 in array.shape:
        raise UnsupportedImageError(f"an array of shape {array.shape}: (h, w), (h, w, 3) or (h, w, 4) is needed")
    return Image.fromarray(np.ascontiguousarray(array))


def _loaded(image: Image.Image, name: str, max_pixels: int, clear: int | tuple[int, ...] | None = None) -> Upright:
    """Decode the pixels; `clear` is the transparent color, where it is known."""
    if 0 in image.size:
        raise UnsupportedImageError(f"{name}: {image.width}x{image.height} pixels: there is nothing on it")
    check_size(name, image.size, max_pixels)
    if image.mode.startswith(("I", "F")):
        raise UnsupportedImageError(Message("photo.mode", name, mode=image.mode), hint=Message("hint.formats"))
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as exc:  # a damaged body: OSError, SyntaxError, zlib.error, struct.error, ...
        raise CorruptImageError(Message("photo.damaged", name)) from exc
    if image.mode == "P" and image.palette is None:
        raise CorruptImageError(Message("photo.damaged", name))
    if clear is not None:
        image.info["transparency"] = clear
    return Upright(image, name)


# Opened by their plugins, not by Image.open: the limit on pixels is then ours alone, and the kind of file is known.
_PLUGINS: dict[str, Callable[[BinaryIO, None], Image.Image]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,  # not its factory, which warns of files of several pictures
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
}

_VARIANTS: dict[str, Callable[[bytes], str | None]] = {"JPEG": jpeg_variant, "BMP": bmp_variant}
