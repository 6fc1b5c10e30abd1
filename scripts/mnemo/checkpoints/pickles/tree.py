"""Conversion of the parts of a pickle to a tree of plain content, whose size is checked."""

from collections.abc import Iterable
from typing import Any

from mnemo.checkpoints.pickles.limits import Budget, RefusedError
from mnemo.checkpoints.pickles.parts import (
    Array,
    Dtype,
    Floats,
    Global,
    Object,
    Record,
    Storage,
    Tensor,
    unpacked,
)

# The tree of a network is 16 deep.
_DEPTH = 64


def plain(content: Any, budget: Budget) -> Any:
    """Convert the parts of a pickle to plain content.

    Args:
        content: The result of `Unpickler.load`.
        budget: Limits on the memory that the content may take.

    Returns:
        The content, as `checkpoints.read` describes it.

    Raises:
        RefusedError: The content contains itself, or is nested too deep or too large.
        ValueError: The numbers of a tensor are missing.
    """
    value, _, _ = _Plain(budget).part(content, 0)
    return value


class _Plain:
    """Converts parts to plain values, and limits the size and depth of their tree.

    Walking the tree follows every path: a part that is reached along many paths counts once for
    each, and a part that contains itself would have no end.
    """

    def __init__(self, budget: Budget):
        self.budget = budget
        # By the id of a part: its plain value, the number of values in it, and its depth.
        self.done: dict[int, tuple[Any, int, int]] = {}
        self.begun: set[int] = set()

    def part(self, part: Any, depth: int) -> tuple[Any, int, int]:
        if part is None or type(part) in (str, int, float, bool, bytes):
            return part, 1, 0
        if type(part) is Floats:
            return part, len(part.values), 0
        value, count, height = self.done.get(id(part), (None, 0, 0))
        if depth + height > _DEPTH or id(part) in self.begun:
            raise RefusedError(f"contains itself, or is nested more than {_DEPTH} deep")
        if not count:
            self.begun.add(id(part))
            children = [self.part(child, depth + 1) for child in _children(part)]
            self.begun.remove(id(part))
            value = self._joined(part, [child[0] for child in children])
            count = 1 + sum(child[1] for child in children)
            height = 1 + max((child[2] for child in children), default=0)
            self.done[id(part)] = value, count, height
        if count > self.budget.values:
            raise RefusedError("has more values than its size accounts for")
        return value, count, height

    def _joined(self, part: Any, children: list[Any]) -> Any:
        match part:
            case Array():
                return children[0]
            case Dtype():
                return f"{part.order}{part.code}"
            case Global():
                return Record(part.kind, (), None)
            case Object():
                return Record(part.kind, tuple(children[2:]), *children[:2])
            case Tensor():
                return part.view(self.budget)
            case Storage():
                return part.flat()
            case dict():
                return dict(zip(part, children, strict=True))
            case list():
                return [number for child in children for number in unpacked(child)]
            case tuple():
                return tuple(children)
            case bytearray() | memoryview():
                self.budget.make(len(part))
                return bytes(part)
        return part  # an array of numbers


def _children(part: Any) -> Iterable[Any]:
    match part:
        case Array():
            return (part.content,)
        case Object():
            return (part.state, part.items, *part.arguments)
        case dict():
            return part.values()
        case list() | tuple():
            return part
    return ()
