"""Names that look the same: of files and columns, as one person or program and another write them.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable


def plain(name: object) -> str:
    """Return what names that look the same have in common.

    macOS and some programs write é as e and an accent, others as one character: Unicode's normal
    forms NFD and NFC. Equal are names of which one is a canonical caseless match of the other
    (Unicode Standard, section 3.13, D145), whatever blanks are around and between their words.

    Args:
        name: The name; of what is no text, its text.

    Returns:
        The name to compare with others.
    """
    words = " ".join(str(name).split())
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", words).casefold())


def alike(wanted: Iterable[str], there: Iterable[str]) -> dict[str, list[str]]:
    """List the names that each of some names may mean.

    Args:
        wanted: Names as somebody wrote them.
        there: The names that there are.

    Returns:
        For each name that is there, itself; for any other, those that look the same, in their
        order.
    """
    exact = list(there)
    known, looks = set(exact), defaultdict(list)
    for name in exact:
        looks[plain(name)].append(name)
    return {name: [name] if name in known else looks[plain(name)] for name in wanted}
