"""The command line: help that teaches, exit codes, what it prints, and no traceback whatever it is given."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gemelo.cli import COMMANDS, info
from gemelo.errors import SchemaError, UnknownNameError
from gemelo.store.bundle import Bundle, LeftOut, write_bundle
from gemelo.store.manifest import ClassFigures
from tests.support.bundles import make_bundle, rewrite_manifest
from tests.support.cli import run_gemelo
from tests.support.pages import make_full_bundle


@pytest.mark.parametrize("command", [*COMMANDS, "data draw"])
def test_every_command_has_help_that_says_something(command: str) -> None:
    done = run_gemelo(*command.split(), "--help")
    assert done.returncode == 0
    assert len(done.stdout) > 250


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("train photos --out x --arch nonsense", "unknown architecture 'nonsense'"),
        ("train photos --out x --teacher nowhere", "nowhere: there is no such folder"),
        ("train photos --out x --size 0", "--size 0: give one number"),
        ("train photos --out x --abstain often", "--abstain often: give auto"),
        ("train photos --out x", "photos: there is no such folder"),
        ("train photos --out x --resume", "x: there is nothing to resume"),
        ("export nowhere --out x", "nowhere: there is no such folder"),
        ("export nowhere --out x --for coreml", "unknown client 'coreml'"),
        ("export nowhere --out x --about no.md", "no.md: there is no such file"),
        ("export nowhere --out full", "full: something that is no bundle is there already"),
    ],
)
def test_a_slip_of_the_finger_is_told_before_tensorflow_is_loaded(
    words: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from gemelo import cli
    from gemelo.errors import UsageError

    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").touch()
    monkeypatch.chdir(tmp_path)
    for command in ("train", "export"):
        monkeypatch.setattr(f"gemelo.cli.{command}.load_heavy", lambda module: pytest.fail("TensorFlow was loaded"))
    done = CliRunner().invoke(cli.app, words.split())
    assert isinstance(done.exception, UsageError)
    assert says in str(done.exception)


def test_a_bundle_without_onnx_is_answered_by_what_it_has(tmp_path: Path) -> None:
    """predict and load ask for ONNX where nothing was said, and there is some; a pack has no other choice."""
    full = make_full_bundle(tmp_path / "full")
    assert full.artifact().name == "onnx/fp32"
    assert full.artifact(variant="int8").name == "onnx/int8"
    without = Bundle(full.path, replace(full.manifest, artifacts=full.artifacts[2:]))
    assert without.artifact().name == "tflite/fp32"
    with pytest.raises(UnknownNameError, match="unknown artifact 'int8'"):
        without.artifact(variant="int8")
    write_bundle(full.path, without.manifest)
    done = run_gemelo("pack", full.path, "--out", tmp_path / "x")
    assert done.returncode == 2
    assert "a pack runs an ONNX artifact, and this bundle has none" in done.stderr


def test_every_setting_of_a_training_is_an_option_and_reaches_it(
    monkeypatch: pytest.MonkeyPatch, drawings: Path, tmp_path: Path
) -> None:
    """What Defaults has, the command line has; and it arrives under its name."""
    from dataclasses import fields

    from typer.testing import CliRunner

    from gemelo import cli
    from gemelo.cli import train as _  # noqa: F401  # registers the command
    from trainer import train as training
    from trainer.defaults import Defaults
    from trainer.options import resolve

    given = {"optimizer": "adamw", "schedule": "cosine", "recipe": "none", "keep": "last", "epochs": "7", "batch": "9"}
    given |= {"learning-rate": "0.5", "warmup-epochs": "0.25", "weight-decay": "0.125", "label-smoothing": "0.0625"}
    given |= {"ema": "0.75", "mixup": "0.5", "cutmix": "0.25", "early-size": "0.5", "early-epochs": "0.75"}
    given |= {"patience": "3", "validation-fraction": "0.5", "channels": "3", "size": "80x70", "fit": "pad"}
    given |= {"weight-bits": "8", "outliers": "0.25"}
    given |= {"teacher-weight": "0.5", "teacher-temperature": "2", "teacher-views": "4", "precision": "bfloat16"}
    seen: list[object] = []
    monkeypatch.setattr(training, "train", lambda options, progress: seen.append(resolve(options)) or pytest.exit)
    monkeypatch.setattr("gemelo.cli.info.print_run", lambda run: None)
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    words += ["--from-scratch", "--balance"]
    done = CliRunner().invoke(cli.app, ["train", str(drawings), "--out", str(tmp_path / "x"), *words])
    assert done.exit_code == 0, done.output
    [plan] = seen
    expected = {name.replace("-", "_"): value for name, value in given.items() if name != "size"} | {"balance": "True"}
    for name, value in expected.items():
        assert str(getattr(plan.settings, name)) in (value, f"{value}.0"), name
    assert (plan.preprocessing.width, plan.preprocessing.height) == (80, 70)
    assert {field.name for field in fields(Defaults)} == {*expected, "size", "pretrained", "frozen_norm"}


@pytest.mark.parametrize(
    ("given", "arch", "epochs"),
    [
        ([], "efficientnet-lite0", 0),
        (["--epochs", "3"], "efficientnet-lite0", 3),
        (["--from-scratch"], "efficientnet-lite0", 6),
        (["--arch", "efficientnet-lite0"], "efficientnet-lite0", 6),
        (["--arch", "lecture"], "lecture", 25),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_without_a_network_a_new_head_learns_on_the_pretrained_one(
    given: list[str], arch: str, epochs: int, monkeypatch: pytest.MonkeyPatch, drawings: Path, tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from gemelo import cli
    from gemelo.cli import train as _  # noqa: F401  # registers the command
    from trainer import train as training
    from trainer.options import resolve

    seen: list[object] = []
    monkeypatch.setattr(training, "train", lambda options, progress: seen.append(resolve(options)))
    done = CliRunner().invoke(cli.app, ["train", str(drawings), "--out", str(tmp_path / "x"), *given])
    assert done.exit_code == 0, done.output
    [plan] = seen
    assert (plan.architecture, plan.settings.epochs) == (arch, epochs)


def test_the_usual_way_is_the_readme_s(project: Path) -> None:
    shown = " ".join(run_gemelo("--help").stdout.split())
    text = " ".join((project / "README.md").read_text(encoding="utf-8").split())
    for command in ("gemelo train photos --out runs/pets", "gemelo export runs/pets --out bundles/pets"):
        assert command in shown
        assert command in text


@pytest.mark.parametrize("gate", ["int8", "int4:drop=1", "onnx/uint8:drop=1", "int8:drop=much"])
def test_a_gate_that_cannot_be_read_is_told_before_tensorflow_is_loaded(gate: str, tmp_path: Path) -> None:
    done = run_gemelo("export", "nowhere", "--out", tmp_path / "x", "--gate", gate)
    assert done.returncode == 2
    assert f"--gate {gate}" in done.stderr
    assert "onnx/int8" in done.stderr
    assert "loading TensorFlow" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["predict"], "Missing argument"),
        (["nothing"], "No such command"),
        (["predict", "BUNDLE", "nowhere.jpg"], "nowhere.jpg: there is no such photo"),
        (["predict", "BUNDLE", "*.nothing"], "there is no such photo"),
        (["predict", "nowhere", "GOLDEN"], "nowhere: there is no such folder"),
        (["predict", "BUNDLE", "GOLDEN", "--format", "tfjs"], "there is: onnx/fp32"),
        (["predict", "BUNDLE", "GOLDEN", "--variant", "int8"], "there is: onnx/fp32"),
        (["predict", "BUNDLE", "GOLDEN", "--top", "0"], "--top"),
        (["predict", "BUNDLE", "GOLDEN", "--max-megapixels", "-1"], "positive"),
        (["verify", "nowhere"], "no such folder"),
        (["verify", "BUNDLE", "--images", "nowhere"], "no such folder"),
        (["page", "BUNDLE"], "--out"),
        (["page", "nowhere", "--out", "x"], "no such folder"),
        (["page", "BUNDLE", "--out", "x", "--runtimes", "tensorrt"], "there is: tfjs, onnx, litert"),
        (["page", "BUNDLE", "--out", "BUNDLE"], "would change the bundle"),
        (["serve", "nowhere"], "no such folder"),
        (["serve", "BUNDLE", "--port", "70000"], "--port"),
        (["info", "nowhere"], "no such folder"),
        (["export", "nowhere", "--out", "x"], "no such folder"),
        (["train", "nowhere", "--out", "x"], "no such folder"),
        (["train", "nowhere", "--out", "x", "--size", "0"], "--size"),
        (["train", "nowhere", "--out", "x", "--size", "1x2x3"], "--size"),
        (["train", "nowhere", "--out", "x", "--abstain", "often"], "--abstain often: give auto, off, or a probability"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_exit_code_2_and_a_sentence(words: list[str], said: str, bundle: Path, tmp_path: Path) -> None:
    places = {"BUNDLE": str(bundle), "GOLDEN": str(next((bundle / "goldens").iterdir())), "x": str(tmp_path / "x")}
    done = run_gemelo(*(places.get(word, word) for word in words))
    assert done.returncode == 2, done.stdout
    assert said in re.sub(r"\s+", " ", done.stderr)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()


def test_of_many_classes_the_worst_are_told() -> None:
    rows = {f"class {i}": ClassFigures(1.0, 1 - i / 1000, 3) for i in range(1000)}
    told = info._classes(rows)
    assert len(told) == 11
    assert told[0].startswith("of 1,000 classes, the 10 with the lowest recall")
    assert told[1] == "class 999     precision 1.000  recall 0.001  (3)"
    assert len(info._classes(dict(list(rows.items())[:25]))) == 25


def test_info_as_json_has_what_is_promised(bundle: Path) -> None:
    value = json.loads(run_gemelo("info", bundle, "--json").stdout)
    assert {"kind", "architecture", "parameters", "input", "labels", "metrics", "artifacts"} <= set(value)
    assert value["kind"] == "bundle"
    assert value["metrics"]["accuracy"] == 1.0
    assert (value["input"]["width"], value["input"]["height"]) == (16, 12)
    for artifact in value["artifacts"]:
        assert {"format", "variant", "path", "bytes", "sha256", "parity"} <= set(artifact)
        promised = {"runtime", "images", "max_abs_difference", "top1_agreement", "accuracy_drop", "passed"}
        assert promised <= set(artifact["parity"])


def test_verify_as_json_and_as_a_page(bundle: Path, tmp_path: Path) -> None:
    done = run_gemelo("verify", bundle, "--json", "--report", tmp_path / "p.html")
    value = json.loads(done.stdout)
    assert done.returncode == 0
    assert value["passed"] is True
    assert value["artifacts"][0]["runtime"] == "onnxruntime"
    assert "the artifact passed" in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_verify_on_photos_that_keras_never_saw(bundle: Path, tmp_path: Path) -> None:
    from gemelo.synthetic import draw_dataset

    draw_dataset(tmp_path / "drawn", 20, seed=3)
    done = run_gemelo("verify", bundle, "--images", tmp_path / "drawn", "--json")
    value = json.loads(done.stdout)
    assert done.returncode == 0
    assert (value["photos"], value["without_reference"]) == (20, 20)


def test_doctor_names_versions_and_cures() -> None:
    findings = json.loads(run_gemelo("doctor", "--json").stdout)
    named = {finding["name"]: finding for finding in findings}
    assert named["tensorflow"]["level"] == "ok"
    assert any("8494" in finding["text"] for finding in findings)
    assert all(finding["cure"] for finding in findings if finding["level"] not in ("ok", "note"))
    assert any(finding["level"] == "note" for finding in findings)


def test_a_fault_of_our_own_is_a_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gemelo import cli

    def fail(arguments: list[str]) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(cli, "_register", fail)
    monkeypatch.setattr(cli, "part_stderr", lambda: None)
    monkeypatch.delenv("GEMELO_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    assert "this should not have happened: ZeroDivisionError: oh" in capsys.readouterr().err


def test_a_missing_photo_does_not_stop_the_others(bundle: Path) -> None:
    good = min((bundle / "goldens").iterdir())
    done = run_gemelo("predict", bundle, good, "nowhere.jpg")
    assert done.returncode == 1
    assert "probability:" in done.stdout
    assert "nowhere.jpg: there is no such photo" in done.stderr


def test_a_link_to_nothing_does_not_stop_the_others(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    done = run_gemelo("predict", bundle, tmp_path / "gone.png", min((bundle / "goldens").iterdir()))
    assert done.returncode == 1
    assert "gone.png: there is no such file" in done.stdout
    assert "probability:" in done.stdout


def test_a_damaged_bundle_is_replaced_by_exporting_again(small_run: Path, bundle: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(bundle, tmp_path / "tiny"))
    (out / "labels.txt").write_text("cats\ncows\n")
    command = ("export", small_run, "--out", out, "--formats", "tflite", "--variants", "fp32")
    done = run_gemelo(*command)
    assert done.returncode == 2
    assert "the bundle there also has onnx/fp32, which this export would not make" in done.stderr
    done = run_gemelo(*command, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert "it also had onnx/fp32" in done.stdout
    assert run_gemelo("verify", out).returncode == 0


def test_info_names_what_was_left_out_and_what_was_set_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from gemelo.cli.info import print_bundle

    bundle = make_bundle(tmp_path / "tiny")
    row = LeftOut("onnx", "int8", "far [red]off")
    manifest = replace(bundle.manifest, left_out=[row], gates={"int8": {"drop": 1.5}})
    print_bundle(Bundle(bundle.path, manifest))
    shown = capsys.readouterr().out
    assert "left out      onnx/int8: far [red]off\n" in shown
    assert "set by hand   the gate of int8: drop 1.5\n" in shown
    for left_out in ([1, {}], 7, None):  # of a bundle from outside, anything
        rewrite_manifest(bundle.path, {"left_out": left_out})
        with pytest.raises(SchemaError, match="left_out"):
            Bundle.open(bundle.path)
