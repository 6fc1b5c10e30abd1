"""Drawing latents from seeds, and rendering images from latents."""

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
        generator: The generator to draw latents for.
        base: Name of the set.
        seeds: One seed per image.
        psi: Truncation psi, applied in w if the generator has that space, else in z.
        cutoff: Number of layers to truncate, counted from the first; None for all.
        classes: Indices of the classes of a conditional generator, used in turn: an image gets the
            class at its seed modulo their number, so that consecutive seeds cover all classes
            equally.

    Returns:
        The table `latents.LATENTS`.
    """
    columns = latents.unedited(
        base,
        [keys.of_seed(seed) for seed in seeds],
        seeds=seeds,
        classes=[classes[seed % len(classes)] for seed in seeds] if classes else None,
    )
    return latents.table(columns, **spaces(generator, generator.sample(seeds, psi), psi, cutoff))


def spaces(
    generator: AnyGenerator, z: NDArray[np.float32], psi: float, cutoff: int | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return latents in all the spaces in which they are stored.

    Args:
        generator: The generator that they belong to.
        z: (n, z_dim).
        psi: Truncation psi for mapping z to w.
        cutoff: Number of layers to truncate then; None for all.

    Returns:
        (n, dim) by space: z, and w if the generator has it; with a cutoff w_plus too.
    """
    found = {"z": z}
    if isinstance(generator, Mapped):
        w = generator.map(z, psi, cutoff)
        if w.ndim == 3:
            found["w_plus"] = w.reshape(len(w), -1)
            # The first layer is truncated for every cutoff.
            w = w[:, 0]
        found["w"] = w
    return found


def render(
    shard: pa.Table,
    generator: AnyGenerator,
    psi: float,
    *,
    cutoff: int | None = None,
    noise: Noise = "const",
) -> NDArray[np.uint8]:
    """Render latents: w_plus if the table has it, else w, else z.

    Args:
        shard: The table `latents.LATENTS`.
        generator: The generator that the latents belong to.
        psi: Truncation psi for mapping z to w, and for choosing the statistics of BigGAN-deep. A
            stored w is truncated already and is not truncated again.
        cutoff: Number of layers to truncate when z is mapped; None for all.
        noise: With "random", each image has its own noise, drawn from its seed and its alpha; the
            unedited image and the image at alpha 0 have the same noise.

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
    """Return the seed of an image's noise, derived from the image's seed and alpha."""
    words = np.array([alpha + 0.0]).view(np.uint64)
    drawn = np.random.SeedSequence([seed, int(words[0])]).generate_state(1, np.uint64)
    # PyTorch's generators accept seeds below 2 ** 63.
    return int(drawn[0] >> np.uint64(1))
