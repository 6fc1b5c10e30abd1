"""What a file may ask for: its budget, and the checks of its shapes and keys."""

from collections.abc import Iterable
from typing import Any

#: Opcodes of a file, and values of its tree. A network of 1024 pixels should take some 100,000.
OPERATIONS = 500_000
#: Characters of a name that a message quotes.
NAME_LENGTH = 200

# Bytes count when they are read, when they are copied, and in each tensor that shares them.
_MEMORY = 4
_DIMENSIONS = 32
# Python's hash of an integer is its remainder by 2**61 - 1, so that larger ones can all collide.
_KEY_BITS = 60


class RefusedError(ValueError):
    """A file asks for what no weights file needs; the message completes "the file ..."."""


class Budget:
    """What the reading of one file may cost, so that a small file can't fill the memory.

    Attributes:
        operations: Opcodes that may still be interpreted.
        memory: Bytes that may still be made.
    """

    def __init__(self, size: int):
        self.operations = OPERATIONS
        self.memory = _MEMORY * size + 2**24

    def operate(self, count: int = 1) -> None:
        """Take operations away."""
        self.operations -= count
        if self.operations < 0:
            raise RefusedError(f"takes more than {OPERATIONS:,} operations")

    def make(self, size: int) -> None:
        """Take bytes away."""
        self.memory -= size
        if self.memory < 0:
            raise RefusedError("would take many times more memory than its size accounts for")


def whole(numbers: Any) -> tuple[int, ...]:
    """Check numbers of things, as a shape has them.

    Args:
        numbers: What the file has in their place.

    Returns:
        The numbers.

    Raises:
        ValueError: It is no short tuple or list of integers from 0 to 2**62.
    """
    if type(numbers) not in (tuple, list) or len(numbers) > _DIMENSIONS:
        raise ValueError("a shape is damaged")
    if not all(type(number) is int and 0 <= number < 2**62 for number in numbers):
        raise ValueError("a shape is damaged")
    return tuple(numbers)


def pairs(items: Iterable[Any]) -> dict[Any, Any]:
    """Make a dict whose keys take no time to hash and to tell apart.

    Args:
        items: Pairs of a key and a value.

    Returns:
        The dict.

    Raises:
        RefusedError: A key is neither None nor text, bytes or a short number.
        ValueError, TypeError: An item is no pair.
    """
    made = {}
    for key, value in items:
        if key is not None and type(key) not in (str, int, float, bool, bytes):
            raise RefusedError(f"has a dict with a {type(key).__name__} as a key")
        if type(key) is int and key.bit_length() > _KEY_BITS:
            raise RefusedError(f"has a dict with a number of more than {_KEY_BITS} bits as a key")
        made[key] = value
    return made
