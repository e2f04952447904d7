"""TensorFlow operators as Keras operations, for what no layer of Keras does."""

import inspect
from collections.abc import Sequence
from functools import cache
from typing import Any

from ..frameworks import keras, tf

# Where each axis is found when the channels are moved to the end, and back.
TO_LAST, TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
_BY_AXIS = ("strides", "dilations", "ksize", "explicit_paddings")

# What `tf.raw_ops` calls by other names than the operators themselves do.
_PYTHON = dict.fromkeys(("reduction_indices", "dim", "split_dim", "squeeze_dims"), "axis")
_PYTHON |= {"t": "x", "e": "y", "input": "condition"}

# An input of an operator: a constant, or None for a tensor; several of them where it takes a list.
Slot = Any | list[Any]


class RawOperation(keras.Operation):  # type: ignore[misc]
    """One operator, with its attributes and its constant inputs.

    Attributes:
        slots: {input: slot}; tensors fill the empty ones, in their order.
        attributes: As `tf.raw_ops` takes them.
        outputs: The shape and dtype of each, the batch left open.
    """

    def __init__(
        self, name: str, slots: dict[str, Slot], attributes: dict[str, Any], outputs: Sequence[tuple[Any, str]]
    ) -> None:
        super().__init__(name=name)
        self.slots, self.attributes, self.outputs = slots, attributes, outputs

    def call(self, *tensors: Any) -> Any:
        """Run the operator."""
        return run(type(self).__name__, self.slots, self.attributes, tensors)

    def compute_output_spec(self, *tensors: Any) -> Any:
        """The outputs' shapes and dtypes, which the graph has told."""
        del tensors
        specs = [keras.KerasTensor(shape, dtype) for shape, dtype in self.outputs]
        return specs[0] if len(specs) == 1 else specs

    def get_config(self) -> dict[str, Any]:
        """What makes it again."""
        return {"name": self.name, "slots": self.slots, "attributes": self.attributes, "outputs": self.outputs}


class GraphOperation(keras.Operation):  # type: ignore[misc]
    """A whole graph as one operation, for graphs that cannot be taken apart: those with loops, say."""

    def __init__(self, name: str, function: Any) -> None:
        super().__init__(name=name)
        self.function = function

    def call(self, image: Any) -> Any:
        """Run the graph."""
        return self.function(image)[0]

    def compute_output_spec(self, image: Any) -> Any:
        """Probabilities of so many classes."""
        return keras.KerasTensor((image.shape[0], self.function.outputs[0].shape[-1]), "float32")

    def get_config(self) -> dict[str, Any]:
        """What makes it again."""
        return {"name": self.name, "function": self.function}


@cache
def raw_operation(operator: str) -> type[RawOperation]:
    """The class of an operator's operations, called as the operator is."""
    return type(operator, (RawOperation,), {})


def run(operator: str, slots: dict[str, Slot], attributes: dict[str, Any], tensors: Sequence[Any]) -> Any:
    """What an operator answers: a tensor, or a list of them."""
    rest = iter(tensors)

    def filled(slot: Slot) -> Any:
        if isinstance(slot, list):
            return [filled(one) for one in slot]
        return next(rest) if slot is None else slot

    arguments = {name: filled(slot) for name, slot in slots.items()} | attributes
    function = getattr(tf.raw_ops, operator)
    taken = inspect.signature(function).parameters
    renamed = {name if name in taken else _PYTHON[name]: value for name, value in arguments.items()}
    answers = tf.nest.flatten(function(**renamed))
    return answers[0] if len(answers) == 1 else answers


def slots_of(op: Any, values: Sequence[Any]) -> dict[str, Slot]:
    """An operation's inputs by their names.

    Args:
        op: A tf.Operation.
        values: What goes in for each of its inputs.
    """
    slots: dict[str, Slot] = {}
    start = 0
    for argument in op.op_def.input_arg:
        several = argument.number_attr or argument.type_list_attr
        if not several:
            slots[argument.name] = values[start]
            start += 1
            continue
        counted = op.get_attr(several)
        count = counted if argument.number_attr else len(counted)
        slots[argument.name] = list(values[start : start + count])
        start += count
    return slots


def attributes_of(op: Any) -> dict[str, Any]:
    """An operation's attributes, without those that its inputs tell; the channels last."""
    inputs = op.op_def.input_arg
    told = {name for one in inputs for name in (one.type_attr, one.number_attr, one.type_list_attr)}
    found = {one.name: op.get_attr(one.name) for one in op.op_def.attr if one.name not in told}
    if is_first(op):
        found["data_format"] = b"NHWC"
        found.update({name: turned(found[name]) for name in _BY_AXIS if found.get(name)})
    return found


def is_first(op: Any) -> bool:
    """Whether an operation has the channels second, before height and width."""
    return "data_format" in op.node_def.attr and op.get_attr("data_format") == b"NCHW"


def turned(values: Sequence[Any]) -> list[Any]:
    """One value for each axis, or two, with those of the channels moved to the end."""
    size = len(values) // 4
    return [value for axis in TO_LAST for value in values[axis * size : (axis + 1) * size]]
