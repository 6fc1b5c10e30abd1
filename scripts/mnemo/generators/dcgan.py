"""DCGAN, the architecture of the embedded generator of 64 px faces, trained on DigiFace-1M.

The architecture is that of Radford et al. 2016; the weights come from the package
gan-face-generate.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from mnemo import checkpoints, devices
from mnemo.errors import MnemoError
from mnemo.generators.layouts import Layout, Parts

Z_DIM = 100
CHANNELS = (512, 256, 128, 64)
BATCH = 128


def _parts(content: Any) -> Parts:
    state = content.get("netG_state_dict", content)
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise MnemoError("its netG_state_dict holds no tensors by name")
    tensors = {re.sub(r"^(module\.)?main\.", "", name): state[name] for name in state}
    return Parts("dcgan", {}, tensors)


def _matches(content: Any) -> bool:
    """Return whether a file is a training checkpoint, or the state dict of its generator."""
    if not isinstance(content, dict):
        return False
    first = content.get("main.0.weight")  # the discriminator's has other channels
    bare = isinstance(first, Tensor) and first.shape[:2] == (Z_DIM, CHANNELS[0])
    return bare or "netG_state_dict" in content


LAYOUTS = (Layout("the DCGAN's training checkpoint", _matches, _parts),)


def build(settings: Mapping[str, Any], tensors: Mapping[str, Tensor], source: str) -> "DCGAN":
    """Build the generator.

    Args:
        settings: Empty, because the network has only one size.
        tensors: The network's tensors, by their names in its `nn.Sequential`.
        source: The file that they come from, for error messages.

    Returns:
        The generator, on the best device.

    Raises:
        MnemoError: The tensors belong to another network.
    """
    network = _network()
    checkpoints.fill(network, tensors, source)
    return DCGAN(network.eval().to(devices.best()))


class DCGAN:
    """A generator of 64 px faces from latents of 100 standard normal numbers."""

    resolution = 64

    def __init__(self, network: nn.Sequential):
        self.network = network
        self.device = next(network.parameters()).device

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed, in the way of NVIDIA's `generate.py`.

        Args:
            seeds: Seeds; each row depends only on its own seed.
            psi: Truncation: factor that scales the latent towards the mean latent, which is 0.

        Returns:
            (n, 100).
        """
        drawn = [np.random.RandomState(seed).randn(1, Z_DIM) for seed in seeds]
        return (psi * np.concatenate(drawn)).astype(np.float32)

    def render(self, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Render a face for each latent.

        Args:
            latents: (n, 100).

        Returns:
            (n, 64, 64, 3), RGB.
        """
        faces = []
        bar = tqdm(desc="DCGAN", total=len(latents), unit=" images", mininterval=5)
        with torch.inference_mode(), bar:
            for start in range(0, len(latents), BATCH):
                # The last batch is padded, so that a face's bytes do not depend on how many others
                # are rendered with it: PyTorch chooses kernels by the shape of the input.
                rows = latents[start : start + BATCH]
                full = np.zeros((BATCH, latents.shape[1], 1, 1), np.float32)
                full[: len(rows), :, 0, 0] = rows
                made = self.network(torch.from_numpy(full).to(self.device))[: len(rows)]
                made = made.mul(127.5).add(128).clamp(0, 255).to(torch.uint8)
                faces.append(made.permute(0, 2, 3, 1).cpu().numpy())
                bar.update(len(rows))
        return np.concatenate(faces)


def _network() -> nn.Sequential:
    layers: list[nn.Module] = []
    width = Z_DIM
    for channels in CHANNELS:
        stride, padding = (1, 0) if width == Z_DIM else (2, 1)
        layers += [
            nn.ConvTranspose2d(width, channels, 4, stride, padding, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        ]
        width = channels
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())
