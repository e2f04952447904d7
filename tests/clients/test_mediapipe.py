"""MediaPipe Tasks reads the TFLite files as they are: labels and normalization come from their metadata."""

import numpy as np
import pytest

NETWORKS = ("lecture", "lecture-described", "residual", "compact")


@pytest.mark.parametrize("name", NETWORKS)
def test_fp32_gives_keras_s_probabilities(ask_python, case, name):
    made = case(name)
    question = {"model": made.artifact("tflite/fp32"), "photos": made.photos}
    assert made.difference(ask_python("mediapipe_answers.py", question)) <= 1e-5


@pytest.mark.parametrize("variant", ["fp16", "int8", "int8-dynamic"])
def test_the_other_variants_give_what_litert_gives(ask_python, case, variant):
    made = case("lecture")
    entry = made.artifact(f"tflite/{variant}")
    answers = ask_python("mediapipe_answers.py", {"model": entry, "photos": made.photos})
    found = np.array([[dict(rows)[label] for label in made.labels] for rows in answers])
    from gemelo.runtimes import tflite

    session = tflite.open(entry)
    expected = session.run(made.images.astype(np.float32))
    session.close()
    assert np.abs(found - expected).max() <= 1e-6
