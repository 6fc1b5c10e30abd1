"""Inception's features for FID and KID, computed exactly as in clean-fid's `clean` mode.

Parmar et al., "On Aliased Resizing and Surprising Subtleties in GAN Evaluation", CVPR 2022.
"""

from pathlib import Path

from cleanfid.inception_torchscript import InceptionV3W
from cleanfid.resize import build_resizer

from mnemo import devices
from mnemo.errors import AGAIN, MnemoError
from mnemo.features.extractor import NetworkExtractor

FILE = "inception-2015-12-05.pt"
resize = build_resizer("clean")


def load(path: Path) -> NetworkExtractor:
    """Load the extractor.

    Args:
        path: NVIDIA's TorchScript file of Inception, with its original file name.

    Returns:
        The extractor, on the best device.

    Raises:
        MnemoError: The file is missing, has another name, or holds another network.
    """
    if path.name != FILE:
        raise MnemoError(f"{path} must be named {FILE}: clean-fid looks for that name")
    if not path.is_file():
        raise MnemoError(f"{path} is missing: run `snakemake weights`")
    try:
        module = InceptionV3W(str(path.parent), download=False)
        return NetworkExtractor(module.eval().to(devices.best()), resize, "Inception")
    except (RuntimeError, AttributeError) as why:
        raise MnemoError(
            f"{path} is damaged or not the expected network ({str(why).splitlines()[0]}). {AGAIN}"
        ) from why
