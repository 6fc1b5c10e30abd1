"""Finding a generator's tensors within what a program wraps them in.

The same state dict comes bare, under a key such as `state_dict` or `g_ema`, with `module.` before
each name (torch's `DataParallel`), as a part of a larger network (`decoder.` in the files of pSp
and encoder4editing), or as a whole module. A layout describes the bare state dict; this module
looks for it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from mnemo.checkpoints import Record, Safetensors

#: Entries of a container that belong to the network within it: rosinality's mean w.
CARRIED = ("latent_avg",)
# Four levels: {"state_dict": {"module.decoder.<name>": tensor}} has three.
_DEPTH = 4
# Number of things beside the generator that are listed of one container.
_LISTED = 100
# Names of the averaged copy of a generator, which is the one to render with.
_AVERAGED = re.compile("ema|smooth|avg|average|shadow|^gs$", re.IGNORECASE)


class Inner(NamedTuple):
    """What a file holds at some place.

    Attributes:
        content: The content.
        place: The keys and the prefixes of names that lead to it, from the outermost.
        around: The entries `CARRIED` of the containers around it.
        left: What the containers around it hold besides it; prefixes of names end with `.*`.
    """

    content: Any
    place: tuple[str, ...] = ()
    around: Mapping[str, Any] = {}
    left: tuple[str, ...] = ()

    @property
    def averaged(self) -> bool:
        """Whether it is named as an average of a network's weights over its training."""
        return any(map(averaged, self.place))


def averaged(name: str) -> bool:
    """Return whether a key or a prefix names an average of a network's weights."""
    return bool(_AVERAGED.search(name))


def levels(content: Any) -> Iterator[list[Inner]]:
    """Look into the containers of a file, one level after the other.

    Args:
        content: The content of a file, as from `checkpoints.read`.

    Yields:
        The whole content, then everything that is one level deeper, and so on, four times at most.
    """
    level = [Inner(content.tensors if isinstance(content, Safetensors) else content)]
    for _ in range(_DEPTH):
        yield level
        level = [inner for outer in level for inner in _within(outer)]


def _within(outer: Inner) -> Iterator[Inner]:
    """List what a container holds: its dictionaries and modules, and names with a common prefix."""
    state = _state(outer.content) if isinstance(outer.content, Record) else outer.content
    if not isinstance(state, dict):
        return
    groups: dict[str, Any] = {}
    if state is not outer.content:
        groups["(module)"] = state
    for name, value in state.items():
        if isinstance(value, dict | Record):
            groups[str(name)] = value
        elif isinstance(name, str) and "." in name and isinstance(value, Tensor | np.ndarray):
            prefix, _, rest = name.partition(".")
            group = groups.setdefault(f"{prefix}.*", {})
            group[rest] = value
    around = {**outer.around, **{key: state[key] for key in CARRIED if key in state}}
    names = [*groups, *(str(key) for key in state if "." not in str(key))]
    others = tuple(dict.fromkeys(name for name in names if name not in CARRIED))
    more = (f"{len(others) - _LISTED} more",) if len(others) > _LISTED else ()
    for name, group in groups.items():
        left = (*(each for each in others[:_LISTED] if each != name), *more)
        yield Inner(group, (*outer.place, name), around, (*outer.left, *left))


def _state(module: Record) -> dict[str, Any] | None:
    """Return the state dict of a whole module of torch; None if a record is something else."""
    found: dict[str, Any] = {}
    rest = [("", module)]
    while rest:
        path, inner = rest.pop()
        state = inner.state if isinstance(inner, Record) else None
        if not isinstance(state, dict) or not isinstance(state.get("_modules"), dict):
            return None
        for kind in ("_parameters", "_buffers"):
            held = state.get(kind)
            if isinstance(held, dict):
                found |= {
                    f"{path}{name}": value for name, value in held.items() if value is not None
                }
        below = state["_modules"].items()
        rest += [(f"{path}{name}.", each) for name, each in below if each is not None]
    return found
