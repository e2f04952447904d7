"""The same answers on arm64 as on x86-64, both the real runtimes: what a Raspberry Pi would say."""

import numpy as np
import pytest

from tests.arm64.bundles import ARTIFACTS, NETWORKS


@pytest.mark.parametrize("variant", ["fp32", "int8"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_pack_passes_its_own_self_test(self_test, name, variant):
    found = self_test(name, variant)
    assert found["passed"], found["reasons"]
    assert found["versions"]["machine"] == "Linux aarch64"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_inputs_are_the_same_bytes(answers, name):
    np.testing.assert_array_equal(answers("arm64", name)["images"], answers("here", name)["images"])


@pytest.mark.parametrize("artifact", ARTIFACTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_floats_differ_by_rounding_alone_and_int8_not_at_all(answers, name, artifact):
    found, expected = answers("arm64", name)[artifact], answers("here", name)[artifact]
    assert expected.std(axis=0).min() > 0.05, "all alike: that would not show a difference"
    assert np.abs(found - expected).max() <= (1e-5 if artifact.endswith("fp32") else 0)
