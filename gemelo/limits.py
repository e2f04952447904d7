"""What a photo may cost. All limits are here, and they are checked before memory or time is spent.

`web_demo/src/photo/limits.ts` has the same numbers, and docs/photos.md lists them: tests hold both to this module.
Pixels are known from the header; what else costs is counted by `gemelo.preprocessing.parts`.
"""

from gemelo.errors import CorruptImageError, ImageTooLargeError, Message

MAX_PIXELS = 64_000_000
# The longest side of a JPEG. Resizing a longer one to a few pixels would need weights for each of its pixels.
MAX_SIDE = 65_535
# A picture is first resized across: what that makes may be no larger.
MAX_RESIZED_PIXELS = 48_000_000
MAX_FILE_BYTES = 256 << 20
# Memory that decoding may take, in bytes for each pixel of the limit: 480 MB for 64 megapixels.
MEMORY_PER_PIXEL = 7.5
PIXEL_BYTES = 4
# libwebp keeps two canvases for an animation, and uses them for all files; Pillow copies its answer twice.
WEBP_PIXEL_BYTES = 16
# Parts with less content than this count: longer ones pay for themselves.
SMALL_PART_BYTES = 1024
MAX_SMALL_PARTS = 10_000
# EXIF blocks, image resources of Photoshop, and compressed texts: their content is parsed or unpacked.
MAX_PARSED_PARTS = 100
MAX_SCANS = 100
# Scans together may cover so many pictures of the largest size.
MAX_SCANNED_PICTURES = 16
# A BMP in run-length encoding is decoded in Python.
MAX_RUN_PIXELS = 10_000_000
MAX_RUN_BYTES = 4 << 20

SCALE_DOWN = Message("hint.scale-down")
_SMALLER = Message("hint.smaller")
SAVE_AGAIN = Message("hint.save-again")


def check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    """Refuse a picture that has too many pixels, or a side that is too long.

    Raises:
        CorruptImageError: No picture has this size.
        ImageTooLargeError: It is too large.
    """
    width, height = size
    if max(width, height) >= 1 << 31:
        raise CorruptImageError(Message("photo.impossible-size", name, width=width, height=height))
    if width * height > max_pixels:
        megapixels, limit = width * height / 1e6, max_pixels / 1e6
        told = Message("photo.pixels", name, width=width, height=height, megapixels=megapixels, limit=limit)
        raise ImageTooLargeError(told, hint=SCALE_DOWN)
    if max(width, height) > MAX_SIDE:
        raise ImageTooLargeError(Message("photo.side", name, width=width, height=height, limit=MAX_SIDE), hint=_SMALLER)


def check_resized(name: str, width: int, height: int) -> None:
    """Refuse a picture that would be too large after it is resized across.

    Raises:
        ImageTooLargeError: It would be.
    """
    if width * height > MAX_RESIZED_PIXELS:
        limit = MAX_RESIZED_PIXELS / 1e6
        raise ImageTooLargeError(Message("photo.resized", name, width=width, height=height, limit=limit), hint=_SMALLER)


def check_bordered(name: str, width: int, height: int) -> None:
    """Refuse a picture that would have too long a side with the borders that are laid around it.

    Raises:
        ImageTooLargeError: It would have.
    """
    if max(width, height) > MAX_SIDE:
        told = Message("photo.bordered", name, width=width, height=height, limit=MAX_SIDE)
        raise ImageTooLargeError(told, hint=_SMALLER)
