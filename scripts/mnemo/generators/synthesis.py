"""What a generator makes of seeds and of latents: tables of latents, and images."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import keys, latents
from mnemo.generators import Conditional, Generator, Mapped, Noise

AnyGenerator = Generator | Mapped | Conditional


def draw(
    generator: AnyGenerator,
    base: str,
    seeds: Sequence[int],
    psi: float,
    *,
    cutoff: int | None = None,
    classes: Sequence[int] = (),
) -> pa.Table:
    """Draw the latents of one shard.

    Args:
        generator: What they are latents of.
        base: Name of the set.
        seeds: One for each image.
        psi: Truncation psi, applied in w where the generator has it and in z where not.
        cutoff: Layers that are truncated, the first ones; all when None.
        classes: For a conditional generator, the indices of the classes that take turns: an image
            has that of its seed modulo their number, so that all have equally many.

    Returns:
        The table `latents.LATENTS`.
    """
    spaces = {"z": generator.sample(seeds, psi)}
    if isinstance(generator, Mapped):
        w = generator.map(spaces["z"], psi, cutoff)
        if w.ndim == 3:
            spaces["w_plus"] = w.reshape(len(w), -1)
            # The first layer is truncated with any cutoff.
            w = w[:, 0]
        spaces["w"] = w
    columns = {
        "set": [base] * len(seeds),
        "edit": pa.nulls(len(seeds)),
        "alpha": pa.nulls(len(seeds)),
        "image": [keys.of_seed(seed) for seed in seeds],
        "seed": seeds,
        "class_index": [classes[seed % len(classes)] for seed in seeds]
        if classes
        else pa.nulls(len(seeds)),
    }
    return latents.table(columns, **spaces)


def render(
    shard: pa.Table,
    generator: AnyGenerator,
    psi: float,
    *,
    cutoff: int | None = None,
    noise: Noise = "const",
) -> NDArray[np.uint8]:
    """Render latents: those of each layer where a table has them, else w, else z.

    Args:
        shard: The table `latents.LATENTS`.
        generator: What they are latents of.
        psi: Truncation psi, with which z is mapped, or by which BigGAN-deep chooses its
            statistics; a stored w is truncated already, never twice.
        cutoff: Layers that are truncated where z is mapped; all when None.
        noise: With "random" each image has noise of its own, which its seed and alpha draw: the
            unedited image and that of alpha 0 have the same.

    Returns:
        (n, height, width, 3), RGB.
    """
    if isinstance(generator, Conditional):
        classes = shard["class_index"].to_pylist()
        return generator.render(latents.matrix(shard, "z"), classes=classes, psi=psi)
    if not isinstance(generator, Mapped):
        return generator.render(latents.matrix(shard, "z"))
    if not shard["w_plus"].null_count:
        rows = latents.layered(shard, generator.layers)
    elif not shard["w"].null_count:
        rows = latents.matrix(shard, "w")
    else:
        rows = generator.map(latents.matrix(shard, "z"), psi, cutoff)
    seeds = None
    if noise == "random":
        drawn = zip(shard["seed"].to_pylist(), shard["alpha"].to_pylist(), strict=True)
        seeds = [_noise_seed(seed, alpha or 0.0) for seed, alpha in drawn]
    return generator.render(rows, noise=noise, seeds=seeds)


def _noise_seed(seed: int, alpha: float) -> int:
    """Draw the seed of an image's noise from its own seed and its alpha."""
    words = np.array([alpha + 0.0]).view(np.uint64)
    drawn = np.random.SeedSequence([seed, int(words[0])]).generate_state(1, np.uint64)
    # PyTorch's generators take seeds below 2 ** 63.
    return int(drawn[0] >> np.uint64(1))
