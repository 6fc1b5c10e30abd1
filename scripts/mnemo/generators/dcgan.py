"""DCGAN (Radford et al. 2016), the architecture of the embedded generator of 64 px faces.

The layout is that of PyTorch's example (pytorch/examples, dcgan/main.py), whose names the weights
of the package gan-face-generate have too.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from mnemo import devices
from mnemo.errors import MnemoError
from mnemo.generators import inputs, layouts
from mnemo.generators.assembly import assemble
from mnemo.generators.invertible import Invertible
from mnemo.generators.layouts import Layout, Parts

BATCH = 128


def _parts(content: Any) -> Parts:
    state = content.get("netG_state_dict", content)
    state = layouts.from_arrays(state) if isinstance(state, dict) else None
    if state is None or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise MnemoError("its generator's state holds no tensors by name")
    tensors = {re.sub(r"^(module\.)?main\.", "", name): state[name] for name in state}
    if widths := _widths(tensors):
        last = f"{3 * len(widths) - 3}.weight"
        tensors[last] = layouts.rgb(last, tensors[last], axis=1)
    return Parts("dcgan", {}, tensors)


def _matches(content: Any) -> bool:
    """Return whether a file is a training checkpoint, or the state dict of its generator."""
    if not isinstance(content, dict):
        return False
    # The discriminator's first layer has the same name, and an image's channels as input.
    first = content.get("main.0.weight")
    bare = isinstance(first, Tensor | np.ndarray) and first.ndim == 4 and first.shape[1] > 3
    return bare or "netG_state_dict" in content


LAYOUTS = (Layout("the DCGAN of PyTorch's example", _matches, _parts),)


def build(settings: Mapping[str, Any], tensors: Mapping[str, Tensor], source: str) -> "DCGAN":
    """Build the generator.

    Args:
        settings: Empty, because the tensors' shapes determine the network.
        tensors: The network's tensors, by their names in its `nn.Sequential`.
        source: The file that they come from, for error messages.

    Returns:
        The generator, on the best device.

    Raises:
        MnemoError: The tensors belong to another network.
    """
    widths = _widths(tensors)
    network = assemble(_network, {"widths": widths}, tensors, source)
    return DCGAN(network.eval().requires_grad_(False).to(devices.best()), widths)


class DCGAN(Invertible):
    """A generator of images from latents of standard normal numbers.

    Attributes:
        resolution: Height and width of its images, in pixels.
        z_dim: Dimensions of a latent.
    """

    def __init__(self, network: nn.Sequential, widths: Sequence[int]):
        """Create a generator from a network.

        Args:
            network: The network, on the device that it runs on.
            widths: Channels of each convolution's input.
        """
        self.network = network
        self.device = next(network.parameters()).device
        self.resolution, self.z_dim = 2 << len(widths), widths[0]

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed, in the way of NVIDIA's `generate.py`.

        Args:
            seeds: Seeds; each row depends only on its own seed.
            psi: Truncation: factor that scales the latent towards the mean latent, which is 0.

        Returns:
            (n, z_dim).
        """
        drawn = [np.random.RandomState(seed).randn(1, self.z_dim) for seed in seeds]
        return (psi * np.concatenate(drawn)).astype(np.float32)

    def render(self, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Render an image for each latent.

        Args:
            latents: (n, z_dim).

        Returns:
            (n, resolution, resolution, 3), RGB.
        """
        images = []
        bar = tqdm(desc="DCGAN", total=len(latents), unit=" images", mininterval=5)
        with torch.inference_mode(), bar:
            for start in range(0, len(latents), BATCH):
                # The last batch is padded, so that an image's bytes do not depend on how many
                # others are rendered with it: PyTorch chooses kernels by the shape of the input.
                rows = latents[start : start + BATCH]
                full = np.zeros((BATCH, latents.shape[1], 1, 1), np.float32)
                full[: len(rows), :, 0, 0] = rows
                made = self.network(torch.from_numpy(full).to(self.device))[: len(rows)]
                made = made.mul(127.5).add(128).clamp(0, 255).to(torch.uint8)
                images.append(made.permute(0, 2, 3, 1).cpu().numpy())
                bar.update(len(rows))
        return np.concatenate(images)

    def differentiable(self, latents: Tensor) -> Tensor:
        """Compute the image of each latent, with a gradient to the latents.

        Args:
            latents: (n, z_dim).

        Returns:
            (n, 3, resolution, resolution), RGB, from -1 to 1: what `render` rounds to 8 bits.

        Raises:
            MnemoError: The latents have another shape.
        """
        inputs.check_rows(latents.shape, self.z_dim)
        return self.network(latents.to(self.device)[:, :, None, None])  # type: ignore[no-any-return]


def _widths(tensors: Mapping[str, Tensor]) -> list[int]:
    """Return the channels of each convolution's input."""
    widths: list[int] = []
    # Each convolution but the last is followed by a batch norm and a ReLU.
    while (weight := tensors.get(f"{3 * len(widths)}.weight")) is not None and weight.ndim == 4:
        widths.append(weight.shape[0])
    return widths


def _network(widths: Sequence[int]) -> nn.Sequential:
    """Create the network, whose weights are loaded later, from each convolution's input width."""
    layers: list[nn.Module] = []
    for taken, made in pairwise([*widths, 3]):
        # The first convolution maps the latent to 4 pixels, and each other doubles the resolution.
        stride, padding = (2, 1) if layers else (1, 0)
        layers += [
            nn.ConvTranspose2d(taken, made, 4, stride, padding, bias=False),
            nn.BatchNorm2d(made),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers[:-2], nn.Tanh())
