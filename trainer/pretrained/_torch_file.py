"""The files that PyTorch wrote before version 1.6, read without PyTorch and without running anything in them.

Five pickles: a magic number; 1001; the machine's byte order and sizes; the state, {name: tensor}, in which persistent
ids stand for storages; the keys of the storages, in the order in which they follow. Then for each storage: an int64,
how many numbers it has, and the numbers.
"""

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import WeightsError

from ._pickle_data import Globals, PickleData

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_LARGEST = 256 << 20
_HINT = "install the package that it belongs to again"
_MOST_AXES = 8

State = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class _Storage:
    """Numbers that are still to come.

    Attributes:
        key: Their name in the file.
        dtype: Of one of them.
        count: How many.
    """

    key: str
    dtype: np.dtype[np.generic]
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage: `torch._utils._rebuild_tensor_v2` is called with these."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: object = None
    hooks: object = field(default=None, repr=False)

    def __post_init__(self) -> None:
        whole = [self.offset, *self.shape, *self.strides]
        if not isinstance(self.storage, _Storage) or not all(type(number) is int and number >= 0 for number in whole):
            raise TypeError
        if len(self.shape) != len(self.strides) or len(self.shape) > _MOST_AXES or max(whole) > _LARGEST:
            raise ValueError  # numpy counts in 64 bits, and there an axis of length one may have any stride
        last = self.offset + sum((n - 1) * stride for n, stride in zip(self.shape, self.strides, strict=True))
        # The second: no view larger than what is there, which a stride of 0 would make.
        if 0 in self.shape or last >= self.storage.count or math.prod(self.shape) > self.storage.count:
            raise ValueError

    def view(self, numbers: NDArray[np.generic]) -> NDArray[np.generic]:
        """The tensor, once its storage is read."""
        strides = tuple(stride * numbers.itemsize for stride in self.strides)
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, strides, writeable=False)


def _empty() -> dict[str, Any]:
    """For `collections.OrderedDict`, which is filled only after it was made."""
    return {}


_NAMES: Globals = {
    "collections OrderedDict": _empty,
    "torch._utils _rebuild_tensor_v2": _Tensor,
    "torch FloatStorage": np.dtype("<f4"),
    "torch LongStorage": np.dtype("<i8"),
}


def read(path: Path) -> State:
    """The tensors of a file, by name, as they lie in it: views that cannot be written to.

    Raises:
        WeightsError: It is not such a file, is damaged, or holds anything but tensors.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise WeightsError(f"it has more than {_LARGEST >> 20} MB")
        return _read(io.BytesIO(path.read_bytes()))
    except OSError as exc:
        raise WeightsError(f"{path}: cannot be read: {exc.strerror or exc}", hint=_HINT) from exc
    except WeightsError as exc:
        raise WeightsError(f"{path}: these are no weights that can be read: {exc.message}", hint=_HINT) from exc


def _read(stream: io.BytesIO) -> State:
    _check_head(stream)
    mentioned: dict[str, _Storage] = {}
    tensors = PickleData(_NAMES, lambda value: _mention(value, mentioned)).read(stream)
    keys = PickleData({}, _refuse).read(stream)
    if not isinstance(tensors, dict) or not all(isinstance(value, _Tensor) for value in tensors.values()):
        raise WeightsError("its content is not a table of tensors")
    if type(keys) is not list or not all(type(key) is str for key in keys) or sorted(keys) != sorted(mentioned):
        raise WeightsError("its list of storages is not that of its tensors")
    storages = {key: _numbers(stream, mentioned[key]) for key in keys}
    if stream.read(1):
        raise WeightsError("there are bytes after its end")
    return {name: tensor.view(storages[tensor.storage.key]) for name, tensor in tensors.items()}


def _check_head(stream: io.BytesIO) -> None:
    if stream.getvalue().startswith(b"PK"):
        raise WeightsError("it is in the zip format of PyTorch 1.6 and later")
    magic, protocol, system = (PickleData({}, _refuse).read(stream) for _ in range(3))
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise WeightsError("it does not begin as PyTorch's files did")
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise WeightsError("it was not written in little-endian byte order")


def _refuse(_: Any) -> Any:
    raise TypeError


def _mention(value: Any, mentioned: dict[str, _Storage]) -> _Storage:
    kind, dtype, key, _, count, view = cast("tuple[Any, ...]", value)
    is_storage = kind == "storage" and isinstance(dtype, np.dtype) and view is None
    if not (is_storage and type(key) is str and type(count) is int and count >= 0):
        raise TypeError
    storage = _Storage(key, dtype, count)
    if mentioned.setdefault(key, storage) != storage:
        raise WeightsError("two of its tensors disagree on the storage that they share")
    return storage


def _numbers(stream: io.BytesIO, storage: _Storage) -> NDArray[np.generic]:
    length = 8 + storage.count * storage.dtype.itemsize
    start = stream.tell()
    if length > len(stream.getbuffer()) - start:
        raise WeightsError("it is cut short")
    block = stream.read(length)
    if int.from_bytes(block[:8], "little", signed=True) != storage.count:
        raise WeightsError("a storage is not as long as its tensors say")
    return np.frombuffer(block, storage.dtype, storage.count, 8)
