"""A pickle read as data: nothing in it is called, imported or unpickled.

A pickle is a program for a small stack machine. `pickletools` takes it apart, and this machine carries out those few
opcodes that build tuples, lists and dictionaries. A global is a name to be looked up in a table that the caller gives,
and whatever is not in the table, or any other opcode, ends the reading. (The standard library's `Unpickler` with its
`find_class` overridden would still let a pickle set attributes on whatever was found.)
"""

import pickletools
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, ClassVar

from gemelo.errors import WeightsError

Globals = Mapping[str, Any]

_MOST = 1_000_000  # opcodes: a file of weights has some 10,000
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"}


class PickleData:
    """One pickle's machine.

    Args:
        names: {"module name": what stands for it}. What is callable there may be applied to arguments.
        persistent: What a persistent id (the way of PyTorch to speak of its storages) stands for.
    """

    def __init__(self, names: Globals, persistent: Callable[[Any], Any]) -> None:
        self._names, self._persistent = names, persistent
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def read(self, stream: BinaryIO) -> Any:
        """The value of the pickle that begins where the stream stands.

        Raises:
            WeightsError: It is cut short, damaged, or would do more than build a value.
        """
        try:
            for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
                if count > _MOST:
                    raise WeightsError(f"its pickle has more than {_MOST} instructions")
                self._carry_out(opcode.name, argument)
            (value,) = self._stack
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as exc:
            raise WeightsError("its pickle is damaged or cut short") from exc
        return value

    def _carry_out(self, name: str, argument: Any) -> None:
        if name in _LITERALS:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name]())
        elif name in self._OPERATIONS:
            self._OPERATIONS[name](self, argument)
        elif name not in ("PROTO", "STOP"):
            raise WeightsError(f"its pickle has an instruction that no weights need: {name}")

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self._stack))

    def _since_mark(self) -> list[Any]:
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._since_mark()))

    def _tuple1(self, _: Any) -> None:
        self._tuple_of(1)

    def _tuple2(self, _: Any) -> None:
        self._tuple_of(2)

    def _tuple3(self, _: Any) -> None:
        self._tuple_of(3)

    def _tuple_of(self, count: int) -> None:
        values = tuple(self._stack[-count:])
        if len(values) < count:
            raise IndexError
        self._stack[-count:] = [values]

    def _append(self, _: Any) -> None:
        self._extend([self._stack.pop()])

    def _appends(self, _: Any) -> None:
        self._extend(self._since_mark())

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise TypeError
        target.extend(values)

    def _set_item(self, _: Any) -> None:
        value = self._stack.pop()
        self._update([self._stack.pop(), value])

    def _set_items(self, _: Any) -> None:
        self._update(self._since_mark())

    def _update(self, values: list[Any]) -> None:
        target, keys = self._stack[-1], values[::2]
        # Strings alone: the hash of a tuple nested a million times deep would end the process.
        if type(target) is not dict or len(values) % 2 or not all(type(key) is str for key in keys):
            raise TypeError
        target.update(zip(keys, values[1::2], strict=True))

    def _put(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def _get(self, place: int) -> None:
        self._stack.append(self._memo[place])

    def _global(self, name: str) -> None:
        if name not in self._names:
            raise WeightsError(f"its pickle asks for {name.replace(' ', '.')!r}, which no weights need")
        self._stack.append(self._names[name])

    def _reduce(self, _: Any) -> None:
        arguments, made = self._stack.pop(), self._stack.pop()
        if not any(made is known for known in self._names.values()) or type(arguments) is not tuple:
            raise TypeError
        self._stack.append(made(*arguments))

    def _build(self, _: Any) -> None:
        self._stack.pop()  # attributes beside the content (PyTorch notes versions there): not looked at
        if not self._stack:
            raise IndexError

    def _persistent_id(self, _: Any) -> None:
        self._stack.append(self._persistent(self._stack.pop()))

    _OPERATIONS: ClassVar[dict[str, Callable[["PickleData", Any], None]]] = {
        "MARK": _mark,
        "TUPLE": _tuple,
        "TUPLE1": _tuple1,
        "TUPLE2": _tuple2,
        "TUPLE3": _tuple3,
        "APPEND": _append,
        "APPENDS": _appends,
        "SETITEM": _set_item,
        "SETITEMS": _set_items,
        "BINPUT": _put,
        "LONG_BINPUT": _put,
        "BINGET": _get,
        "LONG_BINGET": _get,
        "GLOBAL": _global,
        "REDUCE": _reduce,
        "BUILD": _build,
        "BINPERSID": _persistent_id,
    }
