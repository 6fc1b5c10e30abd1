"""Inference with convolutional networks: fast, and with each image's output independent."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from tqdm import tqdm

from mnemo import devices

#: Maps an image, (h, w, 3), RGB from 0 to 255, to (3, height, width), float32.
Prepare: TypeAlias = Callable[[NDArray[np.uint8]], Tensor]

# On one CPU thread, PyTorch uses its fast kernels for 1x1 convolutions only from batches of 16 on.
BATCH = {"cpu": 16, "cuda": 64}


def unfilled(build: Callable[[], nn.Module]) -> nn.Module:
    """Build a network without drawing the random weights that a checkpoint will replace.

    Args:
        build: Builds it.

    Returns:
        The network on the CPU, its tensors uninitialised: `checkpoints.fill` must set all of them.
    """
    with torch.device("meta"):
        network = build()
    return network.to_empty(device="cpu")


def ready(network: nn.Module) -> nn.Module:
    """Prepare a network for inference on the best device.

    Its weights are frozen, its batch norms are folded into its convolutions, and its memory layout
    is channels last.

    Args:
        network: A network with its trained weights.

    Returns:
        The same network, changed in place. Gradients still flow to its input.
    """
    network.eval().requires_grad_(False)
    _fold_batch_norms(network)
    return network.to(devices.best(), memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def apply(
    network: nn.Module,
    images: Sequence[NDArray[np.uint8]],
    prepare: Prepare,
    label: str,
    shape: tuple[int, ...] = (),
) -> NDArray[np.float32]:
    """Run a network over images, in batches.

    Args:
        network: Maps (n, 3, height, width) to (n, *shape).
        images: Each (h, w, 3), RGB; their sizes may differ.
        prepare: Converts an image into the network's input, (3, height, width).
        label: Text of the progress bar.
        shape: Shape of one image's output.

    Returns:
        The network's outputs, (n, *shape).
    """
    device = next(network.parameters()).device
    size = BATCH[device.type]
    outputs = np.empty((len(images), *shape), np.float32)
    with (
        torch.inference_mode(),
        tqdm(desc=label, total=len(images), unit=" images", mininterval=5) as bar,
    ):
        for start in range(0, len(images), size):
            inputs = torch.stack([prepare(image) for image in images[start : start + size]])
            inputs = inputs.to(device, memory_format=torch.channels_last)
            outputs[start : start + size] = network(inputs).cpu().numpy()
            bar.update(len(inputs))
    return outputs


def _fold_batch_norms(network: nn.Module) -> None:
    """Fold each batch norm into the convolution that is registered directly before it.

    Every torchvision ResNet, and every part of one, registers its modules in that order.
    """
    for module in list(network.modules()):
        for (first, convolution), (second, norm) in pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, first, fuse_conv_bn_eval(convolution, norm))
                setattr(module, second, nn.Identity())
