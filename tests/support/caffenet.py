"""Caffe's AlexNet in NumPy, straight from the layers' definitions: what MemNet is held against."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]


def features(state: dict[str, Tensor], images: Array) -> Array:
    """Give the activations of the seventh layer.

    Args:
        state: The tensors by name.
        images: (n, 3, 227, 227), BGR less the mean image.

    Returns:
        (n, 4096).
    """
    x = normalised(_pooled(_convolved(state, "conv1", images, stride=4)))
    x = normalised(_pooled(_convolved(state, "conv2", x, padding=2, groups=2)))
    x = _convolved(state, "conv3", x, padding=1)
    x = _convolved(state, "conv4", x, padding=1, groups=2)
    x = _pooled(_convolved(state, "conv5", x, padding=1, groups=2))
    return relu(dense(state, "fc7", relu(dense(state, "fc6", x.reshape(len(x), -1)))))


def normalised(x: Array) -> Array:
    """Normalise each pixel by its two neighbouring channels to either side.

    Krizhevsky et al. 2012, Section 3.3, with Caffe's 1e-4 / 5 as alpha.

    Args:
        x: (n, channels, h, w).

    Returns:
        The same shape.
    """
    y = np.empty_like(x)
    for channel in range(x.shape[1]):
        near = x[:, max(channel - 2, 0) : channel + 3]
        y[:, channel] = x[:, channel] / (1 + 2e-5 * (near**2).sum(axis=1)) ** 0.75
    return y


def dense(state: dict[str, Tensor], name: str, x: Array) -> Array:
    """Apply a dense layer.

    Args:
        state: The tensors by name.
        name: That of the layer.
        x: (n, inputs).

    Returns:
        (n, outputs).
    """
    weight, bias = _parameters(state, name)
    return x @ weight.T + bias


def relu(x: Array) -> Array:
    """Take what is positive.

    Args:
        x: Of any shape.

    Returns:
        The same shape.
    """
    return np.maximum(x, 0)


def _convolved(
    state: dict[str, Tensor],
    name: str,
    x: Array,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> Array:
    weight, bias = _parameters(state, name)
    size = weight.shape[-1]
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    parts = [
        np.tensordot(inputs, kernels, axes=([1, 4, 5], [1, 2, 3]))
        for inputs, kernels in zip(
            np.split(windows, groups, axis=1), np.split(weight, groups), strict=True
        )
    ]
    return relu(np.moveaxis(np.concatenate(parts, axis=3) + bias, 3, 1))


def _pooled(x: Array) -> Array:
    return sliding_window_view(x, (3, 3), axis=(2, 3))[:, :, ::2, ::2].max(axis=(4, 5))


def _parameters(state: dict[str, Tensor], name: str) -> tuple[Array, Array]:
    weight, bias = (state[f"{name}.{kind}"].numpy().astype(float) for kind in ("weight", "bias"))
    return weight, bias
