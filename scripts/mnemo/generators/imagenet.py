"""ImageNet's 1,000 classes, by index and by name.

The names, one per index, are those of torchvision's ImageNet weights. They are stored in
`imagenet.txt`, so that a study's classes can be checked without torchvision installed.
"""

from difflib import get_close_matches
from functools import cache
from operator import index
from pathlib import Path
from typing import SupportsIndex

from mnemo.errors import MnemoError

_FILE = Path(__file__).with_suffix(".txt")
#: Number of similar names that a message shows.
_SHOWN = 5


@cache
def names() -> tuple[str, ...]:
    """Return the names of all classes.

    Returns:
        1,000 names, in the order of their indices.
    """
    return tuple(_FILE.read_text("utf-8").splitlines())


def class_index(name_or_index: str | SupportsIndex, count: int = 1000) -> int:
    """Return the index of a class.

    Args:
        name_or_index: An index; or a name from `names`, in upper or lower case, with `_` or spaces
            between words.
        count: Number of classes of the generator. If it is not 1,000, the classes are not
            ImageNet's, and have no names.

    Returns:
        The class's index.

    Raises:
        MnemoError: There is no such class, or the name is not spelled as in `names` and matches
            several.
    """
    if not isinstance(name_or_index, str):
        try:
            number = -1 if isinstance(name_or_index, bool) else index(name_or_index)
        except TypeError:
            number = -1
        if not 0 <= number < count:
            named = ", or a name" if count == len(names()) else ""
            raise MnemoError(
                f"this generator has no class {name_or_index!r}: use an index from 0 to "
                f"{count - 1}{named}"
            )
        return number
    if count != len(names()):
        raise MnemoError(
            f"this generator has no class {name_or_index!r}: its {count} classes are not "
            f"ImageNet's 1,000 and have no names; use an index from 0 to {count - 1}"
        )
    wanted = name_or_index.replace("_", " ")
    if wanted in names():
        # Index 264 is the dog Cardigan, and 474 the garment cardigan.
        return names().index(wanted)
    found = [place for place, name in enumerate(names()) if name.lower() == wanted.lower()]
    if len(found) > 1:
        raise MnemoError(
            f"the class {name_or_index!r} may be {_listed(found)}: use the index, or exactly that "
            "spelling"
        )
    if not found:
        near = _near(wanted.lower())
        remedy = f"; similar: {_listed(near)}" if near else f": see {_FILE}"
        if wanted.isdecimal():
            remedy = ": write an index without quotes"
        raise MnemoError(f"ImageNet has no class {name_or_index!r}{remedy}")
    return found[0]


def _near(wanted: str) -> list[int]:
    """Return the indices of names that contain the wanted name, then of similarly spelled names."""
    lower = [name.lower() for name in names()]
    containing = [index for index, name in enumerate(lower) if wanted and wanted in name]
    alike = [
        index
        for match in get_close_matches(wanted, lower, n=_SHOWN, cutoff=0.7)
        for index, name in enumerate(lower)
        if name == match
    ]
    return list(dict.fromkeys(containing + alike))[:_SHOWN]


def _listed(indices: list[int]) -> str:
    return ", ".join(f"{index} ({names()[index]})" for index in indices)
