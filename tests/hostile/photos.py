"""Photos that are broken, odd, or no photos at all: one row each.

A row's `make` writes its photo into a folder and gives back the path. `error` is the class of the error that reading
it must raise, or None where it is odd but must be read.
"""

import io
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gemelo.preprocessing.heic import reads_heic
from tests.goldens import png
from tests.goldens.make import card, clear_card, saved, turned
from tests.hostile.costly import COSTLY, WITHIN_LIMITS

Maker = Callable[[Path], Path]


@dataclass(frozen=True)
class HostilePhoto:
    """One bad or odd photo.

    Attributes:
        name: What is the matter with it.
        make: Writes it into a folder.
        error: The class of the error that reading it must raise; None: it must be read.
        words: A part of the message.
        root_reads_it: Whether the superuser is not stopped by it.
    """

    name: str
    make: Maker
    error: str | None = None
    words: str = ""
    root_reads_it: bool = False


def _file(name: str, data: bytes | Callable[[], bytes]) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data() if callable(data) else data)
        return path

    return make


def _jpeg(image: Image.Image | None = None, **options: Any) -> bytes:
    return saved(image or card(), "JPEG", quality=85, **options)


def _wrong_checksum() -> bytes:
    data = bytearray(saved(card(), "PNG"))
    data[data.index(b"IEND") - 6] ^= 1
    return bytes(data)


def _zeros_inside() -> bytes:
    """The second half of its scan is zeros, and the end marker gone: Pillow reads it, browsers do not."""
    data = _jpeg()
    return data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""
    body = png.chunk(b"IDAT", zlib.compress(bytes(1000)))
    return png.SIGNATURE + png.header(width, height, 8, png.RGB) + body + png.chunk(b"IEND", b"")


def _black_square(side: int) -> bytes:
    """A real and whole PNG, one bit a pixel, that is small only because it is black."""
    raw = zlib.compress(bytes((side + 7) // 8 + 1) * side, 9)
    body = png.chunk(b"IDAT", raw) + png.chunk(b"IEND", b"")
    return png.SIGNATURE + png.header(side, side, 1, png.GREY) + body


def _huge_webp() -> bytes:
    """A lossless WebP whose header has been told the largest size that there is."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "WEBP", lossless=True)
    data = bytearray(buffer.getvalue())
    at = data.index(b"\x2f", 20) + 1
    (bits,) = struct.unpack_from("<I", data, at)
    struct.pack_into("<I", data, at, bits & ~0xFFFFFFF | 16382 | 16382 << 14)
    return bytes(data)


def _huge_jpeg() -> bytes:
    """A JPEG whose frame header says 65535 x 65535."""
    data = bytearray(_jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    return bytes(data)


def _sixteen_bits(channels: int) -> bytes:
    samples = np.asarray(card())[:, :, :channels].astype(np.uint16) * 257
    return png.encode_png(samples, png.RGB if channels == 3 else png.GREY, depth=16)


def _animated(format: str) -> bytes:
    later = [Image.new("RGB", card().size, color) for color in ("navy", "orange")]
    return saved(card(), format, save_all=True, append_images=later, duration=50)


def _animated_png() -> bytes:
    return saved(card(), "PNG", save_all=True, append_images=[Image.new("RGB", card().size, "navy")])


def _app1(payload: bytes) -> bytes:
    """A JPEG with an EXIF segment of the given payload."""
    data = _jpeg()
    segment = b"Exif\0\0" + payload
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def _long_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "x" * 60_000
    return _jpeg(exif=exif)


def _orientation_9() -> bytes:
    return turned(9)


def _looping_exif() -> bytes:
    """An EXIF directory that names itself as the next one."""
    entry = struct.pack("<HHII", 0x0112, 3, 1, 6)
    return _app1(b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 8))


def _text_bomb() -> bytes:
    """A whole PNG with a compressed text of 80 MB in it."""
    text = b"note\0\0" + zlib.compress(b"x" * (80 << 20), 9)
    return png.encode_png(np.asarray(card()), png.RGB, chunks=[(b"zTXt", text)])


def _bad_palette() -> bytes:
    """A palette PNG without its palette."""
    return png.encode_png(np.zeros((9, 9, 1), np.uint8), png.PALETTE)


def _png_of_no_width() -> bytes:
    return png.SIGNATURE + png.header(0, 10, 8, png.RGB) + png.chunk(b"IDAT", b"") + png.chunk(b"IEND", b"")


def _gif_without_frames() -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 20, 20, 0, 0, 0) + b";"


def _bmp_of_negative_size() -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, -5, 5, 1, 24, 0, 0, 0, 0, 0, 0)
    return struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54) + info


def _text_chunk() -> bytes:
    info = PngInfo()
    info.add_text("Comment", "two kittens\nin a basket")
    return saved(card(), "PNG", pnginfo=info)


def _mpo() -> bytes:
    """Two pictures in one .jpg, as cameras with depth or burst write them."""
    stream = io.BytesIO()
    card().save(stream, "MPO", save_all=True, append_images=[Image.new("RGB", card().size, "navy")])
    return stream.getvalue()


def _folder(folder: Path) -> Path:
    path = folder / "x.jpg"
    path.mkdir()
    return path


def _forbidden(folder: Path) -> Path:
    path = _file("secret.jpg", _jpeg)(folder)
    path.chmod(0)
    return path


def _loop(folder: Path) -> Path:
    path = folder / "loop.jpg"
    path.symlink_to(path.name)
    return path


def _dangling(folder: Path) -> Path:
    path = folder / "dangling.jpg"
    path.symlink_to("gone.jpg")
    return path


def _link(folder: Path) -> Path:
    _file("real.jpg", _jpeg)(folder)
    path = folder / "link.jpg"
    path.symlink_to("real.jpg")
    return path


def _pipe(folder: Path) -> Path:
    path = folder / "pipe.jpg"
    os.mkfifo(path)
    return path


_SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
_HEIC = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(200)
_PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
_MP4 = struct.pack(">I", 24) + b"ftypisom" + bytes(4) + b"isomavc1" + bytes(200)
_UNSUPPORTED, _CORRUPT, _TOO_LARGE = "UnsupportedImageError", "CorruptImageError", "ImageTooLargeError"

HOSTILE_PHOTOS: tuple[HostilePhoto, ...] = (
    HostilePhoto("zero bytes", _file("empty.jpg", b""), "EmptyImageError", "0 bytes"),
    HostilePhoto("one byte", _file("one.jpg", b"\0"), _UNSUPPORTED, "not an image"),
    HostilePhoto("truncated JPEG", _file("cut.jpg", lambda: _half(_jpeg())), _CORRUPT, "truncated"),
    HostilePhoto("truncated progressive JPEG", _file("cut2.jpg", lambda: _half(_jpeg(progressive=True))), _CORRUPT),
    HostilePhoto("JPEG cut in its header", _file("head.jpg", lambda: _jpeg()[:30]), _CORRUPT),
    HostilePhoto("truncated PNG", _file("cut.png", lambda: _half(saved(card(), "PNG"))), _CORRUPT),
    HostilePhoto("truncated WebP", _file("cut.webp", lambda: _half(saved(card(), "WEBP"))), _CORRUPT),
    HostilePhoto("truncated BMP", _file("cut.bmp", lambda: _half(saved(card(), "BMP"))), _CORRUPT),
    HostilePhoto("truncated GIF", _file("cut.gif", lambda: _half(saved(card(), "GIF"))), _CORRUPT),
    HostilePhoto("palette PNG without a palette", _file("nopalette.png", _bad_palette), _CORRUPT),
    HostilePhoto("PNG of no width", _file("nowidth.png", _png_of_no_width), _CORRUPT),
    HostilePhoto("GIF without frames", _file("noframe.gif", _gif_without_frames), _CORRUPT),
    HostilePhoto("BMP of negative width", _file("negative.bmp", _bmp_of_negative_size), _CORRUPT, "impossible"),
    HostilePhoto("PNG with a wrong checksum", _file("crc.png", _wrong_checksum), _CORRUPT, "checksum"),
    HostilePhoto("PNG without its end", _file("noend.png", lambda: saved(card(), "PNG")[:-12]), _CORRUPT, "end"),
    HostilePhoto("JPEG with zeros inside", _file("zeros.jpg", _zeros_inside), _CORRUPT, "end marker"),
    HostilePhoto("JPEG magic and nothing else", _file("magic.jpg", b"\xff\xd8\xff\xe0"), _CORRUPT),
    HostilePhoto("text named .jpg", _file("text.jpg", b"a cat sat on the mat\n" * 40), _UNSUPPORTED, "text"),
    HostilePhoto("web page named .jpg", _file("page.jpg", b"<!doctype html><p>404</p>" * 9), _UNSUPPORTED, "web page"),
    HostilePhoto("SVG", _file("drawing.png", _SVG), _UNSUPPORTED, "SVG"),
    HostilePhoto("PDF named .png", _file("scan.png", _PDF), _UNSUPPORTED, "PDF"),
    HostilePhoto("TIFF named .jpg", _file("tiff.jpg", lambda: saved(card(), "TIFF")), _UNSUPPORTED, "TIFF"),
    # A head and nothing else: with pillow-heif it is a damaged photo.
    HostilePhoto("HEIC named .jpg", _file("phone.jpg", _HEIC), _CORRUPT if reads_heic() else _UNSUPPORTED),
    HostilePhoto("AVIF named .png", _file("new.png", lambda: saved(card(), "AVIF")), _UNSUPPORTED, "AVIF"),
    HostilePhoto("video named .jpg", _file("film.jpg", _MP4), _UNSUPPORTED, "video"),
    HostilePhoto("random bytes", _file("noise.jpg", bytes(range(256)) * 20), _UNSUPPORTED, "not an image"),
    HostilePhoto("PNG that claims 20000x20000", _file("bomb.png", lambda: _claims(20_000, 20_000)), _TOO_LARGE, "400"),
    HostilePhoto("real PNG of 100 megapixels", _file("big.png", lambda: _black_square(10_000)), _TOO_LARGE, "100.0"),
    HostilePhoto("PNG that claims 2^31", _file("bomb2.png", lambda: _claims(2**31 - 1, 2**31 - 1)), _TOO_LARGE),
    HostilePhoto("JPEG that claims 65535x65535", _file("huge.jpg", _huge_jpeg), _TOO_LARGE, "65535"),
    HostilePhoto("WebP that claims 16383x16383", _file("huge.webp", _huge_webp), _TOO_LARGE, "pixels"),
    HostilePhoto("PNG with a text bomb", _file("textbomb.png", _text_bomb), _CORRUPT),
    HostilePhoto("16-bit grey PNG", _file("deep.png", lambda: _sixteen_bits(1)), _UNSUPPORTED, "16 bits"),
    HostilePhoto("16-bit RGB PNG", _file("deeprgb.png", lambda: _sixteen_bits(3)), _UNSUPPORTED, "16 bits"),
    HostilePhoto("directory named x.jpg", _folder, _UNSUPPORTED, "a folder"),
    HostilePhoto("FIFO named x.jpg", _pipe, _UNSUPPORTED, "not a regular file"),
    HostilePhoto("symbolic link to itself", _loop, "ImageError", "cannot be read"),
    HostilePhoto("symbolic link to nothing", _dangling, "NotFoundError", "no such file"),
    HostilePhoto("unreadable permissions", _forbidden, "ImageError", "cannot be read", root_reads_it=True),
    HostilePhoto("1x1", _file("dot.png", lambda: saved(card(1, 1), "PNG"))),
    HostilePhoto("1x5000", _file("tall.png", lambda: saved(card(1, 5000), "PNG"))),
    HostilePhoto("5000x1", _file("wide.png", lambda: saved(card(5000, 1), "PNG"))),
    HostilePhoto("CMYK JPEG", _file("print.jpg", lambda: _jpeg(card().convert("CMYK")))),
    HostilePhoto("animated GIF", _file("anim.gif", lambda: _animated("GIF"))),
    HostilePhoto("animated WebP", _file("anim.webp", lambda: _animated("WEBP"))),
    HostilePhoto("animated PNG", _file("anim.png", _animated_png)),
    HostilePhoto("two pictures in one JPEG", _file("burst.jpg", _mpo)),
    *(HostilePhoto(f"EXIF orientation {i}", _file(f"turn{i}.jpg", turned(i))) for i in range(1, 9)),
    HostilePhoto("EXIF orientation 9", _file("turn9.jpg", _orientation_9)),
    HostilePhoto("corrupt EXIF", _file("exif.jpg", lambda: _app1(b"II*\0\xff\xff\xff\xff garbage"))),
    HostilePhoto("EXIF that loops", _file("exifloop.jpg", _looping_exif)),
    HostilePhoto("EXIF of no length", _file("noexif.jpg", lambda: _app1(b""))),
    HostilePhoto("very long EXIF", _file("longexif.jpg", _long_exif)),
    HostilePhoto("text chunk", _file("text.png", _text_chunk)),
    HostilePhoto("transparent PNG", _file("clear.png", lambda: saved(clear_card(), "PNG"))),
    HostilePhoto("JPEG named .png", _file("other.png", _jpeg)),
    HostilePhoto("upper case extension", _file("PHOTO.JPEG", _jpeg)),
    HostilePhoto("no extension", _file("photo", _jpeg)),
    HostilePhoto("bytes after the end", _file("tail.jpg", lambda: _jpeg() + b"more" * 500)),
    HostilePhoto("unicode in its name", _file("gatito \u732b \U0001f431 e\u0301.jpg", _jpeg)),
    HostilePhoto("newline in its name", _file("two\nlines\t.jpg", _jpeg)),
    HostilePhoto("quotes and brackets in its name", _file("[red]'\"$(x)[bold].jpg", _jpeg)),
    HostilePhoto("name that is no UTF-8", _file(os.fsdecode(b"caf\xe9.jpg"), _jpeg)),
    HostilePhoto("symbolic link to a photo", _link),
    HostilePhoto("broken with a newline in its name", _file("bad\nname.jpg", b""), "EmptyImageError", "0 bytes"),
    *(HostilePhoto(name, _file(file, data), _TOO_LARGE, words) for name, file, data, words in COSTLY),
    *(HostilePhoto(name, _file(file, data)) for name, file, data in WITHIN_LIMITS),
)
