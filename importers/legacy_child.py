"""A process that loads a model by tf-keras: `python -m importers.legacy_child MODEL OUT TRUST CODE`.

It writes a SavedModel and prints a line of JSON: what the model is, or the error. Keras 3 is not imported in it.
"""

import json
import runpy
import sys
from typing import Any


def main(arguments: list[str]) -> None:
    """Load, write, tell."""
    path, out, trust, code = arguments
    try:
        answer = _convert(path, out, trusted=bool(trust), code=code)
    except Exception as exc:  # tf-keras raises anything
        answer = {"error": (str(exc).strip().splitlines() or [type(exc).__name__])[0][:1000]}
    print(json.dumps(answer), flush=True)


def _convert(path: str, out: str, *, trusted: bool, code: str) -> dict[str, Any]:
    import tensorflow as tf
    import tf_keras

    objects = {name: value for name, value in runpy.run_path(code).items() if callable(value)} if code else {}
    model = tf_keras.models.load_model(path, custom_objects=objects, compile=False, safe_mode=not trusted)
    inputs = list(model.inputs or [])
    told = {"inputs": len(inputs), "activation": _activation(model), "tf_keras": tf_keras.__version__}
    if len(inputs) != 1:
        return told
    shape = (None, *inputs[0].shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, inputs[0].dtype, name="image")])  # type: ignore[untyped-decorator]
    def serve(image: Any) -> Any:
        found = model(image, training=False)
        return {f"output_{i}": value for i, value in enumerate(tf.nest.flatten(found))}

    # Not the model itself: a function of every layer, for training too, would be written.
    module = tf.Module()
    module.kept, module.serve = model.variables, serve
    tf.saved_model.save(module, out, signatures={"serving_default": serve})
    return told


def _activation(model: Any) -> str | None:
    """Of the last layer, as far as that can be said."""
    layers = getattr(model, "layers", [])
    if not layers:
        return None
    last = layers[-1]
    if hasattr(last, "layers"):
        return _activation(last)
    kind = type(last).__name__
    if kind in ("Softmax", "ReLU"):
        return kind.lower()
    return getattr(getattr(last, "activation", None), "__name__", None)


if __name__ == "__main__":
    main(sys.argv[1:])
