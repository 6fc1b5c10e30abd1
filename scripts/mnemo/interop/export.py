"""Writing a study as InterFaceGAN's files."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnemo import files, latents, tables
from mnemo import scores as score_tables
from mnemo.directions.planes import Plane
from mnemo.errors import MnemoError
from mnemo.interop import directions
from mnemo.interop.directions import Direction


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
    if not directions.alike(direction.rows):
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
    `boundary_<space>_<assessor>_<shape>_<threshold>.npy`, with `-ridge` or
    `-svm` at its end; see `write_boundary`.

    Args:
        folder: The folder to write to; created if it is missing.
        shards: The latent shards of one set, tables `latents.LATENTS`.
        scores: Tables `scores.SCORES`; scores of other sets and of edited images are ignored.
        hyperplanes: Tables `HYPERPLANES`.
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
            name = Plane.of(plane).name.replace("/", "_")
            write_boundary(folder / f"boundary_{name}.npy", Direction(plane["space"], normal, 1.0))


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
