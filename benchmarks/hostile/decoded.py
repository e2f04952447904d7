"""Decode a folder of photos into the cache, and write the hash of what is in it: `python -m ... PHOTOS FILE`."""

import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # this is no command of gemelo's: it may end without a word

from gemelo.preprocessing import Preprocessing  # noqa: E402
from gemelo.store.files import atomic_write, sha256_bytes  # noqa: E402
from trainer.cache import decode_all  # noqa: E402

if __name__ == "__main__":
    found = decode_all(sorted(Path(sys.argv[1]).rglob("*.jpg")), Preprocessing(96, 96))
    atomic_write(Path(sys.argv[2]), sha256_bytes(found.images_u8.tobytes()).encode())
