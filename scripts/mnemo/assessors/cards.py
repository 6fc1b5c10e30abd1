"""The cards of trained assessors, read without PyTorch.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import json
from pathlib import Path

#: Where in a safetensors file's metadata the card is. One key alone: safetensors writes several in
#: an order that changes from run to run.
KEY = "mnemo.card"
# A card has a few thousand bytes, and VGG16's list of tensors not many more.
_LONGEST = 2**20


def architecture(path: str | Path) -> str | None:
    """Read which network the file of a trained assessor holds.

    Args:
        path: Any file; it need not be there.

    Returns:
        The network, as `backbones.registry.NETWORKS` has it or another version of Mnemo had it;
        None where the file has no card.
    """
    if not Path(path).is_file():
        return None
    with Path(path).open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > _LONGEST:
            return None
        header = file.read(length)
    try:
        return str(json.loads(json.loads(header)["__metadata__"][KEY])["architecture"])
    except (ValueError, LookupError, TypeError):
        return None
