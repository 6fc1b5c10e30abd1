"""Reading directions of edits from other programs' files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.interop import contents
from mnemo.interop.contents import Numbers, Space

# Largest relative difference between the layers of a direction that counts as none: the rounding
# of float32.
_ALIKE = 1e-5


class Direction(NamedTuple):
    """A direction of an edit.

    Attributes:
        space: Its latent space.
        rows: (1, dim) in z and w, (layers, w_dim) in w_plus; of unit length over all rows.
        norm: Length of the vector in the file: moving by c times that unscaled vector corresponds
            to alpha = c * norm.
        foreign: Whether the file shows that it was made with other weights than the generator's,
            or for another number of layers.
    """

    space: Space
    rows: NDArray[np.float64]
    norm: float
    foreign: bool = False


def read_direction(
    path: str | Path,
    *,
    z_dim: int,
    w_dim: int | None,
    layers: int,
    space: Space | None = None,
    weights: str | None = None,
    allow_foreign: bool = False,
    component: int | None = None,
) -> Direction:
    """Read the direction of an edit from a file, without executing anything in it.

    The layout is detected from the content: InterFaceGAN's `boundary.npy` (1, dim); the (layers,
    w_dim) files of Puzer/stylegan-encoder and a312863063/generators-with-stylegan2; paper 1's
    `w_aug_*.npy` (layers * w_dim,); a list with an array for each layer; the `.pt` files of
    encoder4editing, (1, w_dim) or (1, layers, w_dim); GANalyze's `pytorch_model_*.pth` {w: (1,
    z_dim)}; an `.npz` or a dictionary with the direction under the name boundary, direction, z, w
    or w_plus; GANSpace's `.npz` of components; the `factor.pt` of rosinality's closed-form
    factorization (SeFa); or one of Mnemo's own tables with a single hyperplane or direction.

    Args:
        path: The file.
        z_dim: Dimensions of the generator's z.
        w_dim: Dimensions of its w; None if it has none.
        layers: Number of layers of its synthesis network.
        space: The direction's space. Required for a file with one row if z and w have equally many
            dimensions and the file does not record the space; otherwise the file is checked
            against it.
        weights: The sha256 of the generator's weights; a file that records other weights is
            foreign.
        allow_foreign: Whether to accept a direction of another generator: one that records other
            weights, or that was read as foreign before; or one for another number of layers whose
            layers are all the same.
        component: Which of the directions in a file of GANSpace or SeFa, from 0; None for any other
            file.

    Returns:
        The direction, scaled to unit length in its space.

    Raises:
        MnemoError: The file is missing, damaged or unsafe; it holds no direction, or one that is
            zero or not finite; the direction belongs to another generator; or its space can't be
            determined.
    """
    path = Path(path)
    held, recorded, foreign = _direction(path, weights, space, component)
    if foreign and not allow_foreign:
        raise MnemoError(
            f"{path} was made with other weights than the generator's, or for another number of "
            "layers. Use a direction of this generator, or set `allow_foreign: true`."
        )
    generator = f"z of {z_dim}" + (f", {layers} layers of w of {w_dim}" if w_dim else "")
    unfit = f"{path} has the shape {held.shape}, and the generator has {generator}"

    rows = _by_layer(held, z_dim, w_dim)
    if rows is None:
        raise MnemoError(
            f"{unfit}: the direction belongs to another generator, or the file holds latents"
        )
    norm = float(np.linalg.norm(rows))
    if not 0 < norm < np.inf:
        raise MnemoError(f"{path} holds no direction: its length is {norm}")

    if len(rows) > 1 and recorded == "w":
        recorded = "w_plus"
    possible: list[Space] = ["w_plus"]
    if len(rows) == 1:
        dims: dict[Space, int | None] = {"z": z_dim, "w": w_dim}
        possible = [name for name, dim in dims.items() if dim == rows.size]
        # GANalyze stores {w: direction in z}, where w stands for weights.
        recorded = None if w_dim is None and recorded == "w" else recorded
    elif len(rows) != layers:
        if not (allow_foreign and alike(rows)):
            raise MnemoError(
                f"{unfit}: the direction belongs to another generator. A direction whose layers "
                "are all the same can be used with `allow_foreign: true`."
            )
        rows, foreign = np.tile(rows[:1], (layers, 1)), True

    for claimed in (recorded, space):
        if claimed is not None and claimed not in possible:
            raise MnemoError(
                f"{unfit}: the direction can't be in {claimed}, only in {' or '.join(possible)}"
            )
        possible = possible if claimed is None else [claimed]
    if len(possible) > 1:
        raise MnemoError(f"{unfit}: set `space` to z or w, whichever the direction is in")

    return Direction(possible[0], rows / np.linalg.norm(rows), norm, foreign)


def _direction(
    path: Path, weights: str | None, space: Space | None, component: int | None
) -> tuple[Numbers, Space | None, bool]:
    """Read a direction, its space if the file records it, and whether it is foreign."""
    if contents.starts_with(path, b"PAR1"):
        _refuse_component(path, component)
        return _direction_of_table(path, weights)
    content = contents.content(path)
    named = contents.named_arrays(content)
    if named is None:
        _refuse_component(path, component)
        return contents.array(content, path), None, False
    if "NN_output.weight" in named:
        raise MnemoError(
            f"{path} holds GANalyze's ClassDependent directions, one for each class, but an edit "
            "moves along one: use its OneDirection, or `interop.ganalyze.read_model`"
        )
    for name, program in (("lat_comp", "GANSpace"), ("eigvec", "SeFa")):
        if name in named:
            components = contents.array(named[name], path, name)
            # GANSpace has a component in each row, SeFa in each column.
            rows = components if program == "GANSpace" else components.T
            index = _component(len(rows) if rows.ndim > 1 else 0, program, component, path)
            return rows[index], _space_of_components(named, path), False
    _refuse_component(path, component)
    chosen = contents.chosen(named, space, path, ("boundary", "direction"))
    if chosen is None:
        raise MnemoError(
            f"{path} holds {contents.listed(named)}, and no name says which is the direction: "
            "name it boundary, direction, z, w or w_plus, or store it alone"
        )
    recorded = contents.SPACES.get(chosen)
    # GANalyze's file, in which w stands for weights, looks the same as a direction in w.
    if list(named) == ["w"] and isinstance(named["w"], Tensor):
        recorded = None
    return contents.array(named[chosen], path, chosen), recorded, False


def _direction_of_table(path: Path, weights: str | None) -> tuple[Numbers, Space | None, bool]:
    """Read the direction in one of Mnemo's own tables."""
    # The remedies of a study's own results do not fit a file that was brought from elsewhere.
    copy = "Copy it again from the study that made it."
    with tables.opened(path, [], remedy=copy) as file:
        table = file.read()
    try:
        made_with = set(dict(json.loads(tables.metadata(path).get("mnemo.weights", "{}"))).values())
    except (ValueError, TypeError) as why:
        raise MnemoError(f"{path} is damaged: its metadata can't be read ({why}). {copy}") from why
    if absent := {"space", "normal"}.difference(table.column_names):
        raise MnemoError(f"{path} holds no direction: it has no column {', '.join(sorted(absent))}")
    if len(table) != 1:
        raise MnemoError(
            f"{path} holds {len(table)} directions: use a file with one, from hyperplanes/"
        )
    [held] = table.to_pylist()
    others = weights is not None and made_with and weights not in made_with
    normal = contents.array(np.asarray(held["normal"]), path, "normal") * held.get("scale", 1.0)
    return normal, held["space"], bool(others or held.get("foreign"))


def _refuse_component(path: Path, component: int | None) -> None:
    if component is not None:
        raise MnemoError(
            f"{path} holds one direction, and no components of GANSpace or SeFa: remove `component`"
        )


def _component(count: int, program: str, component: int | None, path: Path) -> int:
    """Check which of a file's components is wanted."""
    if component is None or not 0 <= component < count:
        wanted = "" if component is None else f", and no component {component}"
        raise MnemoError(
            f"{path} holds {program}'s components 0 to {count - 1}{wanted}: set the direction's "
            "`component` to the number of one of them"
            if count
            else f"{path} holds no component of {program}"
        )
    return component


def _space_of_components(named: Mapping[Any, Any], path: Path) -> Space:
    """Return the space of GANSpace's or SeFa's components.

    SeFa's are the eigenvectors of the layers that w modulates. GANSpace measures the deviation of
    its samples along each component in w only, and writes ones in z (its `decomposition.py`).
    """
    if "lat_stdev" in named and bool(
        (contents.array(named["lat_stdev"], path, "lat_stdev") == 1).all()
    ):
        return "z"
    return "w"


def _by_layer(held: Numbers, z_dim: int, w_dim: int | None) -> NDArray[np.float64] | None:
    """Return a direction as one row per layer, or one for all; None if its shape does not fit."""
    flat = held.squeeze()
    rows = None
    if flat.ndim <= 1 and flat.size in (z_dim, w_dim):
        rows = flat.reshape(1, -1)
    elif w_dim and flat.ndim == 1 and flat.size % w_dim == 0:
        rows = flat.reshape(-1, w_dim)
    elif flat.ndim == 2 and flat.shape[1] == w_dim:
        rows = flat
    return None if rows is None else rows.astype(np.float64)


def alike(rows: NDArray[np.float64]) -> bool:
    return bool(np.abs(rows - rows[0]).max() <= _ALIKE * np.abs(rows).max())
