"""The fields of a protobuf message, without the package protobuf: a walk over its bytes."""

from collections.abc import Iterator
from typing import NamedTuple

_FIXED_WIDTH = {1: 8, 5: 4}


class WireField(NamedTuple):
    """A field: its number, and an integer or the bytes of a text, a message or packed numbers."""

    number: int
    value: memoryview | int


def wire_fields(data: memoryview) -> Iterator[WireField]:
    """The fields of a message in their order; those of a fixed width are passed over.

    Raises:
        ValueError: It is no protobuf.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
            yield WireField(key >> 3, value)
            continue
        if wire == 2:
            size, at = varint(data, at)
        elif wire in _FIXED_WIDTH:
            size = _FIXED_WIDTH[wire]
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > end:
            raise ValueError("cut short")
        if wire == 2:
            yield WireField(key >> 3, data[at : at + size])
        at += size


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """The integer at a place, and the place after it.

    Raises:
        ValueError: It has no end.
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without an end")


def message(number: int, content: bytes) -> bytes:
    """A field that holds a text or a message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
