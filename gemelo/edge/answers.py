"""goldens/expected.json: what a pack's model must answer on the goldens, and how exactly."""

from pathlib import Path

import numpy as np

from gemelo.edge.device.whole import Expected, ExpectedGolden
from gemelo.errors import SchemaError
from gemelo.parity.expected import expected_outputs
from gemelo.parity.gates import EXPECTED_TOLERANCE, Gates
from gemelo.store.bundle import Artifact, Bundle
from gemelo.store.reference import ReferenceImage


def expected_answers(bundle: Bundle, artifact: Artifact) -> Expected:
    """What the device's self-test holds the model to, by the rules of `gemelo verify` on goldens.

    A float artifact is compared with Keras. A quantized one, on 24 goldens alone, is compared with its outputs when its
    accuracy was measured on photos, and Keras's answers stand beside.

    Raises:
        SchemaError: The bundle's parity.json has no answers of a quantized artifact.
    """
    gate = Gates.from_manifest(bundle.manifest).of(artifact.format, artifact.variant)
    goldens = bundle.reference.goldens
    keras = [image.probabilities for image in goldens]
    exact = not gate.quantized
    answers = keras if exact else expected_outputs(bundle).get(artifact.name)
    if answers is None:
        raise SchemaError(f"{bundle.path}: parity.json has no answers of {artifact.name}")
    rows = zip(goldens, answers, keras, strict=True)
    return Expected(
        against="keras" if exact else "expected_outputs",
        tolerance=gate.max_abs_difference if exact and gate.max_abs_difference is not None else EXPECTED_TOLERANCE,
        # `gemelo verify` looks at no label where it holds an answer to an expected one: the tolerance decides alone.
        allowed_label_changes=gate.allowed_on(np.array(keras)) if exact else len(goldens),
        goldens=[
            ExpectedGolden(golden_path(image), image.tensor_sha256, np.asarray(answer, np.float32), truth)
            for image, answer, truth in rows
        ],
    )


def golden_path(image: ReferenceImage) -> str:
    """Where a golden lies in a pack."""
    return f"goldens/{Path(image.path).name}"
