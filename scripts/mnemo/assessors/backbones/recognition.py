"""What the three face-recognition networks share that paper 1 fine-tuned."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import Tensor, nn

from mnemo import checkpoints
from mnemo.assessors import Preset
from mnemo.assessors.backbones import Layout, layouts, preparation
from mnemo.assessors.backbones.layouts import Names
from mnemo.assessors.backbones.regressor import Regressor
from mnemo.checkpoints import Hdf5
from mnemo.errors import MnemoError
from mnemo.networks import Prepare


@dataclass(frozen=True)
class Recognition:
    """A published face-recognition network.

    Attributes:
        names: How the files of it name its layers.
        backbone: Builds it, for a layout, with random weights: maps (n, 3, 224, 224) to (n, width).
        width: The number of its outputs.
        mean: Mean blue, green and red of the faces that it was trained on.
    """

    names: Names
    backbone: Callable[[Layout], nn.Module]
    width: int
    mean: tuple[float, float, float]

    def build(self, layout: Layout | None, dropout: float) -> Regressor:
        """Build it with a head; see `backbones.build`."""
        if layout is None:
            raise ValueError(f"{self.names.architecture} needs a layout")
        return Regressor(self.backbone(layout), self.width, layout, dropout)

    def prepare(self, preset: Preset) -> Prepare:
        """Choose how an image becomes its input; see `backbones.prepare`."""
        if preset == "faithful":
            return preparation.prepare_faithful
        return partial(preparation.prepare_vggface, mean=self.mean)

    def tensors(self, preset: Preset) -> Callable[[Tensor], Tensor]:
        """Choose how images with a gradient become its input; see `backbones.tensors`."""
        if preset == "faithful":
            return preparation.tensors_faithful
        return partial(preparation.tensors_vggface, mean=self.mean)

    def initial(self, path: str | Path, dropout: float) -> Regressor:
        """Make what training starts from: the network that recognises faces, with a fresh head.

        Args:
            path: Its weights: keras-vggface's `.h5`, for VGG16 with its classifier, on whose logits
                the head sits; or VGGFace2-pytorch's `.pkl`.
            dropout: Probability with which the head ignores each of its inputs in training.

        Returns:
            The network, built for the layout of its file.

        Raises:
            MnemoError: The file is missing, damaged, or holds another network.
        """
        content = checkpoints.read(path)
        try:
            state, unused = layouts.recognition(self.names, content)
        except MnemoError as why:
            raise MnemoError(
                f"{path} can't be what a {self.names.architecture} starts from: {why}. Use "
                "keras-vggface's .h5, of a vgg16 the one with its classifier, or "
                "VGGFace2-pytorch's .pkl"
            ) from why
        network = self.build("keras" if isinstance(content, Hdf5) else "caffe", dropout)
        checkpoints.fill(network.backbone, state, path)
        layouts.log_unused(path, unused)
        return network
