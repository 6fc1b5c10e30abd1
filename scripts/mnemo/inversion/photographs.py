"""The inversion of a shard of aligned photographs."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from mnemo import images, latents, tables
from mnemo.errors import MnemoError
from mnemo.features import Extractor
from mnemo.inversion import schedules
from mnemo.inversion.invert import invert
from mnemo.inversion.perceptual import Perceptual
from mnemo.inversion.search import Space
from mnemo.inversion.table import INVERSIONS

LOGGER = logging.getLogger(__name__)
Pixels = NDArray[np.uint8]


def read(path: str | Path, wanted: Sequence[str]) -> tuple[pa.Table, Pixels]:
    """Read those of some photographs that can be used from a table of aligned ones.

    Args:
        path: The table, with the columns `tables.PLACE` and `images.PIXELS`, which is null for a
            photograph that could not be aligned.
        wanted: Keys of the photographs.

    Returns:
        The columns `tables.PLACE` of the n usable photographs, and their images, (n, height, width,
        3), RGB.

    Raises:
        MnemoError: The table is damaged.
    """
    shard, encoded = images.read(path)
    chosen = np.flatnonzero(shard["image"].to_pandas().isin(wanted))
    pixels = [encoded[int(row)] for row in chosen]
    shard = shard.take(chosen)
    return shard, np.stack(pixels) if pixels else np.empty((0, 0, 0, 3), np.uint8)


def padded(pixels: Pixels, rows: tuple[int, int], resolution: int) -> Pixels:
    """Add the black rows of a generator whose images are cut to others (`generator.rows`).

    Args:
        pixels: (n, end - first, resolution, 3).
        rows: The first row that is kept of the generator's images, and the end.
        resolution: Height of the generator's images.

    Returns:
        (n, resolution, resolution, 3).
    """
    above, below = rows[0], resolution - rows[1]
    return np.pad(pixels, ((0, 0), (above, below), (0, 0), (0, 0))) if len(pixels) else pixels


def recover(
    shard: pa.Table,
    pixels: Pixels,
    generator: Any,
    *,
    space: Space,
    steps: int,
    seed: int = 0,
    noise: Literal["const", "none"] = "const",
    schedule: str | None = None,
    perceptual: Perceptual | None = None,
    embedder: Extractor | None = None,
    identity_by: str | None = None,
    class_index: int | None = None,
    psi: float = 1.0,
    checkpoint: Path | None = None,
) -> tuple[pa.Table, pa.Table]:
    """Find the latents whose images are the most like photographs, and say how like they are.

    Args:
        shard: The columns `tables.PLACE` of n photographs.
        pixels: (n, resolution, resolution, 3), the aligned photographs; n may be 0.
        generator: The generator.
        space: The space to search.
        steps: The largest number of steps.
        seed: Seed of all that is drawn at random.
        noise: Noise of a generator with w. Maps optimised for each photograph are not offered: the
            table of latents does not hold them, so edits would be rendered without them.
        schedule: One of `schedules.NAMED`; None for that of the space.
        perceptual: A perceptual distance, to be minimised too; None for pixels alone.
        embedder: A face-recognition network; None for no distances of identity.
        identity_by: Its name.
        class_index: Class of all photographs, for a generator that needs it.
        psi: Truncation of such a generator.
        checkpoint: As for `invert`.

    Returns:
        The tables `latents.LATENTS` and `table.INVERSIONS`.

    Raises:
        MnemoError: As for `invert`; or the noise or the schedule has another name.
    """
    if noise not in ("const", "none"):
        raise MnemoError(f"photographs are inverted with the noise const or none, not {noise!r}")
    if schedule not in (None, *schedules.NAMED):
        raise MnemoError(f"no schedule is called {schedule!r}; known: {', '.join(schedules.NAMED)}")
    n = len(shard)
    if not n:
        return _latents(shard, class_index), INVERSIONS.empty_table()
    # A GPU would choose some kernels by their speed, which differs from run to run.
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    found = invert(
        generator,
        pixels,
        space,
        steps,
        seed,
        noise=noise,
        classes=None if class_index is None else [class_index] * n,
        psi=psi,
        perceptual=perceptual,
        schedule=schedules.NAMED[schedule] if schedule else None,
        checkpoint=checkpoint,
    )
    keys = shard["image"].to_pylist()
    _report(keys, found.converged, steps)
    distances = np.full(n, np.nan)
    if embedder:
        moved = embedder.extract(list(found.images)) - embedder.extract(list(pixels))
        distances = np.linalg.norm(moved.astype(float), axis=1)
    columns = {
        "photo": keys,
        "space": [space] * n,
        "noise": [None if space == "z" else noise] * n,
        "steps": found.steps,
        "loss": found.losses[np.arange(n), found.steps - 1],
        "mse": found.pixel,
        "perceptual": np.full(n, np.nan) if found.perceptual is None else found.perceptual,
        "perceptual_by": [found.perceptual_by] * n,
        "identity_distance": distances,
        "identity_by": [identity_by] * n,
        "converged": found.converged,
        "seconds": found.seconds,
    }
    made = _latents(shard, class_index, **{space: found.latents.reshape(n, -1)})
    return made, tables.conform(columns, INVERSIONS)


def _latents(shard: pa.Table, class_index: int | None, **spaces: NDArray[np.float32]) -> pa.Table:
    names = shard["image"].to_pylist()
    columns = latents.unedited("photos", names, classes=[class_index] * len(names))
    return latents.table(columns, **spaces)


def _report(keys: list[str], converged: NDArray[np.bool_], steps: int) -> None:
    """Log which photographs could be recovered better by more steps."""
    if missing := [key for key, settled in zip(keys, converged, strict=True) if not settled]:
        LOGGER.warning(
            "%d of %d photographs have not converged after %s steps, so that more steps could "
            "recover them better: %s",
            len(missing),
            len(keys),
            f"{steps:,}",
            ", ".join(missing),
        )
