"""Drawing a share of the photos of each class. Photos of the same bytes are drawn together, or not at all."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from gemelo.parallel import cores
from gemelo.preprocessing.photo_files import begins_like_a_photo
from gemelo.store.files import sha256_file

from .dataset import Photo


def draw(groups: Sequence[Sequence[int]], fraction: float, seed: Sequence[int]) -> list[int]:
    """Draw whole groups until the share is reached: at least one group, never all of them.

    Args:
        groups: Positions of photos; those of one group stay together.
        fraction: The share of the photos.
        seed: Which of them these are.
    """
    wanted = max(1, round(sum(map(len, groups)) * fraction))
    chosen: list[int] = []
    for position in np.random.default_rng(seed).permutation(len(groups))[:-1]:
        if len(chosen) >= wanted:
            break
        chosen += groups[position]
    return chosen


def by_class(
    photos: Sequence[Photo], chosen: Sequence[int], same: Callable[[int], Hashable]
) -> dict[int, list[list[int]]]:
    """{label: groups of photos}, in their order; a group of two classes is that of its first photo.

    Args:
        photos: All of them.
        chosen: Positions of those to draw from.
        same: The key of a position: photos of one key are of the same bytes.
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for i in chosen:
        members[same(i)].append(i)
    groups: dict[int, list[list[int]]] = defaultdict(list)
    for group in members.values():
        groups[photos[group[0]].label].append(group)
    return groups


def content_keys(paths: Sequence[Path]) -> list[Hashable]:
    """A key for each file, the same for photos of the same bytes; only those of the same size are read."""
    with ThreadPoolExecutor(cores()) as pool:
        sizes = list(pool.map(_size, paths))
        several: dict[int, list[int]] = defaultdict(list)
        for i, size in enumerate(sizes):
            several[size].append(i)
        alike = [i for size, members in several.items() if size >= 0 and len(members) > 1 for i in members]
        hashes = dict(zip(alike, pool.map(lambda i: _sha256(paths[i]), alike), strict=True))
    return [hashes.get(i) or i for i in range(len(paths))]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # read, and reported, later
        return -1


def _sha256(path: Path) -> str:
    try:
        return sha256_file(path) if begins_like_a_photo(path) else ""
    except OSError:
        return ""
