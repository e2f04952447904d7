"""The kernels of the first convolution: all of them as pictures, one of them in numbers, as on the static page."""

import numpy as np
import streamlit as st

from gemelo.store.bundle import Bundle
from gemelo.store.layers import Layer, Layers

from . import cards, feature_maps
from .feature_maps import Floats, Pixels
from .i18n import counted, number, say

_CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}
_DARK = 140  # of 255: on a darker cell its number is white


def first(layers: Layers) -> Layer | None:
    """The convolution that looks at the photo itself; None where there is none, or its weights are not here."""
    for layer in layers.layers:
        if layer.type == "Conv2D" and layer.kernel is not None and layers.tfjs is not None:
            return layer if layer.kernel.shape[2] in _CHANNELS else None
        if layer.type != "Rescaling":
            return None
    return None


def draw(bundle: Bundle, layers: Layers, outputs: dict[str, Floats]) -> None:
    """The part of the page; nothing where there is no such convolution."""
    layer = first(layers)
    if layer is None or layer.kernel is None:
        return
    kernel = layers.weight(bundle, layer.kernel)
    height, width, channels, count = kernel.shape
    limit = float(np.abs(kernel).max())
    st.subheader(say("inside.kernels"), anchor=False)
    text = counted("inside.kernels_lead", count, size=f"{width}×{height}", layer=layer.name)
    st.html(f'<p class="gm lead small">{text}</p>')
    caption = say(
        "inside.kernels_caption", channels=_names(channels), scale=say("inside.scale", limit=number(limit, 3))
    )
    cards.figure(feature_maps.png(feature_maps.enlarged(sheet(kernel, limit), 1100)), caption)
    chosen = int(st.slider(say("inside.kernel"), 1, count, key="kernel")) if count > 1 else 1
    left, right = st.columns([5, 3], vertical_alignment="center")
    with left:
        tables = "".join(_table(kernel[:, :, i, chosen - 1], name, limit) for i, name in enumerate(_CHANNELS[channels]))
        st.html(f'<div class="gm kernels">{tables}</div>')
    with right:
        found = outputs[layer.name][:, :, chosen - 1]
        picture = feature_maps.colored(found, float(np.abs(outputs[layer.name]).max()))
        cards.figure(feature_maps.png(feature_maps.enlarged(picture, 480)), say("inside.kernel_map", number=chosen))


def sheet(kernel: Floats, limit: float) -> Pixels:
    """Kernels (h, w, channels, count) as one RGBA picture: each a tile, its channels side by side."""
    height, width, channels, count = kernel.shape
    tile = np.zeros((height, channels * (width + 1) - 1, 4, count), np.uint8)
    for i in range(channels):
        for k in range(count):
            cell = tile[:, i * (width + 1) : i * (width + 1) + width, :, k]
            cell[..., :3], cell[..., 3] = feature_maps.colored(kernel[:, :, i, k], limit), 255
    return feature_maps.tiled(np.moveaxis(tile, 3, 0), gap=max(2, width // 2))


def _names(channels: int) -> str:
    return ", ".join(say(f"inside.{name}") for name in _CHANNELS[channels])


def _table(values: Floats, name: str, limit: float) -> str:
    """One channel of a kernel, each number in its color."""
    colors = feature_maps.colored(values, limit)
    rows = "".join(
        "<tr>" + "".join(_cell(float(value), rgb) for value, rgb in zip(line, row, strict=True)) + "</tr>"
        for line, row in zip(values, colors, strict=True)
    )
    return f"<table><caption>{say(f'inside.{name}')}</caption><tbody>{rows}</tbody></table>"


def _cell(value: float, rgb: Pixels) -> str:
    red, green, blue = (int(part) for part in rgb)
    ink = "#ffffff" if 0.3 * red + 0.59 * green + 0.11 * blue < _DARK else "#1d2433"
    return f'<td style="background-color:rgb({red},{green},{blue});color:{ink}">{number(value, 3)}</td>'
