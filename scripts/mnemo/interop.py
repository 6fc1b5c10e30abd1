"""Reading and writing other programs' files of directions, latents and scores.

docs/interop.md has examples.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnemo import checkpoints, files, latents, tables
from mnemo import scores as score_tables
from mnemo.errors import MnemoError

Space = Literal["z", "w", "w_plus"]
Numbers = NDArray[Any]

LOGGER = logging.getLogger(__name__)

# InterFaceGAN's file names of latents, whose content does not distinguish z from w.
_FILES: dict[str, Space] = {"z": "z", "w": "w"}
# Names of arrays within a file, and the space that each states. NVIDIA's projectors and others also
# call one w per layer "w".
_SPACES: dict[str, Space] = {
    "z": "z",
    "w": "w",
    "dlatents": "w",
    "projected_w": "w",
    "wp": "w_plus",
    "w_plus": "w_plus",
}
# numpy's names of the first two arrays that were stored without one.
_UNNAMED, _SECOND = "arr_0", "arr_1"
_IMAGE = re.compile(r".+\.(png|jpe?g|webp|bmp|gif|tiff?)", re.IGNORECASE)
# Bytes that latents stored by image may take for each of the file's own, beyond the first 16 MiB:
# several names may refer to one array.
_EXPANSION = 64
# Rows of latents wider than this are layers in a row; published z and w have 512 numbers.
_WIDEST = 2048
# What numpy may raise for a header: it parses the header as Python, and a damaged header may
# contain anything.
_UNREADABLE = (
    ArithmeticError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TokenError,
    TypeError,
    ValueError,
)
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


class Latents(NamedTuple):
    """Latents of some images.

    Attributes:
        space: Their latent space.
        rows: (n, dim) in z and w, (n, layers, w_dim) in w_plus; may be a memory map of the file.
        images: The images' names, if the file has them.
    """

    space: Space
    rows: NDArray[np.float32]
    images: tuple[str, ...] | None = None


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
        if not (allow_foreign and _alike(rows)):
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


def read_latents(path: str | Path, space: Space | None = None) -> Latents:
    """Read latents from a file, without executing anything in it.

    The layout is detected from the content: InterFaceGAN's `z.npy` and `w.npy` (n, dim) and
    `wp.npy` (n, layers, w_dim); paper 1's `lats_*.npy`, the same with a 1 after n;
    encoder4editing's `latents.pt`; NVIDIA's `projected_w.npz`; ReStyle's `latents.npy`, whose last
    iteration is read; the `.pt` of rosinality's projector; stylegan-encoder's (layers, w_dim) for
    one image, in w_plus; a list with an array for each image; an `.npz`, a safetensors file or a
    dictionary that names its arrays z, w, dlatents, projected_w, wp or w_plus; or one with an array
    for each image.

    Args:
        path: The file.
        space: The latents' space. Required for an array with one row per image, unless the array or
            the file is named `z` or `w`; for a file with latents in several spaces; and for the one
            image of stylegan-encoder. Otherwise the file is checked against it.

    Returns:
        The latents.

    Raises:
        MnemoError: The file is missing, damaged or unsafe; it holds no latents, or some that are
            not finite; or their space differs from `space` or can't be determined.
    """
    path = Path(path)
    content = _content(path)
    images: tuple[str, ...] | None = None
    recorded: Space | None = None
    named = _named(content)
    if named is None:
        rows = _array(content, path)
    elif (chosen := _chosen(named, space, path)) is not None:
        rows, recorded = _array(named[chosen], path, chosen), _SPACES.get(chosen)
    else:
        rows, recorded = _by_name(named, space, path)
        images = tuple(map(str, named))
        if len(set(images)) < len(images):
            raise MnemoError(f"{path} has an image twice, as a number and as text: rename one")
    rows = _without_ones(rows)
    if rows.ndim == 2 and rows.shape[1] > _WIDEST:
        raise MnemoError(
            f"{path} has the shape {rows.shape}: its rows are wider than any z or w. If each holds "
            "one w per layer, store them with the shape (n, layers, w_dim): "
            "latents.reshape(len(latents), -1, 512)"
        )
    if rows.ndim == 2 and images is None and space == "w_plus":
        rows = rows[np.newaxis]
    if rows.ndim not in (2, 3) or not rows.size:
        raise MnemoError(
            f"{path} has the shape {rows.shape}; latents have (n, dim) or (n, layers, w_dim)"
        )

    found: Space | None = "w_plus"
    if rows.ndim == 2:
        found = recorded or space or _FILES.get(path.stem)
    if found is None:
        raise MnemoError(f"{path} does not record whether it holds z or w: set `space` to one")
    if recorded == "z" and found == "w_plus":
        raise MnemoError(
            f"{path} has the shape {rows.shape} as 'z'; latents in z have (n, dim). If these are "
            "latents in w_plus, rename the array"
        )
    if found == "w_plus" and rows.ndim == 2:
        raise MnemoError(
            f"{path} has the shape {rows.shape} as w_plus, which has (n, layers, w_dim). If it is "
            "one image's, with one row per layer, set `space` to w_plus"
        )
    if space not in (None, found):
        raise MnemoError(f"{path} has the shape {rows.shape}: it holds {found}, not {space}")
    return Latents(found, _finite(rows, path), images)


def read_scores(path: str | Path) -> NDArray[np.float32]:
    """Read InterFaceGAN's `scores.npy` (n, 1), or paper 1's `mems_*.npy` (n,) or (n, 1).

    In an `.npz` or a dictionary, the scores are the array without a name, or that named scores.

    Args:
        path: The file.

    Returns:
        (n,), in the file's order.

    Raises:
        MnemoError: The file is missing, damaged or unsafe, or it holds no scores, or some that are
            not finite.
    """
    path = Path(path)
    scores = _array(_alone(_content(path), "scores", path), path)
    if not scores.size or scores.shape not in ((scores.size,), (scores.size, 1)):
        raise MnemoError(f"{path} has the shape {scores.shape}; scores have (n,) or (n, 1)")
    return _finite(scores, path).ravel()


def write_boundary(path: str | Path, direction: Direction) -> None:
    """Write a direction as InterFaceGAN's `boundary.npy`: (1, dim) float32 of unit length.

    A direction in w_plus becomes one in w. The same move then takes an alpha that is smaller by the
    square root of the number of layers, because a move by alpha in w_plus moves each layer by that
    much less.

    Args:
        path: The file to write; its folder must exist.
        direction: The direction.

    Raises:
        MnemoError: The direction differs between layers, which InterFaceGAN's format can't express.
    """
    if not _alike(direction.rows):
        raise MnemoError(
            f"{path}: the direction differs between layers, but InterFaceGAN's boundaries have "
            "one row for all layers"
        )
    boundary = direction.rows[:1] / np.linalg.norm(direction.rows[0])
    _save(path, [boundary.astype(np.float32)], 1)


def write_interfacegan(
    folder: str | Path,
    shards: Sequence[str | Path],
    scores: Sequence[str | Path],
    hyperplanes: Iterable[str | Path],
    *,
    layers: int,
    tile: bool = False,
) -> None:
    """Write latents, scores and hyperplanes as InterFaceGAN's files, one shard in memory at a time.

    InterFaceGAN's arrays have no gaps, so only images that have all scores are written.
    `images.txt` lists their keys, one per line, in the order of every array. The arrays are
    float32: `z.npy` and `w.npy` (n, dim) and `wp.npy` (n, layers, w_dim) for the spaces that the
    latents have, `scores_<assessor>_<shape>.npy` (n, 1), and for each hyperplane
    `boundary_<space>_<assessor>_<shape>_<threshold>.npy`; see `write_boundary`.

    Args:
        folder: The folder to write to; created if it is missing.
        shards: The latent shards of one set, tables `latents.LATENTS`.
        scores: Tables `scores.SCORES`; scores of other sets and of edited images are ignored.
        hyperplanes: Tables `hyperplanes.HYPERPLANES`.
        layers: Number of the generator's layers.
        tile: Whether to write `wp.npy` even if all layers share w, `layers` times as large.

    Raises:
        MnemoError: A table is damaged, or no image has all scores.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    first = tables.read(shards[0])
    by_image = _by_image(scores, first["set"][0].as_py())
    keys = tables.frame(shards, ["image"])["image"]
    wanted = keys.isin(by_image.index).to_numpy()
    images = keys[wanted]
    if images.empty:
        raise MnemoError(
            f"no image has all scores in {shards[0]} and the shards after it: pass scores of the "
            "same set"
        )

    with files.whole(folder / "images.txt") as partial:
        partial.write_text("\n".join([*images, ""]))
    for name in by_image:
        values = by_image.loc[images, [name]].to_numpy(np.float32)
        _save(folder / f"scores_{name}.npy", [values], len(images))
    held = {space for space in ("z", "w", "w_plus") if not first[space].null_count}
    for space in sorted(held - {"w_plus"}):
        _save(folder / f"{space}.npy", _rows(shards, space, wanted), len(images))
    if "w_plus" in held or (tile and "w" in held):
        rows = _rows(shards, "w_plus" if "w_plus" in held else "w", wanted)
        tiled = (_layered(part, layers, tiled="w_plus" in held) for part in rows)
        _save(folder / "wp.npy", tiled, len(images))
    for path in hyperplanes:
        for plane in tables.read(path).to_pylist():
            normal = np.array(plane["normal"]).reshape(plane["layers"], -1)
            name = "_".join(plane[key] for key in ("space", "assessor", "shape", "threshold"))
            write_boundary(folder / f"boundary_{name}.npy", Direction(plane["space"], normal, 1.0))


def _direction(
    path: Path, weights: str | None, space: Space | None, component: int | None
) -> tuple[Numbers, Space | None, bool]:
    """Read a direction, its space if the file records it, and whether it is foreign."""
    if _starts_with(path, b"PAR1"):
        _refuse_component(path, component)
        return _direction_of_table(path, weights)
    content = _content(path)
    named = _named(content)
    if named is None:
        _refuse_component(path, component)
        return _array(content, path), None, False
    if "NN_output.weight" in named:
        raise MnemoError(
            f"{path} holds GANalyze's ClassDependent directions, one for each class; Mnemo reads "
            "only its OneDirection"
        )
    for name, program in (("lat_comp", "GANSpace"), ("eigvec", "SeFa")):
        if name in named:
            components = _array(named[name], path, name)
            # GANSpace has a component in each row, SeFa in each column.
            rows = components if program == "GANSpace" else components.T
            index = _component(len(rows) if rows.ndim > 1 else 0, program, component, path)
            return rows[index], _space_of_components(named, path), False
    _refuse_component(path, component)
    chosen = _chosen(named, space, path, ("boundary", "direction"))
    if chosen is None:
        raise MnemoError(
            f"{path} holds {_listed(named)}, and no name says which is the direction: name it "
            "boundary, direction, z, w or w_plus, or store it alone"
        )
    recorded = _SPACES.get(chosen)
    # GANalyze's file, in which w stands for weights, looks the same as a direction in w.
    if list(named) == ["w"] and isinstance(named["w"], Tensor):
        recorded = None
    return _array(named[chosen], path, chosen), recorded, False


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
    normal = _array(np.asarray(held["normal"]), path, "normal")
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
    if "lat_stdev" in named and bool((_array(named["lat_stdev"], path, "lat_stdev") == 1).all()):
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


def _content(path: Path) -> Any:
    """Read a file; an array of numbers is mapped, not loaded into memory."""
    if _starts_with(path, b"\x93NUMPY"):
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except _UNREADABLE:
            pass  # The file holds objects or is damaged; `checkpoints.read` handles both.
    return checkpoints.read(path)


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError as why:
        raise MnemoError(f"{path} can't be read ({why.strerror})") from why


def _named(content: Any) -> Mapping[Any, Any] | None:
    """Return what a file holds by name; None if it holds one thing without a name."""
    if isinstance(content, checkpoints.Safetensors):
        return content.tensors
    if isinstance(content, checkpoints.Hdf5):
        return content.arrays
    return content if isinstance(content, Mapping) else None


def _chosen(
    named: Mapping[Any, Any], space: Space | None, path: Path, others: Sequence[str] = ()
) -> str | None:
    """Return the name of the array that is wanted, if the names state what the arrays are.

    Args:
        named: The content of a file.
        space: The space that is wanted; None for any.
        path: The file, for error messages.
        others: Further names of an array in any space.

    Returns:
        The name; None if no name states what its array is.
    """
    known = (*_SPACES, *others, "latents", *([] if _SECOND in named else [_UNNAMED]))
    held = {
        name: _SPACES.get(name)
        for name in known
        if isinstance(named.get(name), np.ndarray | Tensor)
    }
    if not held:
        return None
    # One w per layer is often called w too.
    for name, stated in held.items():
        if stated == "w" and _without_ones(named[name]).ndim > 2:
            held[name] = "w_plus"
    fitting = [name for name, stated in held.items() if space in (None, stated)]
    if not fitting:
        # A name that states no space, or one image with one w per layer.
        fitting = [
            name
            for name, stated in held.items()
            if stated is None or (stated, space) == ("w", "w_plus")
        ]
    if not fitting:
        raise MnemoError(f"{path} holds {_listed(named)}, and nothing in {space}")
    if len(fitting) > 1:
        raise MnemoError(
            f"{path} holds {_listed(fitting)}: set `space` to the one that is wanted, or if they "
            "are of the same space, store that array alone"
        )
    if unread := [name for name in named if name != fitting[0]]:
        LOGGER.info("%s: reads %s, and not %s", path, fitting[0], _listed(unread))
    return fitting[0]


def _by_name(
    named: Mapping[Any, Any], space: Space | None, path: Path
) -> tuple[Numbers, Space | None]:
    """Return latents that are stored by image, and their space if the program is known by it."""
    if not all(isinstance(_inverted(value), np.ndarray | Tensor) for value in named.values()):
        raise MnemoError(
            f"{path} holds {_listed(named)}, and not one latent of each image: name the array of "
            "latents z, w or w_plus, or store it alone"
        )
    rows = [_array(_inverted(value), path, name) for name, value in named.items()]
    shapes = {values.shape for values in rows}
    # Names of images, or a projector's or an encoder's records of them, leave no doubt.
    by_image = all(
        _inverted(value) is not value or _IMAGE.fullmatch(str(name))
        for name, value in named.items()
    )
    several = any(_without_ones(values[np.newaxis]).ndim > 2 for values in rows)
    if len(shapes) != 1 or (several and not by_image and space != "w_plus"):
        shown = ", ".join(
            f"{name} {values.shape}" for name, values in zip(list(named)[:5], rows, strict=False)
        )
        raise MnemoError(
            f"{path} holds {len(named)} arrays, and no name says which are latents"
            f"{f' ({shown})' if shown else ''}. Name the array z, w or w_plus; or if each is the "
            "latent of one image, give all the same shape, and if that has one row per layer, set "
            "`space` to w_plus"
        )
    # Both projectors optimise in w.
    projected = any(_inverted(value) is not value for value in named.values())
    stacked = _stacked(rows, path)
    return stacked, "w" if projected and _without_ones(stacked).ndim == 2 else None


def _stacked(rows: Sequence[Numbers], path: Path) -> Numbers:
    """Return arrays of one shape as one array."""
    if sum(values.nbytes for values in rows) > _EXPANSION * path.stat().st_size + 2**24:
        raise MnemoError(f"{path} names the same numbers again and again: it is no honest file")
    return np.stack(rows)


def _alone(content: Any, name: str, path: Path) -> Any:
    """Return what a file holds without a name, or under this one."""
    named = _named(content)
    if named is None:
        return content
    found = [key for key in (name, _UNNAMED) if key in named]
    if len(found) != 1 or (found == [_UNNAMED] and _SECOND in named):
        raise MnemoError(f"{path} holds {_listed(named)}: name the array {name}, or store it alone")
    return named[found[0]]


def _without_ones(rows: Any) -> Any:
    """Return (n, 1, ...) as (n, ...)."""
    return rows[:, 0] if rows.ndim in (3, 4) and rows.shape[1] == 1 else rows


def _listed(names: Iterable[Any]) -> str:
    """List what a file holds, the first of it if it is much."""
    listed = [repr(name)[:80] for name in names]
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return f"{', '.join(listed[:5])}{more}" or "nothing"


def _array(content: Any, path: Path, name: Any = None) -> Numbers:
    """Return an array or tensor of real numbers as an array, also a list of equally large ones."""
    if isinstance(content, list | tuple) and content:
        return _of_list(content, path)
    values = content
    if isinstance(content, Tensor) and not content.is_complex() and content.dtype != torch.bool:
        content = content.detach()
        values = (content if content.dtype == torch.float64 else content.float()).numpy()
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        kind = f"a {type(values).__name__}"
        if isinstance(values, np.ndarray | Tensor):
            kind = f"an array of {values.dtype}"
        elif isinstance(values, checkpoints.Record):
            kind = f"an object of the class {values.kind}"
        where = "" if name is None else f" as {name!r}"
        raise MnemoError(
            f"{path} holds {kind}{where}, not an array of real numbers: write it with numpy.save "
            "or torch.save"
        )
    return values


def _of_list(content: Sequence[Any], path: Path) -> Numbers:
    """Return a list of numbers, or of equally large arrays or lists, as one array."""
    if all(type(each) is float or (type(each) is int and abs(each) < 2**63) for each in content):
        return np.array(content, np.float64)
    rows = [_array(each, path, f"item {n} of a list") for n, each in enumerate(content)]
    shapes = list(dict.fromkeys(values.shape for values in rows))
    if len(shapes) > 1:
        raise MnemoError(
            f"{path} holds a list of arrays of the shapes {_listed(shapes)}: store only those that "
            "have one shape"
        )
    return _stacked(rows, path)


def _inverted(held: Any) -> Any:
    """Return the latent of one image from a projector's or an encoder's record of it."""
    if isinstance(held, Mapping) and "latent" in held:
        return held["latent"]
    return held[-1] if isinstance(held, list | tuple) and held else held


def _finite(values: Numbers, path: Path) -> NDArray[np.float32]:
    """Return numbers as float32, all finite; numbers that are float32 already are not copied."""
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.asarray(values, np.float32)
    # Checking the extremes, unlike checking each number, needs no second array of the same size.
    if not np.isfinite([converted.min(), converted.max()]).all():
        raise MnemoError(f"{path} holds numbers that are not finite in float32")
    return converted


def _alike(rows: NDArray[np.float64]) -> bool:
    return bool(np.abs(rows - rows[0]).max() <= _ALIKE * np.abs(rows).max())


def _by_image(paths: Sequence[str | Path], base: str) -> pd.DataFrame:
    """Read the scores of a set's unedited images, one column per `<assessor>_<shape>`."""
    columns = ["set", "edit", "image", "assessor", "shape", "score"]
    rows = score_tables.read(paths, columns)
    rows = rows[(rows["set"] == base) & rows["edit"].isna()]
    rows = rows.assign(by=rows["assessor"] + "_" + rows["shape"])
    return rows.pivot(index="image", columns="by", values="score").dropna()


def _rows(
    shards: Iterable[str | Path], space: str, wanted: NDArray[np.bool_]
) -> Iterator[NDArray[np.float32]]:
    """Read the latents of the wanted images, part of a shard at a time."""
    start = 0
    for path in shards:
        for part in tables.parts(tables.read(path, [space])):
            yield latents.matrix(part, space, str(path))[wanted[start : start + len(part)]]
            start += len(part)


def _layered(rows: NDArray[np.float32], layers: int, *, tiled: bool) -> NDArray[np.float32]:
    """Return rows as one w per layer, (n, layers, w_dim)."""
    if tiled:
        return rows.reshape(len(rows), layers, -1)
    return np.broadcast_to(rows[:, np.newaxis], (len(rows), layers, rows.shape[1]))


def _save(path: str | Path, parts: Iterable[NDArray[np.float32]], count: int) -> None:
    """Write an array part by part, in the format of `numpy.save`."""
    with files.whole(path) as partial, partial.open("wb") as file:
        for index, part in enumerate(parts):
            if index == 0:
                shape = (count, *part.shape[1:])
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(np.ascontiguousarray(part, "<f4").data)
