"""What a photo may cost. All limits are here, and they are checked before memory or time is spent.

`web_demo/src/photo/limits.ts` has the same numbers, and docs/photos.md lists them: tests hold both to this module.
Pixels are known from the header; what else costs is counted by `gemelo.parts`.
"""

from gemelo.errors import CorruptImageError, ImageTooLargeError

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

SCALE_DOWN = "scale it down, or raise the limit with --max-megapixels (max_pixels in Python)"
_SMALLER = "scale it down"
SAVE_AGAIN = "open it in an image editor and save it again"


def check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    """Refuse a picture that has too many pixels, or a side that is too long.

    Raises:
        CorruptImageError: No picture has this size.
        ImageTooLargeError: It is too large.
    """
    width, height = size
    if max(width, height) >= 1 << 31:
        raise CorruptImageError(f"{name}: damaged header: an impossible size of {width}x{height}")
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name}: {width}x{height} is {width * height / 1e6:.1f} megapixels, the limit is {max_pixels / 1e6:g}",
            hint=SCALE_DOWN,
        )
    if max(width, height) > MAX_SIDE:
        reason = f"{width}x{height} has a side of more than {MAX_SIDE:,} pixels"
        raise ImageTooLargeError(f"{name}: {reason}", hint=_SMALLER)


def check_resized(name: str, width: int, height: int) -> None:
    """Refuse a picture that would be too large after it is resized across.

    Raises:
        ImageTooLargeError: It would be.
    """
    if width * height > MAX_RESIZED_PIXELS:
        reason = f"resizing it makes {width}x{height} pixels, the limit is {MAX_RESIZED_PIXELS / 1e6:g} megapixels"
        raise ImageTooLargeError(f"{name}: {reason}", hint=_SMALLER)
