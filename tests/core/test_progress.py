"""Progress where the output is no terminal: a line for each stage as it starts, and now and then within it."""

import pytest

from gemelo import progress


def test_each_stage_and_each_part_has_a_line_as_it_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 3.0, 12.0, 12.0, 13.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.Bars().step("exporting", 3) as done:
        assert capsys.readouterr().err == "exporting (3)\n"
        done(0, "onnx/fp32")
        assert capsys.readouterr().err == "  exporting: onnx/fp32\n"
        done(1, "onnx/fp32")
        assert capsys.readouterr().err == "", "three seconds are no silence"
        done(1, "onnx/int8")
        assert capsys.readouterr().err == "  exporting: 2 of 3, onnx/int8, 12 s\n"
        done()
    assert capsys.readouterr().err == ""
