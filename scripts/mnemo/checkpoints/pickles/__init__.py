"""Reading pickles as data: nothing that a file names is imported, and nothing of it is executed.

Python's own unpickler imports and calls what a file names. This one takes the opcodes apart with
`pickletools`, which executes nothing, and looks each name up in a closed table. The modules, in the
order in which a file passes through them:

- `interpreter`: What each opcode does. It can call nothing but the entries of the table.
- `builders`: The table, whose entries make `parts` from checked bytes.
- `torch_legacy`: What follows the first pickle of a torch file of before 2020.
- `tree`: From parts, some of which refer to what came later, to plain content.

What a file may cost, and how one is refused, is in `limits`.
"""

from typing import Any

from mnemo.checkpoints.pickles import torch_legacy
from mnemo.checkpoints.pickles.builders import BUILDERS
from mnemo.checkpoints.pickles.interpreter import Unpickler
from mnemo.checkpoints.pickles.limits import Budget, RefusedError
from mnemo.checkpoints.pickles.parts import Record, Storage, Storages, array
from mnemo.checkpoints.pickles.tree import plain

__all__ = ["Budget", "Record", "RefusedError", "Storage", "Storages", "array", "load"]


def load(data: memoryview, budget: Budget, storages: Storages | None = None) -> Any:
    """Read a pickle, or a torch file of before 2020, which is several of them and raw numbers.

    Args:
        data: The file.
        budget: What it may cost.
        storages: Where the numbers are that the pickle of a later torch file refers to.

    Returns:
        Its content, as `checkpoints.read` describes it.

    Raises:
        RefusedError: It asks for what no weights file needs.
        ValueError, TypeError, LookupError, EOFError: It is damaged.
    """
    unpickler = Unpickler(data, budget, BUILDERS, storages)
    content = unpickler.load()
    if type(content) is int and content == torch_legacy.MAGIC:
        content = torch_legacy.rest(unpickler)
    return plain(content, budget)
