"""Reading torch files from before 2020: several pickles, followed by raw numbers."""

from typing import Any

import torch

from mnemo.checkpoints.pickles.interpreter import Unpickler
from mnemo.checkpoints.pickles.limits import RefusedError
from mnemo.checkpoints.pickles.parts import Storage

#: The content of such a file's first pickle.
MAGIC = 0x1950A86A20F9469CFC6C
# The content of its second pickle.
_PROTOCOL = 1001


def rest(unpickler: Unpickler) -> Any:
    """Read what follows the magic number.

    Args:
        unpickler: The unpickler that has read the magic number.

    Returns:
        The file's content, as from `Unpickler.load`, with the numbers of its storages.

    Raises:
        RefusedError: The file uses something that no weights file needs.
        ValueError, TypeError, LookupError, EOFError: The file is damaged.
    """
    found: dict[str, Storage] = {}

    def storages(dtype: torch.dtype, key: str, count: int) -> Storage:
        storage = found.setdefault(key, Storage(dtype, count))
        if (storage.dtype, storage.count) != (dtype, count):
            raise ValueError("a storage has two types or lengths")
        return storage

    unpickler.storages = _no_storages
    if unpickler.load() != _PROTOCOL:
        raise ValueError("its version of the torch format is unknown")
    machine = unpickler.load()
    if type(machine) is not dict or machine.get("little_endian") is not True:
        raise RefusedError("was written by a big-endian machine")
    unpickler.storages = storages
    content = unpickler.load()
    keys = unpickler.load()
    if type(keys) is not list or not all(type(key) is str for key in keys):
        raise ValueError("the names of its storages are damaged")
    for key in keys:
        storage = found[key]
        count = int.from_bytes(unpickler.cursor.take(8), "little")
        if count != storage.count:
            raise ValueError("the length of a storage is damaged")
        unpickler.budget.make(storage.size)
        storage.data = bytearray(unpickler.cursor.take(storage.size))
    return content


def storage_from_bytes(unpickler: Unpickler, raw: Any) -> Storage:
    """Read a storage that a pickle contains as the bytes of such a file.

    Args:
        unpickler: The unpickler of that pickle, which must not be in a torch file itself.
        raw: The bytes.

    Returns:
        The storage, with its numbers.

    Raises:
        RefusedError, ValueError, TypeError, LookupError, EOFError: As for `rest`.
    """
    if unpickler.storages is not None or not isinstance(raw, bytes | memoryview):
        raise ValueError("a storage is damaged")
    inner = Unpickler(memoryview(raw), unpickler.budget, unpickler.builder, _no_storages)
    if inner.load() != MAGIC:
        raise ValueError("a storage is damaged")
    storage = rest(inner)
    if type(storage) is not Storage:
        raise ValueError("a storage is damaged")
    return storage


def _no_storages(*_: Any) -> Storage:
    raise ValueError("it refers to a storage too early")
