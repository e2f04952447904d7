"""What an import is asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from gemelo.preprocessing import DEFAULT_MAX_PIXELS

from .declare import Declared
from .programs import Trust


@dataclass(frozen=True)
class ImportOptions:
    """An import.

    Attributes:
        model: The file or folder.
        out: Where the run goes.
        declared: What was said with options.
        presets: Names of `presets.PRESETS`; what the first says counts before what the second says.
        photos: A folder of photos with a folder for each label.
        trust: What may be run.
        overwrite: Whether a run that is there already is replaced.
        max_pixels: Larger photos are refused.
    """

    model: Path
    out: Path
    declared: Declared = field(default_factory=Declared)
    presets: tuple[str, ...] = ()
    photos: Path | None = None
    trust: Trust = field(default_factory=Trust)
    overwrite: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS
