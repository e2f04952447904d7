"""HEIC photos, where pillow-heif is installed: `pip install 'gemelo[heic]'`.

They are outside the promise that every decoder gives the same bytes: no browser but Safari decodes them.
"""

import importlib.util
import io
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from gemelo.errors import CorruptImageError, ImageError, ImageTooLargeError, Message, UnsupportedImageError
from gemelo.preprocessing.file_kinds import HEAD_BYTES, kind_of

HEIC_NOTE = "HEIC photos were decoded by pillow-heif; another decoder may differ slightly"
_DECODER = "pillow_heif"
_decoded = threading.Event()


def reads_heic() -> bool:
    """Whether there is a decoder."""
    return _DECODER in sys.modules or importlib.util.find_spec(_DECODER) is not None


def decoded_heic() -> bool:
    """Whether this process has decoded a HEIC photo."""
    return _decoded.is_set()


def heic_version() -> str | None:
    """Which decoder there is; None where there is none."""
    import importlib.metadata

    try:
        return importlib.metadata.version("pillow-heif")
    except importlib.metadata.PackageNotFoundError:
        return None


def is_heic(path: Path) -> bool:
    """Whether a file begins like a HEIC photo; False where it cannot be read."""
    try:
        with path.open("rb", buffering=0) as stream:
            return kind_of(stream.read(HEAD_BYTES)) == "heic"
    except OSError:
        return False


def open_heic(name: str, data: bytes, check_size: Callable[[tuple[int, int]], None]) -> Image.Image:
    """The main picture of a HEIC file, upright: the decoder turns it as the file's own properties say.

    An EXIF orientation does not count, as the standard has it: cameras write it besides those properties.

    Args:
        name: What to call the photo in a message.
        data: All bytes of the file.
        check_size: Told the size that the header states, before anything is decoded; raises where it is too large.

    Raises:
        ImageError: It cannot be read.
    """
    try:
        import pillow_heif
    except ImportError as exc:
        raise UnsupportedImageError(
            f"{name}: this is a HEIC photo, and pillow-heif does not start: {exc}",
            hint="install it again: pip install pillow-heif",
        ) from exc
    try:
        # The decoder refuses a picture that is larger than its header says.
        heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        check_size(heif.size)
        image: Image.Image = heif.to_pillow()
    except ImageError:
        raise
    except SyntaxError as exc:  # what pillow-heif raises for "unsupported feature"
        raise UnsupportedImageError(
            f"{name}: this HEIC photo needs what pillow-heif lacks", hint="convert it to JPEG"
        ) from exc
    except (MemoryError, OSError) as exc:  # OSError is its own word for a want of memory
        raise ImageTooLargeError(Message("photo.memory", name)) from exc
    except Exception as exc:  # ValueError, EOFError, RuntimeError, and whatever a damaged file makes it trip over
        raise CorruptImageError(Message("photo.damaged", name)) from exc
    _decoded.set()
    return image
