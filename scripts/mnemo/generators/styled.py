"""What StyleGAN1 and StyleGAN2 share: sampling, mapping with truncation, and rendering."""

import logging
from collections.abc import Sequence
from math import isfinite
from typing import Protocol, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from mnemo.errors import MnemoError
from mnemo.generators import Noise, inputs
from mnemo.generators.invertible import Invertible
from mnemo.generators.mapping import MappingNetwork

#: Number of latents mapped at once.
MAPPED = 64
#: Largest number of images that a GPU renders at once.
MOST = 32
#: Number of latents whose mean w replaces a w_avg that a file lacks, as in NVIDIA's projector.
ESTIMATED_FROM = 10_000

LOGGER = logging.getLogger(__name__)


class Network(Protocol):
    """A mapping network and a synthesis network, with their weights, in float32.

    Attributes:
        z_dim: Dimensions of z.
        w_dim: Dimensions of w.
        layers: Number of layers of the synthesis network; each receives its own w.
        resolution: Height and width of the images, in pixels.
        noise: Whether noise maps came with the weights.
        noise_resolutions: Height and width of each noise map, in order.
        image_bytes: Approximate memory that a GPU needs to synthesise one image, in bytes.
        mapping: Maps z to w.
    """

    z_dim: int
    w_dim: int
    layers: int
    resolution: int
    noise: bool
    noise_resolutions: Sequence[int]
    image_bytes: int
    mapping: MappingNetwork

    def synthesis(self, ws: Tensor, noise: Sequence[Tensor] | None) -> Tensor:
        """Compute images, with a gradient outside PyTorch's inference mode.

        Args:
            ws: (n, layers, w_dim).
            noise: Each layer's noise map, (n or 1, 1, r, r); None for those that came with the
                weights.

        Returns:
            (n, 3, resolution, resolution), RGB, from -1 to 1 and slightly beyond.
        """


class Styled(Invertible):
    """A generator that maps z to w, truncates in w, and renders from one w per layer.

    Attributes:
        resolution: Height and width of its images, in pixels.
        layers: Number of layers of its synthesis network.
        z_dim: Dimensions of z.
        w_dim: Dimensions of w.
    """

    def __init__(self, network: Network, name: str):
        """Create a generator from a network.

        Args:
            network: The network, on the device that it runs on (`devices.best`).
            name: Text of the progress bar.
        """
        self.network = network
        self.name = name
        self.resolution = network.resolution
        self.layers = network.layers
        self.z_dim = network.z_dim
        self.w_dim = network.w_dim
        self.device = network.mapping.w_avg.device
        # On a CPU, larger batches are no faster.
        self.batch = 1
        if self.device.type == "cuda":
            memory = torch.cuda.get_device_properties(self.device).total_memory
            self.batch = at_once(network.image_bytes, memory)

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed, in the way of NVIDIA's `generate.py`.

        Args:
            seeds: Seeds from 0 to 2**32 - 1; each row depends only on its own seed.
            psi: Ignored, because `map` truncates.

        Returns:
            (n, z_dim), standard normal.

        Raises:
            MnemoError: A seed is out of range.
        """
        z_dim = self.network.z_dim
        known = inputs.seeds(seeds, inputs.LATENT_SEEDS)
        drawn = [np.random.RandomState(seed).randn(1, z_dim) for seed in known]
        return np.concatenate([np.empty((0, z_dim)), *drawn]).astype(np.float32)

    def map(
        self, z: NDArray[np.float32], psi: float = 1.0, cutoff: int | None = None
    ) -> NDArray[np.float32]:
        """Map latents to w and truncate them there (Karras et al. 2019, appendix B).

        Args:
            z: (n, z_dim), finite.
            psi: Truncation psi, finite: w becomes w_avg + psi * (w - w_avg).
            cutoff: Number of layers to truncate, counted from the first; None for all.

        Returns:
            (n, w_dim), one w shared by all layers; with a cutoff, (n, layers, w_dim).

        Raises:
            MnemoError: z has another shape, z or psi is not finite, or the cutoff is not between 0
                and `layers`.
        """
        z = inputs.latents("z", z)
        z_dim = self.network.z_dim
        if z.ndim != 2 or z.shape[1] != z_dim:
            raise MnemoError(f"z must have the shape (n, {z_dim}), but has {z.shape}")
        if not isfinite(psi):
            raise MnemoError(f"psi must be finite, but is {psi}")
        if cutoff is not None and not 0 <= cutoff <= self.layers:
            raise MnemoError(f"the cutoff must be from 0 to {self.layers} layers, but is {cutoff}")
        w = np.empty((len(z), self.network.w_dim), np.float32)
        with torch.inference_mode():
            for start in range(0, len(z), MAPPED):
                rows = torch.from_numpy(z[start : start + MAPPED]).to(self.device)
                made = self.network.mapping(_filled(rows, MAPPED))[: len(rows)]
                w[start : start + MAPPED] = made.cpu().numpy()
            full = torch.from_numpy(w)
            # lerp is exact at both ends: psi 0 gives w_avg, and psi 1 gives w.
            truncated = torch.lerp(self.network.mapping.w_avg.cpu(), full, psi)
            if cutoff is None:
                return truncated.numpy()
            split = [truncated] * cutoff + [full] * (self.layers - cutoff)
            return torch.stack(split, dim=1).numpy()

    def render(
        self,
        latents: NDArray[np.float32],
        *,
        noise: Noise = "const",
        seeds: Sequence[int] | None = None,
    ) -> NDArray[np.uint8]:
        """Render an image for each latent.

        Args:
            latents: (n, w_dim), or (n, layers, w_dim) with one w per layer; finite.
            noise: Noise added to the activations: the maps that came with the weights ("const"),
                newly drawn maps for each image ("random"), or none ("none").
            seeds: With `noise="random"`, the seed of each image's noise, from 0 to 2**63 - 1; None
                for fresh noise.

        Returns:
            (n, resolution, resolution, 3), RGB. Each image depends only on its own latent and seed.

        Raises:
            MnemoError: The latents have another shape or are not finite; `noise` is not one of the
                three, or is "const" although the weights came without noise maps; a seed is out of
                range; or `seeds` is given for another noise or has another length.
        """
        ws = self._layered(torch.from_numpy(inputs.latents("latents", latents)))
        known = self._checked(noise, seeds, len(ws))
        size = self.resolution
        images = np.empty((len(ws), size, size, 3), np.uint8)
        bar = tqdm(desc=self.name, total=len(ws), unit=" images", mininterval=5)
        with torch.inference_mode(), bar:
            for start in range(0, len(ws), self.batch):
                rows = ws[start : start + self.batch]
                these = None if known is None else known[start : start + self.batch]
                # The last batch is padded, so that an image's bytes do not depend on how many
                # others are rendered with it: PyTorch chooses kernels by the shape of the input.
                maps = self._noise(noise, len(rows), these, self.batch)
                made = self.network.synthesis(_filled(rows.to(self.device), self.batch), maps)
                # As in NVIDIA's `generate.py`: add 0.5 and cut off the fraction.
                made = made[: len(rows)].mul(127.5).add(128).clamp(0, 255).to(torch.uint8)
                images[start : start + self.batch] = made.permute(0, 2, 3, 1).cpu().numpy()
                bar.update(len(rows))
        return images

    def differentiable(
        self,
        latents: Tensor,
        *,
        noise: Noise | Sequence[Tensor] = "const",
        seeds: Sequence[int] | None = None,
    ) -> Tensor:
        """Compute the image of each latent, with a gradient to the latents and to given noise.

        Args:
            latents: (n, w_dim), or (n, layers, w_dim) with one w per layer.
            noise: As for `render`, or the noise map of each layer, (n or 1, 1, r, r) with r as in
                `network.noise_resolutions`.
            seeds: As for `render`.

        Returns:
            (n, 3, resolution, resolution), RGB, from -1 to 1 and slightly beyond: what `render`
            cuts off and rounds to 8 bits.

        Raises:
            MnemoError: The latents or noise maps have another shape, the noise is not available, or
                the seeds do not fit.
        """
        ws = self._layered(latents).to(self.device)
        if isinstance(noise, str):
            known = self._checked(noise, seeds, len(ws))
            return self.network.synthesis(ws, self._noise(noise, len(ws), known, len(ws)))
        if [each.shape[1:] for each in noise] != [
            (1, size, size) for size in self.network.noise_resolutions
        ]:
            raise MnemoError(
                f"noise must be {len(self.network.noise_resolutions)} maps of "
                f"{', '.join(map(str, self.network.noise_resolutions))} pixels, each (n, 1, r, r), "
                f"but its shapes are {[tuple(each.shape) for each in noise]}"
            )
        return self.network.synthesis(ws, noise)

    def _layered(self, latents: Tensor) -> Tensor:
        """Return latents as one w per layer, (n, layers, w_dim)."""
        inputs.check_rows(latents.shape, self.network.w_dim, self.layers)
        return latents if latents.ndim == 3 else latents.unsqueeze(1).expand(-1, self.layers, -1)

    def _checked(
        self, noise: Noise, seeds: Sequence[int] | None, images: int
    ) -> Sequence[int] | None:
        """Check a choice of noise, and return the seeds of the images."""
        if noise not in get_args(Noise):
            raise MnemoError(f"noise must be one of {', '.join(get_args(Noise))}, but is {noise!r}")
        if noise == "const" and not self.network.noise:
            raise MnemoError(
                "these weights came without noise maps, which `noise: const` needs. Set `noise` to "
                "random or none, or use NVIDIA's .pkl, which contains them"
            )
        if seeds is not None and (noise != "random" or len(seeds) != images):
            raise MnemoError(
                f'seeds require noise="random" and one seed for each of the {images} images; '
                f"there are {len(seeds)} seeds, and noise is {noise!r}"
            )
        return None if seeds is None else inputs.seeds(seeds, inputs.NOISE_SEEDS)

    def _noise(
        self, noise: Noise, images: int, seeds: Sequence[int] | None, size: int
    ) -> list[Tensor] | None:
        """Return the noise maps of a batch of `size` rows, in the form for `Network.synthesis`."""
        sizes = self.network.noise_resolutions
        if noise == "const":
            return None
        if noise == "none":
            zero = torch.zeros((), device=self.device)
            return [zero.expand(1, 1, size, size) for size in sizes]
        # Drawn on the CPU, so that a seed's noise is the same on every device.
        generator = torch.Generator()
        drawn = []
        for image in range(images):
            if seeds is None:
                generator.seed()
            else:
                generator.manual_seed(seeds[image])
            drawn.append([torch.randn(1, 1, size, size, generator=generator) for size in sizes])
        maps = (torch.cat(each) for each in zip(*drawn, strict=True))
        return [_filled(each, size).to(self.device) for each in maps]


def estimate_w_avg(network: Network, source: str) -> None:
    """Set w_avg to the mean w of the latents that NVIDIA's projector averages, and log a warning.

    Args:
        network: A prepared network whose file has no w_avg.
        source: That file, for the log.
    """
    z = np.random.RandomState(123).randn(ESTIMATED_FROM, network.z_dim).astype(np.float32)
    w_avg = network.mapping.w_avg
    with torch.inference_mode():
        w_avg.copy_(network.mapping(torch.from_numpy(z).to(w_avg.device)).mean(dim=0))
    LOGGER.warning(
        "%s holds no mean w. Truncation uses the mean over %d latents instead, which differs from "
        "NVIDIA's by about 1 %% of a standard deviation. To get exactly the images of NVIDIA's "
        "code, use NVIDIA's .pkl.",
        source,
        ESTIMATED_FROM,
    )


def at_once(image_bytes: int, memory: int) -> int:
    """Return the number of images that a GPU renders at once: those that fit half of its memory.

    Args:
        image_bytes: Memory that one image takes, in bytes.
        memory: Total memory of the GPU, in bytes. It does not depend on what is currently free, so
            that the result is always the same.

    Returns:
        A power of two from 1 to `MOST`.
    """
    fit = max(1, memory // 2 // image_bytes)
    return min(MOST, 1 << (fit.bit_length() - 1))


def _filled(rows: Tensor, size: int) -> Tensor:
    """Return a batch padded to `size` rows with copies of its last row."""
    return torch.cat([rows, rows[-1:].expand(size - len(rows), *rows.shape[1:])])
