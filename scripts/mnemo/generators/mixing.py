"""Style mixing (Karras et al. 2019, 3.1): latents whose layers are drawn independently."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import keys, latents
from mnemo.generators import Mapped, inputs


def seeded(seed: int, layer: int, dim: int) -> NDArray[np.float32]:
    """Draw the z of one layer of an image.

    Args:
        seed: The image's seed, from 0 to 2**32 - 1.
        layer: Index of the layer. Layer 0 has the z that the seed has in any other set; the others
            have those of a Mersenne Twister that is seeded with the two numbers by NumPy's
            `SeedSequence`, which no plain seed gives.
        dim: Dimensions of z.

    Returns:
        (dim,), standard normal.
    """
    if layer == 0:
        random = np.random.RandomState(seed)
    else:
        sequence = np.random.SeedSequence((seed, layer))
        random = np.random.RandomState(np.random.MT19937(sequence))
    return random.randn(dim).astype(np.float32)


def draw(generator: Mapped, base: str, seeds: Sequence[int], psi: float) -> pa.Table:
    """Draw the latents of one shard, each layer's w from a seed of its own.

    Args:
        generator: The generator to draw latents for.
        base: Name of the set.
        seeds: One seed per image.
        psi: Truncation psi, applied to each w.

    Returns:
        The table `latents.LATENTS`: w_plus, one w per layer, and z, that of layer 0. w is null,
        because the layers share none.

    Raises:
        MnemoError: A seed is out of range.
    """
    known = inputs.seeds(seeds, inputs.LATENT_SEEDS)
    dim = generator.sample(known[:1]).shape[1]
    z = np.array(
        [[seeded(seed, layer, dim) for layer in range(generator.layers)] for seed in known]
    )
    w = generator.map(z.reshape(-1, dim), psi)
    columns = latents.unedited(base, [keys.of_seed(seed) for seed in known], seeds=known)
    return latents.table(columns, z=z[:, 0], w_plus=w.reshape(len(known), -1))
