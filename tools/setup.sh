#!/bin/sh
# Set-up on a fresh Debian or Ubuntu. Usage: tools/setup.sh python|browser|clients
set -eu

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
apt() { say "installing $* with apt"; apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null; }

# The first Python that TensorFlow has wheels for.
find_python() {
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"; return
    fi
  done
  die "Python 3.11, 3.12 or 3.13 is needed (name one with PYTHON=...)"
}

make_venv() {
  python=$(find_python)
  if command -v uv >/dev/null; then uv venv --quiet --clear --seed --python "$python" .venv; return; fi
  if ! "$python" -m venv --clear .venv >/dev/null 2>&1; then
    is_root || die "$python has no venv module; install it first: sudo apt-get install python3-venv"
    apt python3-venv
    "$python" -m venv --clear .venv
  fi
}

# A lock names every package: nothing is left to resolve. The overrides of pyproject.toml made it; to uv 0.13 and newer
# they would be requirements without a hash, and newer than the lock's. So uv is run where it finds no pyproject.toml.
install() {  # VENV LOCK
  here=$(pwd)
  (cd / && "$here/.venv/bin/uv" pip install --quiet --no-deps --python "$here/$1/bin/python" --require-hashes \
    --requirement "$here/$2")
}

setup_python() {
  [ -x .venv/bin/python ] || { say "making .venv"; make_venv; }
  [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
    --only-binary :all: --require-hashes --requirement requirements-uv.lock
  say "installing the packages of requirements.lock into .venv"
  install .venv requirements.lock
  .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
}

has() { for name; do command -v "$name" >/dev/null && return; done; return 1; }

setup_browser() {
  missing=
  has chromium chromium-browser google-chrome || missing=chromium
  has firefox-esr firefox || missing="$missing firefox-esr"
  has WebKitWebDriver || missing="$missing webkit2gtk-driver"
  has Xvfb || [ -n "${DISPLAY:-}" ] || missing="$missing xvfb"
  # All at once is quicker; one by one, those that there are can be had.
  [ -n "$missing" ] && is_root && apt --no-install-recommends $missing && return
  for package in $missing; do
    if is_root; then
      apt --no-install-recommends "$package" || say "$package cannot be had here: tests in it are skipped"
    elif [ "$package" = chromium ]; then
      say "installing playwright's own Chromium"
      .venv/bin/python -m playwright install chromium
    else
      say "tests that need $package are skipped; install it first: sudo apt-get install $package"
    fi
  done
}

setup_clients() {
  [ -x .venv-clients/bin/python ] || .venv/bin/uv venv --quiet --python .venv/bin/python .venv-clients
  say "installing the packages of requirements-clients.lock into .venv-clients"
  install .venv-clients requirements-clients.lock
  .venv-clients/bin/python -W ignore -c 'from mediapipe.tasks.python import vision' 2>/dev/null && return
  is_root || die "MediaPipe does not start; it may lack libraries: sudo apt-get install libegl1 libgles2 libgl1"
  apt libegl1 libgles2 libgl1
}

case "${1:-}" in
  python) setup_python ;;
  browser) setup_browser ;;
  clients) setup_clients ;;
  *) die "usage: tools/setup.sh python|browser|clients" ;;
esac
