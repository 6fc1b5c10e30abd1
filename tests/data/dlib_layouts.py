"""Write networks as dlib does, from `serialize` in its `dnn/core.h`, `layers.h` and `tensor.h`."""

import math
import struct
from collections.abc import Sequence

Weights = Sequence[float]


def integer(number: int) -> bytes:
    """Write an integer: a byte with its sign and its length, and its bytes."""
    size = max(1, -(-abs(number).bit_length() // 8))
    return bytes([size | (0x80 if number < 0 else 0)]) + abs(number).to_bytes(size, "little")


def real(number: float) -> bytes:
    """Write a real number: its mantissa and its exponent."""
    fraction, exponent = math.frexp(number)
    return integer(int(fraction * 2**24)) + integer(exponent - 24)


def text(content: str) -> bytes:
    """Write text with its length."""
    return integer(len(content)) + content.encode()


def shape(*lengths: int) -> bytes:
    """Write the shape of a tensor, which has four dimensions."""
    return b"".join(map(integer, lengths))


def tensor(weights: Weights) -> bytes:
    """Write a tensor in one dimension."""
    lengths = (len(weights), 1, 1, 1) if weights else (0, 0, 0, 0)
    return integer(2) + shape(*lengths) + struct.pack(f"<{len(weights)}f", *weights)


def _part(*lengths: int) -> bytes:
    """Write the shape of a part of a layer's weights."""
    return integer(1) + shape(*lengths)


TRAINING = b"".join(map(real, (1, 1, 1, 0)))


def convolution(filters: int, settings: Sequence[int], weights: Weights) -> bytes:
    """Write a convolution: its filters' height and width, its strides and its padding."""
    stored = [tensor(weights), *map(integer, (filters, *settings))]
    of_filters = _part(filters, len(weights) // filters - 1, 1, 1)
    return b"".join([text("con_4"), *stored, of_filters, _part(1, filters, 1, 1), TRAINING])


def affine(weights: Weights) -> bytes:
    """Write a layer that scales and shifts channels."""
    part = _part(1, len(weights) // 2, 1, 1)
    return text("affine_") + tensor(weights) + part + part + integer(0)


def plain(kind: str, *settings: int) -> bytes:
    """Write a layer without weights."""
    return text(kind) + b"".join(map(integer, settings))


def dense(outputs: int, weights: Weights) -> bytes:
    """Write a dense layer without a bias."""
    inputs = len(weights) // outputs
    stored = [integer(outputs), integer(inputs), tensor(weights)]
    parts = [_part(inputs, outputs, 1, 1), _part(0, 0, 0, 0)]
    return b"".join([text("fc_2"), *stored, *parts, integer(1), TRAINING])


def network(layers: Sequence[bytes], means: Sequence[float] = (1.5, 2.5, 3.5)) -> bytes:
    """Write a network that was trained with a loss on images of 8 x 9 pixels.

    Args:
        layers: From the first after the input on; an empty one is a tag.
        means: The mean colour of the images.
    """
    state = b"110" + 3 * tensor([])
    forms = [integer(2 if layer else 1) for layer in layers[1:]]
    image = text("input_rgb_image_sized") + b"".join(map(real, means)) + integer(8) + integer(9)
    loss = integer(1) + text("loss_metric_2") + real(0.04) + real(0.6)
    first, *others = (layer and layer + state for layer in layers)
    return b"".join([loss, *forms[::-1], integer(3), image, first, integer(1), *others])
