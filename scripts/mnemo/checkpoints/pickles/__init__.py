"""Reading pickles as data, without importing or executing anything that a file refers to.

Python's own unpickler imports and calls whatever a file names. This one parses the opcodes with
`pickletools`, which executes nothing, and looks each name up in a table. What is not in the table
is never imported: an object of a class that Mnemo does not know becomes a record of what the file
states about it. A file passes through these modules in turn:

- `interpreter` carries out the opcodes. It can call only the entries of the table.
- `builders` is the table; its entries build `parts` from checked bytes.
- `torch_legacy` reads what follows the first pickle of a torch file from before 2020.
- `tree` converts parts, which may refer to parts read after them, to plain content.

`limits` holds the limits on operations and memory, and the error that refuses a file.
"""

from typing import Any

from mnemo.checkpoints.pickles import torch_legacy
from mnemo.checkpoints.pickles.builders import builder
from mnemo.checkpoints.pickles.interpreter import Unpickler
from mnemo.checkpoints.pickles.limits import Budget, RefusedError
from mnemo.checkpoints.pickles.parts import Record, Storage, Storages, array, is_other
from mnemo.checkpoints.pickles.tree import plain

__all__ = ["Budget", "Record", "RefusedError", "Storage", "Storages", "array", "is_other", "load"]


def load(data: memoryview, budget: Budget, storages: Storages | None = None) -> Any:
    """Read a pickle, or a torch file from before 2020: several pickles, then raw numbers.

    Args:
        data: The content of the file.
        budget: Limits on the operations and memory that reading may take.
        storages: Returns the storages that the pickle of a newer torch file refers to; None for
            other files.

    Returns:
        The file's content, as `checkpoints.read` describes it.

    Raises:
        RefusedError: The file uses something that no weights file needs.
        ValueError, TypeError, LookupError, EOFError: The file is damaged.
    """
    unpickler = Unpickler(data, budget, builder, storages)
    content = unpickler.load()
    if type(content) is int and content == torch_legacy.MAGIC:
        content = torch_legacy.rest(unpickler)
    return plain(content, budget)
