"""How far steps in some layers change the images that a generator renders."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from torch import Tensor

from mnemo.edits import layers
from mnemo.generators import Mapped, Noise, synthesis
from mnemo.images import Format
from mnemo.inversion import change
from mnemo.inversion.perceptual import Perceptual


def mean_change(
    faces: pa.Table,
    along: NDArray[np.float64],
    name: str,
    generator: Mapped,
    perceptual: Perceptual,
    *,
    chosen: Sequence[int] | None,
    psi: float,
    cutoff: int | None,
    noise: Noise,
    rows: tuple[int, int],
    format: Format,
) -> Callable[[float], float]:
    """Return what measures the mean image change at a step.

    Args:
        faces: The table `LATENTS` of the images.
        along: As for `edits.layers.edit`.
        name: As there.
        generator: The generator.
        perceptual: The perceptual distance.
        chosen: As for `edits.layers.edit`.
        psi: As for `synthesis.render`.
        cutoff: As there.
        noise: As there.
        rows: Rows of the images that are kept: the first, and the end.
        format: Encoding of the images, which may change them, as for `images.encode`.

    Returns:
        A function of the distance that the w of each moved layer moves.
    """

    def described(latents: pa.Table) -> Iterator[Tensor]:
        rendered = synthesis.render(latents, generator, psi, cutoff=cutoff, noise=noise)
        for image in rendered[:, slice(*rows)]:
            yield change.described(perceptual, [change.stored(image, format)])

    originals = list(described(faces))

    def measure(step: float) -> float:
        moved = layers.edit(faces, along, name, [step], chosen=chosen)
        return float(np.mean(list(map(change.apart, described(moved), originals))))

    return measure
