"""Limits on the operations and memory that a file may take, and checks of its shapes and keys."""

from collections.abc import Iterable
from typing import Any

#: Number of opcodes that any file may have, and of values in its tree. A network for 1024 pixels
#: needs about 100,000.
OPERATIONS = 500_000
#: Number of characters of a name that a message quotes.
NAME_LENGTH = 200

# Bytes that a file may take for each of its own. They count when they are read, when they are
# copied, and again for each tensor that shares them.
_MEMORY = 4
# The same for compressed bytes. Of the honest files, those with one w tiled over all layers shrink
# most: 16 times for 18 layers of float32, 25 times for float64.
_INFLATION = 64
# Bytes of a file for each opcode beyond `OPERATIONS`. A file of latents by image has an array,
# which takes about 25 opcodes, every 2,048 bytes or more.
_BYTES_PER_OPERATION = 64
_DIMENSIONS = 32
# Python hashes an integer to its remainder modulo 2**61 - 1. Of integers this short, few collide.
_KEY_BITS = 64
# Longest tuple that may be a key: it is hashed anew whenever it is used.
_KEY_LENGTH = 8


class RefusedError(ValueError):
    """A file uses something that no weights file needs; the message completes "the file ..."."""


class Budget:
    """Limits on reading one file, so that a small file can't fill the memory.

    Attributes:
        operations: Number of opcodes that may still be interpreted.
        values: Number of values that the file's tree may have.
        memory: Number of bytes that may still be allocated.

    Args:
        size: Size of the file in bytes.
    """

    def __init__(self, size: int):
        self.operations = self.values = OPERATIONS + size // _BYTES_PER_OPERATION
        self.memory = _MEMORY * size + 2**24
        self._compressible = size

    def operate(self, count: int = 1) -> None:
        """Deduct operations from the budget.

        Raises:
            RefusedError: The budget is exceeded.
        """
        self.operations -= count
        if self.operations < 0:
            raise RefusedError("takes more operations than its size accounts for")

    def make(self, size: int) -> None:
        """Deduct bytes from the budget.

        Raises:
            RefusedError: The budget is exceeded.
        """
        self.memory -= size
        if self.memory < 0:
            raise RefusedError("would take many times more memory than its size accounts for")

    def inflate(self, size: int) -> None:
        """Allow for the content of compressed bytes, each byte of the file at most once.

        Args:
            size: Number of the compressed bytes, as the file states it.
        """
        size = min(size, self._compressible)
        self._compressible -= size
        self.memory += (_INFLATION - _MEMORY) * size


def whole(numbers: Any) -> tuple[int, ...]:
    """Check that a value is a tuple or list of counts, such as a shape.

    Args:
        numbers: The value from the file.

    Returns:
        The counts.

    Raises:
        ValueError: The value is not a tuple or list of at most 32 integers from 0 to 2**62 - 1.
    """
    if type(numbers) not in (tuple, list) or len(numbers) > _DIMENSIONS:
        raise ValueError("a shape is damaged")
    if not all(type(number) is int and 0 <= number < 2**62 for number in numbers):
        raise ValueError("a shape is damaged")
    return tuple(numbers)


def pairs(items: Iterable[Any]) -> dict[Any, Any]:
    """Return a dict, after checking that its keys are quick to hash and compare.

    Args:
        items: Pairs of a key and a value.

    Returns:
        The dict.

    Raises:
        RefusedError: A key is something other than None, text, bytes, a short number, or a short
            tuple of these.
        ValueError, TypeError: An item is not a pair.
    """
    made = {}
    for key, value in items:
        for part in key if type(key) is tuple and len(key) <= _KEY_LENGTH else (key,):
            if part is not None and type(part) not in (str, int, float, bool, bytes):
                kind = getattr(part, "kind", type(part).__name__)
                raise RefusedError(f"has a dict with a {kind} as a key")
            if type(part) is int and part.bit_length() > _KEY_BITS:
                raise RefusedError(
                    f"has a dict with an integer of more than {_KEY_BITS} bits as a key"
                )
        made[key] = value
    return made
