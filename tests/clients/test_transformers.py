"""transformers.js and Hugging Face's Python side, with local files only."""

import json

import numpy as np
import pytest
from PIL import Image

NETWORKS = ("lecture", "residual", "grey", "compact")


@pytest.mark.parametrize("name", NETWORKS)
def test_transformers_js_gives_keras_s_probabilities(ask_node, case, name):
    made = case(name)
    question = {"folder": made.client("transformers"), "photos": made.photos}
    assert made.difference(ask_node("transformers.mjs", question)) <= 1e-5


@pytest.mark.parametrize(("variant", "dtype", "tolerance"), [("fp16", "fp16", 1e-2), ("int8", "q8", 0.1)])
def test_transformers_js_takes_the_other_variants_by_dtype(ask_node, case, tmp_path, variant, dtype, tolerance):
    """Of 8 bits only a large difference would say that the file is another one: the artifact's gate counts labels."""
    made = case("lecture")
    for name in ("fp32", variant):
        made.artifact(f"onnx/{name}")
    from exporters.clients import transformers

    transformers.write(made.source, made.root, tmp_path)
    answers = ask_node("transformers.mjs", {"folder": tmp_path, "dtype": dtype, "photos": made.photos})
    found = np.array([[dict(rows)[label] for label in made.labels] for rows in answers])
    assert 0 < np.abs(found - made.expected).max() <= tolerance


@pytest.mark.parametrize("name", NETWORKS)
def test_python_s_side_resizes_as_the_preprocessing_and_answers_as_keras(ask_python, case, name, tmp_path):
    """`AutoConfig` and `AutoImageProcessor` read the folder; its ONNX file is run by onnxruntime, as optimum does."""
    made = case(name)
    question = {"folder": made.client("transformers"), "photos": made.photos}
    found = ask_python("transformers_answers.py", question)
    assert made.difference(found["answers"]) <= 1e-5
    assert found["input"] == [len(made.photos), 3, made.source.preprocessing.height, made.source.preprocessing.width]


@pytest.mark.parametrize("fit", ["squash", "crop"])
def test_python_s_side_resizes_a_photo_to_the_preprocessing_s_bytes(ask_python, case, tmp_path, fit):
    from dataclasses import replace

    from exporters.clients import transformers
    from gemelo.preprocessing import prepare
    from gemelo.synthetic import draw_photo

    made = case("lecture")
    source = replace(made.source, preprocessing=replace(made.source.preprocessing, fit=fit))
    made.artifact("onnx/fp32")
    transformers.write(source, made.root, tmp_path)
    photo = tmp_path / "photo.png"
    draw_photo("cats", np.random.default_rng(1), shape=(150, 101)).save(photo)
    found = ask_python("transformers_answers.py", {"folder": tmp_path, "photos": [photo], "pixels": True})
    [pixels] = np.moveaxis(np.array(found["pixels"]), 1, 3)
    differences = np.abs(pixels - prepare(Image.open(photo), source.preprocessing).astype(float))
    if fit == "squash":  # of an upright photo it may be 1, for Pillow may resize that vertically first
        assert differences.max() == 0
    else:  # cut after it is resized, not before, and so a part of a pixel beside the preprocessing's
        assert differences.mean() <= 8


def test_the_folder_says_what_it_is(case):
    folder = case("residual").client("transformers")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["id2label"] == {"0": "ant", "1": "bee", "2": "señal ✓"}
    assert config["label2id"]["señal ✓"] == 2
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "onnx", "preprocessor_config.json"]
