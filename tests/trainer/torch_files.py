"""Files in PyTorch's old format, made by hand: good ones, and one row for each way to be hostile."""

import os
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
PROTOCOL = b"\x80\x02M\xe9\x03."
SYSTEM = pickle.dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {"long": 4}}, 2)


def text(value: str) -> bytes:
    """BINUNICODE."""
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    """BININT; LONG1 for what does not fit."""
    if value >= 1 << 31:
        return b"\x8a\x0a" + value.to_bytes(10, "little")
    return b"J" + struct.pack("<i", value)


def numbers(values: tuple[int, ...]) -> bytes:
    """A tuple of BININTs."""
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(key: str = "0", count: int = 6, kind: str = "FloatStorage") -> bytes:
    """A persistent id."""
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + number(count) + b"NtQ"


def tensor(shape: tuple[int, ...] = (2, 3), strides: tuple[int, ...] = (3, 1), offset: int = 0, **of: Any) -> bytes:
    """A call of `_rebuild_tensor_v2`, as PyTorch writes it."""
    view = number(offset) + numbers(shape) + numbers(strides)
    arguments = storage(**of) + view + b"\x89ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR"


def table(**tensors: bytes) -> bytes:
    """The pickle of a state."""
    rows = b"".join(text(name) + value + b"s" for name, value in tensors.items())
    return b"\x80\x02ccollections\nOrderedDict\n)R" + rows + b"."


def whole(state: bytes, keys: object = ("0",), *blocks: bytes, head: bytes = MAGIC + PROTOCOL + SYSTEM) -> bytes:
    """A file."""
    return head + state + pickle.dumps(list(keys) if isinstance(keys, tuple) else keys, 2) + b"".join(blocks)


def block(values: np.ndarray, count: int | None = None) -> bytes:
    """A storage's numbers."""
    return struct.pack("<q", values.size if count is None else count) + values.tobytes()


SIX = np.arange(6, dtype="<f4")
GOOD = whole(table(weight=tensor()), ("0",), block(SIX))


class Runs:
    """What a hostile pickle would run."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.system, ("touch HACKED",)


def deep(levels: int = 300_000) -> bytes:
    """A tuple nested so deeply that hashing it overflows the stack."""
    return b"\x80\x02}" + b")" + b"\x85" * levels + b"Ns."


@dataclass(frozen=True)
class Hostile:
    """One hostile file.

    Attributes:
        name: What was done.
        data: Its bytes.
        words: A part of the error's message.
    """

    name: str
    data: bytes
    words: str


DAMAGED = "damaged or cut short"
HOSTILE = (
    Hostile("empty", b"", DAMAGED),
    Hostile("text", b"no weights at all\n" * 9, DAMAGED),
    Hostile("a stride beyond 64 bits of bytes", whole(table(w=tensor((1,), (2**62,)))), DAMAGED),
    Hostile("newer zip format", b"PK\x03\x04" + bytes(60), "zip format"),
    Hostile("another pickle", pickle.dumps([1, 2]) * 3, "instruction that no weights need: FRAME"),
    Hostile("other magic", whole(table(), (), head=PROTOCOL + PROTOCOL + SYSTEM), "does not begin"),
    Hostile("other protocol", whole(table(), (), head=MAGIC + MAGIC + SYSTEM), "does not begin"),
    Hostile("big-endian", whole(table(), (), head=MAGIC + PROTOCOL + SYSTEM.replace(b"\x88", b"\x89")), "byte order"),
    Hostile("os.system by reduce", whole(pickle.dumps(Runs(), 2)), "asks for 'posix.system'"),
    Hostile("os.system in the head", whole(table(), head=pickle.dumps(Runs(), 2)), "asks for 'posix.system'"),
    Hostile("os.system as the keys", whole(table(), Runs()), "asks for 'posix.system'"),
    Hostile("os.system by protocol 4", whole(pickle.dumps(Runs(), 4)), "instruction that no weights need"),
    Hostile("eval", whole(b"\x80\x02cbuiltins\neval\n(" + text("1/0") + b"tR."), "asks for 'builtins.eval'"),
    Hostile("getattr", whole(b"\x80\x02cbuiltins\ngetattr\n."), "asks for 'builtins.getattr'"),
    Hostile("unknown global", whole(b"\x80\x02ctorch\nload\n."), "asks for 'torch.load'"),
    Hostile("an instance", whole(b"(ios\nsystem\n."), "instruction that no weights need: INST"),
    Hostile("a registered extension", whole(b"\x80\x02\x82\x01."), "instruction that no weights need: EXT1"),
    Hostile("call of what is no function", whole(b"\x80\x02}\x85)R."), DAMAGED),
    Hostile("call of the call's result", whole(b"\x80\x02ccollections\nOrderedDict\n)R)R."), DAMAGED),
    Hostile("dictionary of given content", whole(b"\x80\x02ccollections\nOrderedDict\n}\x85R."), DAMAGED),
    Hostile("kind of number called", whole(b"\x80\x02ctorch\nFloatStorage\n)R."), DAMAGED),
    Hostile("keys nested deeply", whole(deep()), DAMAGED),
    Hostile("stack underflow", whole(b"\x80\x02\x85."), DAMAGED),
    Hostile("too few for a tuple", whole(b"\x80\x02N\x87."), DAMAGED),
    Hostile("no mark", whole(b"\x80\x02t."), DAMAGED),
    Hostile("unknown memo", whole(b"\x80\x02h\x07."), DAMAGED),
    Hostile("memo of nothing", whole(b"\x80\x02q\x01."), DAMAGED),
    Hostile("memo far away", whole(b"\x80\x02Nr\xff\xff\xff\xff."), "not a table of tensors"),
    Hostile("text longer than the file", whole(b"\x80\x02X\xff\xff\xff\xff" + b"a."), DAMAGED),
    Hostile("no end", MAGIC + PROTOCOL + SYSTEM + b"\x80\x02}", DAMAGED),
    Hostile("pop", whole(b"\x80\x02" + b"N0" * 3), "instruction that no weights need: POP"),
    Hostile("a million constants", whole(b"\x80\x02(" + b"N" * 1_000_002 + b"t."), "more than 1000000 instructions"),
    Hostile("a list as the state", whole(b"\x80\x02]."), "not a table of tensors"),
    Hostile("numbers as tensors", whole(table(weight=number(7))), "not a table of tensors"),
    Hostile("update of a tuple", whole(b"\x80\x02)" + text("a") + b"Ns."), DAMAGED),
    Hostile("no storage", whole(table(weight=b"ctorch._utils\n_rebuild_tensor_v2\n(NNNNt\x52")), DAMAGED),
    Hostile("persistent id of nothing", whole(b"\x80\x02NQ."), DAMAGED),
    Hostile("unknown storage", whole(table(weight=tensor(kind="ByteStorage")), ("0",)), "asks for 'torch.ByteStorage'"),
    Hostile("negative count", whole(table(weight=tensor(count=-6)), ("0",), block(SIX)), DAMAGED),
    Hostile("huge count", whole(table(weight=tensor(count=2**31 - 1)), ("0",), block(SIX)), "cut short"),
    Hostile("count that is another", whole(table(weight=tensor()), ("0",), block(SIX, 5)), "not as long"),
    Hostile("beyond its storage", whole(table(weight=tensor((3, 3))), ("0",), block(SIX)), DAMAGED),
    Hostile("offset beyond it", whole(table(weight=tensor(offset=1)), ("0",), block(SIX)), DAMAGED),
    Hostile("negative offset", whole(table(weight=tensor(offset=-1)), ("0",), block(SIX)), DAMAGED),
    Hostile("negative stride", whole(table(weight=tensor((2, 3), (-3, 1))), ("0",), block(SIX)), DAMAGED),
    Hostile("huge by strides of 0", whole(table(weight=tensor((9999, 9999), (0, 0))), ("0",), block(SIX)), DAMAGED),
    Hostile("axes without strides", whole(table(weight=tensor((2, 3), (1,))), ("0",), block(SIX)), DAMAGED),
    Hostile("a hundred axes", whole(table(weight=tensor((1,) * 100, (1,) * 100)), ("0",), block(SIX)), DAMAGED),
    Hostile(
        "two lengths of one storage",
        whole(table(a=tensor(), b=tensor(count=7)), ("0",), block(SIX)),
        "disagree on the storage",
    ),
    Hostile("storage that is not listed", whole(table(weight=tensor()), ()), "list of storages"),
    Hostile("storage listed twice", whole(table(weight=tensor()), ("0", "0"), block(SIX)), "list of storages"),
    Hostile("storage that nobody uses", whole(table(weight=tensor()), ("0", "1"), block(SIX)), "list of storages"),
    Hostile("keys that are numbers", whole(table(weight=tensor()), (0,), block(SIX)), "list of storages"),
    Hostile("numbers cut short", GOOD[:-1], "cut short"),
    Hostile("bytes after the end", GOOD + b"\0", "bytes after its end"),
)
