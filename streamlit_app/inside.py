"""Look inside: what every layer makes of a photo, and where in it the answer comes from."""

import contextlib
import threading
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gemelo.errors import GemeloError, Message
from gemelo.preprocessing import Images, tensor
from gemelo.runtimes import onnx
from gemelo.store.bundle import Bundle
from gemelo.store.layers import Layer, Layers

from . import cards, errors, feature_maps, hosting, kernels
from .i18n import counted, markup, number, plain, say
from .models import Answer, Found, load_model
from .photos import Photo
from .sidebar import Chosen, chosen
from .subject import subject

Floats = NDArray[np.float32]
MOST_VALUES = 256


@dataclass
class Inside:
    """The layers of a bundle, ready to be asked.

    Attributes:
        layers: What they are.
        session: Their ONNX model; its runtime takes many questions at once.
    """

    layers: Layers
    session: onnx.OnnxSession
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, image: Images) -> dict[str, Floats]:
        """What every layer answers to one photo (h, w, c): {name: its output without the batch}."""
        with self.lock:  # every output of a large network at once: one visitor at a time
            outputs = self.session.outputs(tensor(image[np.newaxis]))
        return {name: np.asarray(value[0], np.float32) for name, value in outputs.items()}


def render() -> None:
    """The page."""
    at = chosen()
    cards.heading(say("inside.title"), say("inside.lead"))
    photo = subject(at)
    if photo is None:
        return
    image = photo.tensors[at.bundle.preprocessing]
    reason = why_not(at.bundle)
    inside = load_inside(at.found) if reason is None else None
    outputs = inside.run(image) if inside else {}
    answer = load_model(at.found, at.artifact).answer(image)
    _verdict(at, photo, answer)
    _heat(at, photo, answer.index, inside, outputs)
    if inside is not None:
        kernels.draw(at.bundle, inside.layers, outputs)
    st.subheader(say("inside.layers"), anchor=False)
    if inside is None:
        st.info(say("inside.none", reason=reason), icon=":material/layers_clear:")
        return
    if not inside.layers.chain:
        reason = errors.reason(inside.layers.reason or "", inside.layers.told)
        st.info(say("inside.partial", reason=reason), icon=":material/account_tree:")
    _layers(at, image, inside.layers, outputs)


def why_not(bundle: Bundle) -> str | None:
    """Why there is nothing to look into; None where there is.

    Raises:
        SchemaError: layers.json is damaged.
    """
    layers = Layers.load(bundle)
    if layers is None:
        reason = bundle.manifest.layers_reason
        return errors.reason(reason, bundle.manifest.layers_told) if reason else say("inside.none_old")
    return None if layers.onnx else say("inside.no_onnx")


def load_inside(found: Found) -> Inside:
    """The layers, loaded once for all sessions."""
    return _load(str(found.path), found.stamp)


@st.cache_resource(max_entries=4, show_spinner=False)
def _load(path: str, stamp: str) -> Inside:
    del stamp  # a part of the key
    bundle = Bundle.open(path)
    layers = Layers.load(bundle)
    if layers is None or layers.onnx is None:
        raise GemeloError(Message("bundle.no-layers", path))
    return Inside(layers, onnx.open(bundle.file(layers.onnx)))


def _verdict(at: Chosen, photo: Photo, answer: Answer) -> None:
    """What all of this page explains, and where more of it is."""
    left, right = st.columns([1, 3], vertical_alignment="center")
    with left:
        st.html(f'<div class="gm">{cards.picture(photo.thumbnail, photo.name)}</div>')
    with right:
        st.html(
            f'<div class="gm verdict">{cards.headline(at.bundle, answer.probabilities)}'
            f'{cards.bars(answer.probabilities, at.bundle.labels)}<p class="small">'
            f"{say('inside.by', artifact=at.artifact.name)}</p></div>"
        )
        _page_link(at)


def _page_link(at: Chosen) -> None:
    """The static page, where its code is built and served: it writes every sum out."""
    with contextlib.suppress(GemeloError), st.spinner(say("browser.making")):
        address = f"{hosting.publish(at.found, at.options.max_pixels)}index.html#inside"
        st.link_button(say("inside.page"), address, icon=":material/open_in_new:", help=say("inside.page_help"))


def _heat(at: Chosen, photo: Photo, best: int, inside: Inside | None, outputs: dict[str, Floats]) -> None:
    st.subheader(say("inside.heat"), anchor=False)
    image, labels = photo.tensors[at.bundle.preprocessing], at.bundle.labels
    left, right = st.columns(2)
    with left:
        label = st.selectbox(say("inside.label"), range(len(labels)), best, lambda i: labels[i], key=f"label-{best}")
    with right:
        opacity = st.slider(say("inside.strength"), 0.0, 1.0, 0.7, 0.05, key="strength")
    heat = _cam(at.bundle, inside, outputs, label) if inside else None
    words = say("inside.cam") if heat is not None else say("inside.occlusion", label=markup(labels[label]))
    if heat is None:
        heat = _occlude(at, photo)[:, :, label]
    with left:
        _figure(feature_maps.overlay(image, heat * 0, 0.0), say("inside.photo"))
    with right:
        _figure(feature_maps.overlay(image, heat, opacity), say("inside.map"))
    st.html(f'<p class="gm lead small">{words}</p>')


def _cam(bundle: Bundle, inside: Inside, outputs: dict[str, Floats], label: int) -> Floats | None:
    """The class activation map where the network has one, and its weights are in the bundle."""
    cam = inside.layers.cam
    if cam is None or inside.layers.tfjs is None:
        return None
    return feature_maps.activation(outputs[cam.features], inside.layers.weight(bundle, cam.kernel), label)


def _occlude(at: Chosen, photo: Photo) -> Floats:
    """Asked once for a photo and a model: some hundred answers."""
    key = (photo.number, at.key)
    if st.session_state.get("occlusion-of") != key:
        image, model = photo.tensors[at.bundle.preprocessing], load_model(at.found, at.artifact)
        st.session_state["occlusion"] = feature_maps.occlusion(image, at.bundle.preprocessing, model.batch)
        st.session_state["occlusion-of"] = key
    kept: Floats = st.session_state["occlusion"]
    return kept


def _layers(at: Chosen, image: Images, layers: Layers, outputs: dict[str, Floats]) -> None:
    names = [layer.name for layer in layers.layers]
    sees = f"{at.bundle.preprocessing.width}×{at.bundle.preprocessing.height}"
    options = ["", *names]
    if st.session_state.get("layer") not in options:
        st.session_state["layer"] = next((x.name for x in layers.layers if x.type == "Conv2D"), names[0])
    titles = {"": say("inside.sees", size=sees), **{one: one for one in names}}
    name = st.select_slider(say("inside.layer"), options, key="layer", format_func=titles.__getitem__)
    if not name:
        _figure(feature_maps.enlarged(image.repeat(3, axis=2) if image.shape[2] == 1 else image, 640), sees)
        return
    layer = layers.layer(name)
    value = outputs[name]
    st.html(f'<p class="gm lead"><strong>{markup(layer.name)}</strong> {explain(layer)}</p>')
    if name == names[-1]:
        bars = cards.bars(value.reshape(-1)[: len(at.bundle.labels)], at.bundle.labels)
        st.html(f'<div class="gm" style="max-width:30rem">{bars}</div>')
    elif value.ndim == 3:
        _show_maps(value)
    else:
        _show_values(value.reshape(-1))


def _show_maps(value: Floats) -> None:
    height, width, channels = value.shape
    limit = float(np.abs(value).max())
    text = counted("inside.maps", channels, width=width, height=height)
    if channels > feature_maps.MOST_MAPS:
        text += f" ({say('inside.some', count=feature_maps.MOST_MAPS)})"
    _figure(feature_maps.enlarged(feature_maps.montage(value, limit), 1100), f"{text}. {_scale(limit)}")


def _show_values(value: Floats) -> None:
    limit = float(np.abs(value).max())
    shown = value[:MOST_VALUES]
    text = counted("inside.values", len(value))
    if len(value) > MOST_VALUES:
        text += f" ({say('inside.some', count=MOST_VALUES)})"
    across = min(len(shown), 64)
    padded = np.zeros(-(-len(shown) // across) * across, np.float32)
    padded[: len(shown)] = shown
    _figure(
        feature_maps.enlarged(feature_maps.colored(padded.reshape(-1, across), limit), 1100), f"{text}. {_scale(limit)}"
    )


def _scale(limit: float) -> str:
    return say("inside.scale", limit=number(limit, 3))


def _figure(pixels: feature_maps.Pixels, caption: str) -> None:
    cards.figure(feature_maps.png(pixels), caption)


def explain(layer: Layer) -> str:
    """What a kind of layer does, in a sentence."""
    values = {
        "kernel": _by(layer.kernel.shape[:2] if layer.kernel else None),
        "strides": _by(layer.strides),
        "pool": _by(layer.pool),
        "count": number(layer.shape[-1]),
        "activation": layer.activation or "",
        "scale": plain(layer.scale or 0, 4),
        "offset": plain(layer.offset or 0, 4),
        "type": markup(layer.type),
    }
    for key in (layer.name if layer.name == "probabilities" else "", f"{layer.type}.{layer.activation}", layer.type):
        if key in EXPLAINED:
            return say(f"inside.what.{key}", **values)
    return say("inside.what.other", **values)


EXPLAINED = (
    "Rescaling",
    "Conv2D",
    "DepthwiseConv2D",
    "Activation.relu",
    "Activation",
    "MaxPooling2D",
    "AveragePooling2D",
    "GlobalAveragePooling2D",
    "BatchNormalization",
    "Flatten",
    "Dense",
    "probabilities",
)


def _by(pair: tuple[int, ...] | None) -> str:
    return "–" if pair is None else "×".join(map(str, pair))
