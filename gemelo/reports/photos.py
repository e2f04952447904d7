"""Photos inside a report, as data URLs at the size of the model's input."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# So many are shown: a report is to be opened on a phone.
MOST = 20
_QUALITY = 85


@dataclass(frozen=True)
class Mistake:
    """A test photo that is classified wrongly.

    Attributes:
        path: Below the folder of photos.
        true, decided: The two labels.
        probability: Of the decided one.
        picture: The photo as the model sees it, as a data URL.
    """

    path: str
    true: str
    decided: str
    probability: float
    picture: str


def data_url(image_u8: NDArray[np.uint8]) -> str:
    """A photo as a WebP that an `<img>` can show.

    Args:
        image_u8: uint8 (h, w, 3) RGB or (h, w, 1) grey.
    """
    stream = io.BytesIO()
    Image.fromarray(image_u8[..., 0] if image_u8.shape[-1] == 1 else image_u8).save(stream, "WEBP", quality=_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
