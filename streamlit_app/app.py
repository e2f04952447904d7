"""The app's entry, which `server.py` runs for each visitor. `gemelo app` starts it."""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("gemelo") is None:  # a checkout that is not installed
    sys.path.append(str(Path(__file__).resolve().parents[1]))

from gemelo import installed

installed.load("streamlit_app.main").main()
