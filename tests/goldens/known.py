"""The known pictures of the page's own self-test: `python -m tests.goldens.known` writes them again.

They are not goldens of a bundle: no model answers them. The page decodes them before it looks at anything else, and
holds their pixels to the hashes in `web_demo/src/photo/known.ts`.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from gemelo.preprocessing import decode
from gemelo.store.files import sha256_bytes

FOLDER = Path(__file__).resolve().parents[2] / "web_demo" / "src" / "photo" / "known"
ROWS = 16  # of pixels in a row of blocks, with colors at half the resolution


def _texture(width: int, height: int, seed: int) -> np.ndarray:
    """RGB with slopes, edges and some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / a + y / b) for a, b in ((5.3, 9.1), (11.0, -4.7), (-3.1, 6.4))]
    rgb = np.stack(waves, axis=2) * 90 + 128 + rng.normal(0, 6, (height, width, 3))
    rgb[(x // 9 + y // 7) % 5 == 0] *= (1.6, 0.5, 0.2)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def exif_first() -> bytes:
    """A camera's kind of JPEG: EXIF first, turned, colors at half the resolution.

    It has four rows of blocks, each with a restart marker; the second and the third are the same. So the page can make
    a large JPEG of it, whose pixels it knows.
    """
    rgb = _texture(128, 4 * ROWS, 1)
    rgb[2 * ROWS : 3 * ROWS] = rgb[ROWS : 2 * ROWS]
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=70, subsampling="4:2:0", restart_marker_rows=1, exif=exif)
    data = stream.getvalue()
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + data[4 + int.from_bytes(data[4:6], "big") :]


def _clear(width: int, height: int, seed: int) -> Image.Image:
    image = Image.fromarray(_texture(width, height, seed)).convert("RGBA")
    y, x = np.mgrid[0:height, 0:width]
    image.putalpha(Image.fromarray(((5 * x + 3 * y) % 256).astype(np.uint8)))
    return image


def lossy_alpha() -> bytes:
    """A lossy WebP with every alpha. Lossless ones need no proof: the page decodes them itself."""
    stream = io.BytesIO()
    _clear(56, 40, 2).save(stream, "WEBP", quality=70)
    return stream.getvalue()


KNOWN = {"exif_first.jpg": exif_first, "lossy_alpha.webp": lossy_alpha}


def pixels_sha256(data: bytes) -> str:
    """The sha256 of the upright pixels as a canvas has them: RGBA, opaque."""
    return sha256_bytes(decode(data).convert("RGBA").tobytes())


if __name__ == "__main__":
    for name, make in KNOWN.items():
        (FOLDER / name).write_bytes(make())
        print(name, (FOLDER / name).stat().st_size, pixels_sha256((FOLDER / name).read_bytes()))
