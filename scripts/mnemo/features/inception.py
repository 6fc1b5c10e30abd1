"""Inception's features, exactly as clean-fid's `clean` mode has them: those of FID and KID.

Parmar et al., "On Aliased Resizing and Surprising Subtleties in GAN Evaluation", CVPR 2022.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from cleanfid.inception_torchscript import InceptionV3W
from cleanfid.resize import build_resizer
from numpy.typing import NDArray
from torch import Tensor

from mnemo import devices, networks
from mnemo.errors import MnemoError

FILE = "inception-2015-12-05.pt"
resize = build_resizer("clean")


def load(path: Path) -> "Inception":
    """Load the extractor.

    Args:
        path: NVIDIA's TorchScript file of Inception, under its own name.

    Returns:
        The extractor, on the best device.

    Raises:
        MnemoError: The file is missing, has another name, or holds another network.
    """
    if path.name != FILE:
        raise MnemoError(f"{path} must be called {FILE}: clean-fid looks for it under this name")
    if not path.is_file():
        raise MnemoError(f"{path} is missing: run `snakemake weights`")
    try:
        return Inception(InceptionV3W(str(path.parent), download=False))
    except (RuntimeError, AttributeError) as why:
        raise MnemoError(
            f"{path} is damaged or not what it should be ({str(why).splitlines()[0]}). Delete it "
            "and run `snakemake weights`."
        ) from why


class Inception:
    """An extractor of Inception's pooled features.

    Attributes:
        module: Maps (n, 3, 299, 299), RGB from 0 to 255, to (n, 2048).

    Args:
        module: The network, with its trained weights.
    """

    def __init__(self, module: InceptionV3W):
        self.module = module.eval().to(devices.best())

    def extract(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Extract the features of images.

        Args:
            images: Each (height, width, 3), RGB; they may differ in size.

        Returns:
            (n, 2048).
        """
        return networks.apply(self.module, images, _prepare, "Inception", (2048,))


def _prepare(image: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(resize(image)).permute(2, 0, 1)
