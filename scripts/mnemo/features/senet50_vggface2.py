"""The SENet50 trained on VGGFace2 to recognise faces; `vggface2` says how it is used."""

from pathlib import Path

from mnemo.assessors.backbones.senet50 import NETWORK
from mnemo.features.vggface2 import FaceExtractor


def load(path: Path) -> FaceExtractor:
    """Load the extractor.

    Args:
        path: keras-vggface's `rcmalli_vggface_tf_senet50.h5`.

    Returns:
        The extractor, on the best device.

    Raises:
        MnemoError: The file is missing or damaged, or holds another network.
    """
    return FaceExtractor(NETWORK, path)
