"""The tests of other processors: an arm64 Python under an emulator, and an x86-64 without VNNI.

    python tools/arm64.py [ARGUMENT OF PYTEST...]

What they need is fetched once into .cache/arm64: QEMU's emulators of user programs and Debian's arm64 Python by apt,
unpacked with dpkg-deb, and the aarch64 wheels of requirements.lock by uv. Nothing is installed, and of the machine only
apt's sources are read: its lists, its packages and its architectures stay as they are. Where this cannot be fetched the
tests are skipped, and it is said why; the exit code is then 0, but 1 where CI is set: there nothing may go untested.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gemelo.errors import GemeloError
from gemelo.store.files import atomic_directory

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "arm64"
LOCK = ROOT / "requirements.lock"
# Told to tests/arm64, which are collected only then.
WANTED = "GEMELO_ARM64"

STAMP = "stamp"
EMULATORS = ("qemu-aarch64-static", "qemu-x86_64-static")
DEBS = ("qemu-user-static:amd64", "python3-minimal:arm64", "libpython3-stdlib:arm64", "libstdc++6:arm64")
WHEELS = ("numpy", "pillow", "onnxruntime", "ai-edge-litert")

# The processor of QEMU's -cpu. onnxruntime and LiteRT read /proc/cpuinfo and crash where it tells of another one.
ARM = "neoverse-n1"
CPUINFO = """\
processor\t: 0
BogoMIPS\t: 50.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x4
CPU part\t: 0xd0c
CPU revision\t: 1

"""
# The last of Intel's servers but one that has AVX2 and no AVX-512, so no VNNI.
X86 = "Haswell"

# A machine of apt's own: hooks and architectures are the host's business, and what is installed is not asked.
APT = """\
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "FOLDER/state";
Dir::State::status "FOLDER/status";
Dir::Cache "FOLDER/cache";
Dir::Log "FOLDER/log";
"""


class NotFetchedError(Exception):
    """What the tests need cannot be had here; the message says why."""


def main(arguments: list[str]) -> int:
    """Fetch what is missing and run tests/arm64; 0 where they passed, or cannot be run here."""
    try:
        fetch()
    except NotFetchedError as exc:
        print(f"SKIPPED the tests of other processors: {exc}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    except GemeloError as exc:
        print(f"error: {exc.message}", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "pytest", "-o", "cache_dir=.pytest_cache/arm64", "tests/arm64", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, WANTED: "1"}, check=False).returncode


def fetch() -> None:
    """Make .cache/arm64, whole or not at all, unless it is there.

    Raises:
        NotFetchedError: This is no Debian or Ubuntu on x86-64, or a package cannot be fetched.
        GemeloError: It cannot be written.
    """
    stamp = hashlib.sha256(Path(__file__).read_bytes() + LOCK.read_bytes()).hexdigest()
    if (CACHE / STAMP).is_file() and (CACHE / STAMP).read_text(encoding="ascii") == stamp:
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NotFetchedError(f"they compare with an x86-64 under Linux, and this is {platform.platform()}")
    if missing := [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]:
        raise NotFetchedError(f"this is no Debian or Ubuntu: there is no {' and no '.join(missing)}")
    print("fetching an arm64 Python and its wheels into .cache/arm64", file=sys.stderr)
    with atomic_directory(CACHE) as work:
        with tempfile.TemporaryDirectory(dir=work, prefix="apt.") as name:
            _unpack(_download(Path(name)), Path(name), work)
        _install_wheels(work)
        (work / STAMP).write_text(stamp, encoding="ascii")


def on_arm64() -> list[str]:
    """The command that runs a Python script on the emulated arm64, before the script's name."""
    return [str(CACHE / EMULATORS[0]), "-L", str(CACHE / "root"), "-cpu", ARM, str(_python(CACHE))]


def on_old_x86() -> list[str]:
    """The same on an emulated x86-64 without VNNI, where it is this very Python that is run."""
    return [str(CACHE / EMULATORS[1]), "-cpu", X86, sys.executable]


def site_packages() -> Path:
    """The folder of the aarch64 wheels."""
    return CACHE / "site"


def _download(folder: Path) -> list[Path]:
    """The debs, with all that they depend on, as a new machine without any package would want them."""
    for part in ("state/lists/partial", "cache/archives/partial", "log"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    config = folder / "apt.conf"
    config.write_text(APT.replace("FOLDER", str(folder)), encoding="utf-8")
    apt = ["apt-get", "--config-file", str(config), "--quiet=2"]
    # One of the sources may have no arm64, or be out of reach: what matters is whether the packages are found.
    updated = _run([*apt, "update"])
    downloaded = _run([*apt, "--yes", "--download-only", "install", *DEBS])
    if downloaded.returncode:
        raise NotFetchedError(f"apt-get cannot fetch {', '.join(DEBS)}\n{updated.stderr}{downloaded.stderr}".rstrip())
    return sorted((folder / "cache" / "archives").glob("*.deb"))


def _unpack(debs: list[Path], folder: Path, work: Path) -> None:
    """The arm64 packages into root/; of the emulators' package, which has thirty, the two that are used."""
    root, host = work / "root", folder / "host"
    for deb in debs:
        if deb.name.endswith("_arm64.deb"):
            _must(["dpkg-deb", "--extract", str(deb), str(root)])
        elif deb.name.startswith("qemu-"):
            _must(["dpkg-deb", "--extract", str(deb), str(host)])
    for name in EMULATORS:
        shutil.copy(host / "usr" / "bin" / name, work / name)
    (root / "proc").mkdir()
    (root / "proc" / "cpuinfo").write_text(CPUINFO, encoding="ascii")
    if not (root / "lib").exists():  # Debian 13: the package that holds this link is not among them
        (root / "lib").symlink_to("usr/lib")


def _install_wheels(work: Path) -> None:
    """The wheels that .venv has, of the same versions, checked against the same hashes."""
    target = ["--target", str(work / "site"), "--python-platform", "aarch64-manylinux_2_28"]
    target += ["--python-version", _python(work).name.removeprefix("python")]
    exactly = ["--only-binary", ":all:", "--no-deps", "--constraint", str(LOCK)]
    uv = str(Path(sys.executable).with_name("uv"))
    done = _run([uv, "pip", "install", "--quiet", *target, *exactly, *WHEELS])
    if "Hash mismatch" in done.stderr:
        raise GemeloError(f"the aarch64 wheels are not those of {LOCK.name}\n{done.stderr}".rstrip())
    if done.returncode:
        raise NotFetchedError(f"uv cannot fetch the aarch64 wheels of {', '.join(WHEELS)}\n{done.stderr}".rstrip())


def _python(folder: Path) -> Path:
    [found] = (folder / "root" / "usr" / "bin").glob("python3.*")
    return found


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def _must(command: list[str]) -> None:
    done = _run(command)
    if done.returncode:
        raise GemeloError(f"{' '.join(command)}\n{done.stderr}".rstrip())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
