"""What StyleGAN1 and StyleGAN2 share: seeds to z to w to images, with truncation and noise."""

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
from mnemo.generators.mapping import MappingNetwork

#: Latents that are mapped at once.
MAPPED = 64
#: Most images that a GPU renders at once.
MOST = 32
#: Latents whose mean w stands for a w_avg that a file lacks: as many as NVIDIA's projector takes.
ESTIMATED_FROM = 10_000

LOGGER = logging.getLogger(__name__)


class Network(Protocol):
    """A mapping network and a synthesis network, with their weights, in float32.

    Attributes:
        z_dim: Width of z.
        w_dim: Width of w.
        layers: Layers of the synthesis network; each takes a w of its own.
        resolution: Height and width of the images, in pixels.
        noise: Whether noise maps came with the weights.
        noise_resolutions: Height of each noise map, which is its width too, in their order.
        image_bytes: About how much memory a GPU needs for the synthesis of one image, in bytes.
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
        """Make images.

        Args:
            ws: (n, layers, w_dim).
            noise: Each layer's map, (n or 1, 1, r, r); those that came with the weights when None.

        Returns:
            (n, 3, resolution, resolution), RGB, from -1 to 1 and a little beyond.
        """


class Styled:
    """A generator that maps z to w, truncates there, and renders a w for each layer.

    Attributes:
        resolution: Height and width of its images, in pixels.
        layers: Layers of its synthesis network.
    """

    def __init__(self, network: Network, name: str):
        """Wrap a network.

        Args:
            network: On the device that it is to run on (`devices.best`).
            name: What the progress bar calls it.
        """
        self.network = network
        self.name = name
        self.resolution = network.resolution
        self.layers = network.layers
        self.device = network.mapping.w_avg.device
        # A CPU is no slower with one image at a time.
        self.batch = 1
        if self.device.type == "cuda":
            memory = torch.cuda.get_device_properties(self.device).total_memory
            self.batch = at_once(network.image_bytes, memory)

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed, as NVIDIA's `generate.py` draws its own.

        Args:
            seeds: Each row depends on its own seed alone; each from 0 to 2**32 - 1.
            psi: Ignored: truncation is `map`'s.

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
            cutoff: Layers that are truncated, the first ones; all when None.

        Returns:
            (n, w_dim), a row that all layers share; with a cutoff (n, layers, w_dim).

        Raises:
            MnemoError: z has another shape, z or psi is not finite, or the cutoff is not from 0 to
                `layers`.
        """
        z = inputs.latents("z", z)
        z_dim = self.network.z_dim
        if z.ndim != 2 or z.shape[1] != z_dim:
            raise MnemoError(f"z must be of shape (n, {z_dim}), and is {z.shape}")
        if not isfinite(psi):
            raise MnemoError(f"psi must be finite, and is {psi}")
        if cutoff is not None and not 0 <= cutoff <= self.layers:
            raise MnemoError(f"the cutoff must be from 0 to {self.layers} layers, and is {cutoff}")
        w = np.empty((len(z), self.network.w_dim), np.float32)
        with torch.inference_mode():
            for start in range(0, len(z), MAPPED):
                rows = torch.from_numpy(z[start : start + MAPPED]).to(self.device)
                made = self.network.mapping(_filled(rows, MAPPED))[: len(rows)]
                w[start : start + MAPPED] = made.cpu().numpy()
            full = torch.from_numpy(w)
            # lerp is exact at both ends: psi 0 gives w_avg itself, and psi 1 w itself.
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
        """Make the image of each latent.

        Args:
            latents: (n, w_dim), or (n, layers, w_dim) with a w for each layer; finite.
            noise: What is added to the activations: the maps that came with the weights, maps
                drawn anew for each image, or none.
            seeds: With `noise="random"`, the seed of each image's noise, from 0 to 2**63 - 1; fresh
                noise when None.

        Returns:
            (n, resolution, resolution, 3), RGB. An image depends on its own latent and seed alone,
            not on the others.

        Raises:
            MnemoError: The latents have another shape or are not finite, the noise is not one of
                the three or did not come with the weights, a seed is out of range, or there are
                seeds for another noise or another number of images.
        """
        ws = self._layered(latents)
        if noise not in get_args(Noise):
            raise MnemoError(f"noise must be one of {', '.join(get_args(Noise))}, and is {noise!r}")
        if noise == "const" and not self.network.noise:
            raise MnemoError(
                "these weights came without noise maps, which noise: const needs. Render with "
                "noise: random or none, or take NVIDIA's .pkl, which holds them"
            )
        if seeds is not None and (noise != "random" or len(seeds) != len(ws)):
            raise MnemoError(
                f'seeds go with noise="random", one for each of the {len(ws)} images; there are '
                f"{len(seeds)} seeds, and noise is {noise!r}"
            )
        known = None if seeds is None else inputs.seeds(seeds, inputs.NOISE_SEEDS)
        size = self.resolution
        images = np.empty((len(ws), size, size, 3), np.uint8)
        bar = tqdm(desc=self.name, total=len(ws), unit=" images", mininterval=5)
        with torch.inference_mode(), bar:
            for start in range(0, len(ws), self.batch):
                rows = ws[start : start + self.batch]
                these = None if known is None else known[start : start + self.batch]
                # The last batch is filled up, so that an image's bytes never depend on how many
                # others are rendered beside it: a kernel is chosen by the shape of its input.
                maps = self._noise(noise, len(rows), these)
                made = self.network.synthesis(_filled(rows.to(self.device), self.batch), maps)
                # As NVIDIA's `generate.py` does: halves are rounded by cutting off.
                made = made[: len(rows)].mul(127.5).add(128).clamp(0, 255).to(torch.uint8)
                images[start : start + self.batch] = made.permute(0, 2, 3, 1).cpu().numpy()
                bar.update(len(rows))
        return images

    def _layered(self, latents: NDArray[np.float32]) -> Tensor:
        """Give each layer its w: (n, layers, w_dim)."""
        layers, w_dim = self.layers, self.network.w_dim
        latents = inputs.latents("latents", latents)
        if latents.shape[1:] not in {(w_dim,), (layers, w_dim)}:
            raise MnemoError(
                f"latents must be of shape (n, {w_dim}) or (n, {layers}, {w_dim}), and are "
                f"{latents.shape}"
            )
        ws = torch.from_numpy(latents)
        return ws if ws.ndim == 3 else ws.unsqueeze(1).expand(-1, layers, -1)

    def _noise(self, noise: Noise, images: int, seeds: Sequence[int] | None) -> list[Tensor] | None:
        """Make the noise maps of a batch, as `Network.synthesis` takes them."""
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
        return [_filled(each, self.batch).to(self.device) for each in maps]


def estimate_w_avg(network: Network, source: str) -> None:
    """Set w_avg to the mean w of the latents that NVIDIA's projector averages, and log a warning.

    Args:
        network: One that is prepared, and whose file has no w_avg.
        source: That file, for the log.
    """
    z = np.random.RandomState(123).randn(ESTIMATED_FROM, network.z_dim).astype(np.float32)
    w_avg = network.mapping.w_avg
    with torch.inference_mode():
        w_avg.copy_(network.mapping(torch.from_numpy(z).to(w_avg.device)).mean(dim=0))
    LOGGER.warning(
        "%s holds no mean w. Truncation uses the mean over %d latents in its place, which is about "
        "1 %% of a standard deviation from NVIDIA's: take NVIDIA's .pkl to get exactly the images "
        "of NVIDIA's code.",
        source,
        ESTIMATED_FROM,
    )


def at_once(image_bytes: int, memory: int) -> int:
    """Choose how many images a GPU renders at once: as many as fit half of its memory, up to MOST.

    Args:
        image_bytes: Memory that one image takes, in bytes.
        memory: What the GPU has in all, whatever is free of it just now, so that the choice is
            always the same.

    Returns:
        A power of two, at least 1.
    """
    fit = max(1, memory // 2 // image_bytes)
    return min(MOST, 1 << (fit.bit_length() - 1))


def _filled(rows: Tensor, size: int) -> Tensor:
    """Fill a batch up to its size with copies of its last row."""
    return torch.cat([rows, rows[-1:].expand(size - len(rows), *rows.shape[1:])])
