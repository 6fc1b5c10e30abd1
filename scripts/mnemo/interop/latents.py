"""Reading latents, and scores of their images, from other programs' files."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mnemo.errors import MnemoError
from mnemo.interop import contents
from mnemo.interop.contents import Numbers, Space

# InterFaceGAN's file names of latents, whose content does not distinguish z from w.
_FILES: dict[str, Space] = {"z": "z", "w": "w"}
_IMAGE = re.compile(r".+\.(png|jpe?g|webp|bmp|gif|tiff?)", re.IGNORECASE)
# Rows of latents wider than this are layers in a row; published z and w have 512 numbers.
_WIDEST = 2048


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
    content = contents.content(path)
    images: tuple[str, ...] | None = None
    recorded: Space | None = None
    named = contents.named_arrays(content)
    if named is None:
        rows = contents.array(content, path)
    elif (chosen := contents.chosen(named, space, path)) is not None:
        rows, recorded = contents.array(named[chosen], path, chosen), contents.SPACES.get(chosen)
    else:
        rows, recorded = _by_name(named, space, path)
        images = tuple(map(str, named))
        if len(set(images)) < len(images):
            raise MnemoError(f"{path} has an image twice, as a number and as text: rename one")
    rows = contents.without_ones(rows)
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
    return Latents(found, contents.finite(rows, path), images)


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
    scores = contents.array(contents.alone(contents.content(path), "scores", path), path)
    if not scores.size or scores.shape not in ((scores.size,), (scores.size, 1)):
        raise MnemoError(f"{path} has the shape {scores.shape}; scores have (n,) or (n, 1)")
    return contents.finite(scores, path).ravel()


def _by_name(
    named: Mapping[Any, Any], space: Space | None, path: Path
) -> tuple[Numbers, Space | None]:
    """Return latents that are stored by image, and their space if the program is known by it."""
    if not all(isinstance(_inverted(value), np.ndarray | Tensor) for value in named.values()):
        raise MnemoError(
            f"{path} holds {contents.listed(named)}, and not one latent of each image: name the "
            "array of latents z, w or w_plus, or store it alone"
        )
    rows = [contents.array(_inverted(value), path, name) for name, value in named.items()]
    shapes = {values.shape for values in rows}
    # Names of images, or a projector's or an encoder's records of them, leave no doubt.
    by_image = all(
        _inverted(value) is not value or _IMAGE.fullmatch(str(name))
        for name, value in named.items()
    )
    several = any(contents.without_ones(values[np.newaxis]).ndim > 2 for values in rows)
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
    stacked = contents.stacked(rows, path)
    return stacked, "w" if projected and contents.without_ones(stacked).ndim == 2 else None


def _inverted(held: Any) -> Any:
    """Return the latent of one image from a projector's or an encoder's record of it."""
    if isinstance(held, Mapping) and "latent" in held:
        return held["latent"]
    return held[-1] if isinstance(held, list | tuple) and held else held
