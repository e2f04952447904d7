"""Stills from a camera, taken by whichever program of these is on this device."""

import io
import subprocess
import time
from collections.abc import Callable

from gemelo.edge.device.frames import now, print_row
from gemelo.edge.device.model import Model
from gemelo.errors import CheckError, ImageError, MissingDependencyError, RuntimeFailure
from gemelo.terminal.answers import line_of, row_of
from gemelo.terminal.text import complain, print_json
from gemelo.terminal.until_stopped import UntilStopped

_STILL_SECONDS = 30.0


def _raspberry(program: str, number: int) -> list[str]:
    # Half a second for the exposure to settle.
    return [program, "--camera", str(number), "--nopreview", "--timeout", "500", "--encoding", "jpg", "--output", "-"]


def _ffmpeg(program: str, number: int) -> list[str]:
    source = ["-f", "v4l2", "-i", f"/dev/video{number}"]
    target = ["-frames:v", "1", "-c:v", "mjpeg", "-q:v", "2", "-f", "image2pipe", "pipe:1"]
    return [program, "-hide_banner", "-loglevel", "error", "-nostdin", *source, *target]


# In the order of preference: a Raspberry Pi's own camera is no /dev/video that ffmpeg could read.
CAMERA_PROGRAMS: dict[str, Callable[[str, int], list[str]]] = {
    "rpicam-still": _raspberry,
    "libcamera-still": _raspberry,
    "ffmpeg": _ffmpeg,
}


def answer_camera(model: Model, number: int, every: float | None, top: int | None, as_json: bool) -> int:
    """Classify one still, or one every so many seconds until it is stopped, and return the exit code.

    Raises:
        MissingDependencyError: None of the programs is installed.
        RuntimeFailure: The camera gave no still, where one alone was asked for.
        ImageError: What it gave is no photo, where one alone was asked for.
    """
    program = _find_program()
    if every is None:
        row, line = _answer(model, program, number, top)
        print_json(row) if as_json else print(line)
        return 0
    with UntilStopped():
        while True:
            started = time.monotonic()
            try:
                row, line = _answer(model, program, number, top)
                print_row(row) if as_json else print(line, flush=True)
            except CheckError as exc:  # the next still may be better
                complain(exc.message, exc.hint)
            time.sleep(max(0.0, every - (time.monotonic() - started)))
    return 0


def _answer(model: Model, program: str, number: int, top: int | None) -> tuple[dict[str, object], str]:
    """The answer to one still, as JSON and as a line."""
    taken = now()
    still = _Still(take_still(program, number))
    still.name = f"camera {number}"
    answer = model.attempt(still, top)
    if isinstance(answer, ImageError):
        raise answer
    sure = model.is_sure(answer)
    return {"time": taken, **row_of(still.name, answer, sure)}, line_of(still.name, answer, sure)


def take_still(program: str, number: int) -> bytes:
    """The bytes of a JPEG.

    Args:
        program: The path of one of `CAMERA_PROGRAMS`.
        number: Of the camera.

    Raises:
        RuntimeFailure: The program failed, or took too long.
    """
    name = program.rsplit("/", 1)[-1]
    command = CAMERA_PROGRAMS[name](program, number)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_STILL_SECONDS, check=False)
    except subprocess.TimeoutExpired as exc:
        raise RuntimeFailure(f"camera {number}: {name} gave no still within {_STILL_SECONDS:.0f} s") from exc
    except OSError as exc:
        raise RuntimeFailure(f"camera {number}: {program} cannot be started: {exc.strerror}") from exc
    if done.returncode != 0 or not done.stdout:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1] if lines else f"it said nothing, exit code {done.returncode}"
        raise RuntimeFailure(
            f"camera {number}: {name} gave no still: {said}", hint="is it connected, and free? ls /dev/video*"
        )
    return done.stdout


class _Still(io.BytesIO):
    """A photo in memory, with a name for messages."""

    name = ""


def _find_program() -> str:
    import shutil

    for name in CAMERA_PROGRAMS:
        if (path := shutil.which(name)) is not None:
            return path
    names = ", ".join(CAMERA_PROGRAMS)
    raise MissingDependencyError(
        f"a program for cameras ({names})", "sudo apt-get install rpicam-apps-lite (Raspberry Pi) or ffmpeg (others)"
    )
