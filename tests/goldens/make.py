"""Writes the goldens of the preprocessing: small generated images of every kind, and the tensors they must give.

Run it as `python -m tests.goldens.make`, and only when the preprocessing changes on purpose: the images and
expected.json are kept in git, and the implementation in TypeScript is held to the same numbers.
"""

import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw

from gemelo.preprocessing import Preprocessing, prepare
from gemelo.store.files import sha256_bytes
from gemelo.synthetic import draw_photo
from tests.goldens import png

HERE = Path(__file__).resolve().parent
IMAGES = HERE / "images"
EXPECTED = HERE / "expected.json"
PREPROCESSINGS = {
    "64x64-squash-rgb": Preprocessing(64, 64, 3, "squash"),
    "96x72-crop-rgb": Preprocessing(96, 72, 3, "crop"),
    "28x28-pad-grey": Preprocessing(28, 28, 1, "pad"),
}
# Odd sides: chroma, bit packing, interlacing and centring all have an edge there.
WIDTH, HEIGHT = 101, 67


def card(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """A test card without symmetry: ramps, hard colored edges, thin lines, a disc off the center."""
    x = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    y = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    waves = 127.5 + 127.5 * np.sin(x / 9 + (y / 40) ** 2)
    image = Image.fromarray(np.stack([x, y, waves], axis=2).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    pen.ellipse((width * 0.55, height * 0.1, width * 0.9, height * 0.6), fill=(250, 30, 40), outline=(0, 0, 0))
    pen.rectangle((width * 0.08, height * 0.55, width * 0.4, height * 0.9), fill=(20, 200, 60))
    for i in range(0, width // 3, 3):
        pen.line((i, 0, i + height // 5, height // 5), fill=(255, 255, 255) if i % 2 else (0, 0, 90))
    return image


def clear_card() -> Image.Image:
    """The card behind a veil: alpha runs through all values from left to right, with a hole."""
    image = card().convert("RGBA")
    alpha = Image.fromarray(np.broadcast_to(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, WIDTH)).copy())
    ImageDraw.Draw(alpha).ellipse((58, 26, 88, 62), fill=0)
    image.putalpha(alpha)
    return image


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def turned(orientation: int, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(card(), "JPEG", exif=exif, quality=90, **options)


def swapped_profile() -> bytes:
    """sRGB with red and blue exchanged: whoever applies it sees at once that he did."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)


def jpegs() -> Iterator[tuple[str, bytes]]:
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"jpeg-{name}.jpg", saved(card(), "JPEG", quality=88, subsampling=sampling)
    yield "jpeg-progressive.jpg", saved(card(), "JPEG", quality=88, progressive=True)
    yield "jpeg-low-quality.jpeg", saved(card(), "JPEG", quality=20)
    yield "jpeg-restart.jpg", saved(card(), "JPEG", quality=80, restart_marker_rows=1)
    yield "jpeg-grey.jpg", saved(card().convert("L"), "JPEG", quality=88)
    yield "jpeg-cmyk.jpg", saved(card().convert("CMYK"), "JPEG", quality=88)
    yield "jpeg-rgb.jpg", saved(card(), "JPEG", quality=88, keep_rgb=True)
    yield "jpeg-icc.jpg", saved(card(), "JPEG", quality=88, icc_profile=swapped_profile())
    for orientation in range(1, 9):
        yield f"jpeg-exif-{orientation}.jpg", turned(orientation)
    yield "jpeg-exif-6-grey-progressive.jpg", saved(card().convert("L"), "JPEG", exif=_exif(6), progressive=True)
    for label in ("cats", "dogs"):
        drawing = draw_photo(label, np.random.default_rng([11, len(label)]), shape=(320, 213))
        yield f"drawing-{label[:-1]}.jpg", saved(drawing, "JPEG", quality=85)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def pngs() -> Iterator[tuple[str, bytes]]:
    rgb, rgba = np.asarray(card()), np.asarray(clear_card())
    grey = np.asarray(card().convert("L"))[:, :, None]
    grey_alpha = np.concatenate([grey, rgba[:, :, 3:]], axis=2)
    yield "png-rgb.png", png.encode_png(rgb, png.RGB)
    yield "png-rgb-interlaced.png", png.encode_png(rgb, png.RGB, interlaced=True)
    yield "png-rgb-trns.png", png.encode_png(rgb, png.RGB, chunks=[(b"tRNS", struct.pack(">HHH", 20, 200, 60))])
    yield "png-rgba.png", png.encode_png(rgba, png.RGBA)
    yield "png-rgba-interlaced.png", png.encode_png(rgba, png.RGBA, interlaced=True)
    yield "png-grey-alpha.png", png.encode_png(grey_alpha, png.GREY_ALPHA)
    for depth in (1, 2, 4, 8):
        yield f"png-grey-{depth}.png", png.encode_png(grey >> (8 - depth), png.GREY, depth=depth)
    yield "png-grey-4-interlaced.png", png.encode_png(grey >> 4, png.GREY, depth=4, interlaced=True)
    yield "png-grey-trns.png", png.encode_png(grey, png.GREY, chunks=[(b"tRNS", b"\0\x5a")])
    yield "png-grey4-trns.png", png.encode_png(grey >> 4, png.GREY, depth=4, chunks=[(b"tRNS", b"\0\x05")])
    yield from _palettes()
    yield "png-exif-8.png", saved(card(), "PNG", exif=_exif(8))
    yield "png-gamma.png", png.encode_png(rgb, png.RGB, chunks=[(b"sRGB", b"\0")])
    yield "png-icc.png", saved(card(), "PNG", icc_profile=swapped_profile())


def _palettes() -> Iterator[tuple[str, bytes]]:
    for depth in (1, 2, 4, 8):
        image = card().quantize(1 << depth, method=Image.Quantize.MEDIANCUT)
        colors = bytes(image.getpalette() or [])[: 3 << depth]
        indices = np.asarray(image)[:, :, None]
        chunks = [(b"PLTE", colors)]
        yield f"png-palette-{depth}.png", png.encode_png(indices, png.PALETTE, depth=depth, chunks=chunks)
        clear = bytes(int(v) for v in np.linspace(0, 255, min(1 << depth, 40)))
        chunks.append((b"tRNS", clear))
        yield f"png-palette-{depth}-trns.png", png.encode_png(indices, png.PALETTE, depth=depth, chunks=chunks)


def webps() -> Iterator[tuple[str, bytes]]:
    yield "webp-lossy.webp", saved(card(), "WEBP", quality=70)
    yield "webp-lossless.webp", saved(card(), "WEBP", lossless=True)
    yield "webp-lossy-alpha.webp", saved(clear_card(), "WEBP", quality=70)
    yield "webp-lossless-alpha.webp", saved(clear_card(), "WEBP", lossless=True)
    yield "webp-exif-6.webp", saved(card(), "WEBP", quality=70, exif=_exif(6))
    yield "webp-icc.webp", saved(card(), "WEBP", quality=70, icc_profile=swapped_profile())
    yield "webp-animated.webp", saved(card(), "WEBP", save_all=True, append_images=_later(), duration=80, quality=70)
    veils = [clear_card(), *(image.convert("RGBA") for image in _later())]
    yield (
        "webp-animated-alpha.webp",
        saved(veils[0], "WEBP", save_all=True, append_images=veils[1:], duration=80, lossless=True),
    )


def _later() -> list[Image.Image]:
    return [Image.new("RGB", (WIDTH, HEIGHT), color) for color in ("navy", "orange")]


def bmps() -> Iterator[tuple[str, bytes]]:
    yield "bmp-24.bmp", saved(card(), "BMP")
    yield "bmp-8-palette.bmp", saved(card().quantize(64), "BMP")
    yield "bmp-8-grey.bmp", saved(card().convert("L"), "BMP")
    yield "bmp-1.bmp", saved(card().convert("1"), "BMP")
    yield "bmp-32.bmp", bmp_32(np.asarray(card()))
    yield "bmp-24-top-down.bmp", _top_down(saved(card(), "BMP"))


def bmp_32(rgb: NDArray[np.uint8]) -> bytes:
    """Four bytes a pixel, the fourth unused, as most programs write it."""
    height, width, _ = rgb.shape
    pixels = np.concatenate([rgb[::-1, :, ::-1], np.zeros((height, width, 1), np.uint8)], axis=2).tobytes()
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 32, 0, len(pixels), 2835, 2835, 0, 0)
    return struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54) + info + pixels


def _top_down(data: bytes) -> bytes:
    """The same pixels under a negative height: the card upside down."""
    return data[:22] + struct.pack("<i", -HEIGHT) + data[26:]


def gifs() -> Iterator[tuple[str, bytes]]:
    still = card().quantize(64)
    yield "gif-static.gif", saved(still, "GIF")
    yield "gif-grey.gif", saved(card().convert("L"), "GIF")
    yield "gif-interlaced.gif", saved(still, "GIF", interlace=True)
    yield "gif-transparent.gif", saved(still, "GIF", transparency=5)
    yield "gif-animated.gif", saved(still, "GIF", save_all=True, append_images=_later(), duration=80, loop=0)
    yield (
        "gif-animated-transparent.gif",
        saved(still, "GIF", save_all=True, append_images=_later(), duration=80, transparency=7, disposal=2),
    )


def shapes() -> Iterator[tuple[str, bytes]]:
    for name, size in (("wide", (200, 3)), ("tall", (3, 200)), ("pixel", (1, 1)), ("exact", (64, 64))):
        yield f"shape-{name}.png", saved(card(*size), "PNG")


def everything() -> dict[str, bytes]:
    return dict(pair for maker in (jpegs, pngs, webps, bmps, gifs, shapes) for pair in maker())


def digests(data: bytes) -> dict[str, str]:
    return {
        name: sha256_bytes(prepare(data, preprocessing).tobytes()) for name, preprocessing in PREPROCESSINGS.items()
    }


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    images = everything()
    for stale in set(IMAGES.iterdir()) - {IMAGES / name for name in images}:
        stale.unlink()
    for name, data in images.items():
        (IMAGES / name).write_bytes(data)
    value = {
        "preprocessings": {name: preprocessing.to_json() for name, preprocessing in PREPROCESSINGS.items()},
        "images": {name: digests(data) for name, data in sorted(images.items())},
    }
    EXPECTED.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
