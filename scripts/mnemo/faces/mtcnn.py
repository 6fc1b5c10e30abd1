"""MTCNN, which finds faces (Zhang et al., 2016), with the networks and the steps of a package.

Three networks look at ever fewer and larger parts of an image: P-net at every place of it, in
several sizes; R-net at the boxes that P-net proposes; and O-net at those that R-net keeps. The
weights are those inside the package mtcnn, read as data. The package runs them in TensorFlow; here,
PyTorch runs them in a fraction of the time. What the package computes between the networks is
repeated in its order and its precision, so that the boxes are the same: `benchmarks/ovalize.py`
compares them.

Each image is by itself, on one thread. Its boxes therefore depend neither on the other images of
its shard nor on the threads of the job. In a batch, the last bits of the scores would depend on
both, and where two boxes score almost the same, they decide which of the two is kept.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from mnemo import checkpoints, hashes
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]
Boxes = NDArray[np.float64]
Scores = NDArray[np.float64]

_VERSION = "1.0.0"
_SHA256 = {
    "pnet": "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
    "rnet": "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
    "onet": "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
}
# Side of the window with which each network's pooling follows a layer; 0 for none.
_POOLS = {"pnet": (2, 0, 0), "rnet": (3, 3, 0, 0), "onet": (3, 3, 2, 0, 0)}

# The package's defaults. P-net sees windows of 12 pixels, one every 2 pixels: at the largest scale,
# they are faces of 20 pixels.
_WINDOW, _STRIDE = 12, 2
_SMALLEST = 20
_SCALE_FACTOR = 0.709
#: Score from which on a network keeps a box.
_KEPT = {"pnet": 0.6, "rnet": 0.7, "onet": 0.8}
#: Overlap from which on the lower score of two boxes loses: in one size of the image, and else.
_OVERLAP_IN_LEVEL, _OVERLAP = 0.5, 0.7
#: Side in pixels to which boxes are resized for these networks.
_SIDE = {"rnet": 24, "onet": 48}


class Found(NamedTuple):
    """The faces in an image, the best first.

    Attributes:
        boxes: (n, 4), left, top, width and height in pixels, within the image.
        scores: (n,), confidence that it is a face, 0.8 to 1.
    """

    boxes: Boxes
    scores: Scores


def find(image: Pixels) -> Found:
    """Find the faces in an image.

    Args:
        image: (height, width, 3), RGB. Faces of at least 20 pixels are found.

    Returns:
        Its faces.

    Raises:
        MnemoError: The package mtcnn is missing, or is another version.
    """
    networks = _networks()
    height, width = image.shape[:2]
    # All these numbers are exact.
    pixels = (image.astype(np.float32) - np.float32(127.5)) / np.float32(128)
    with _one_thread(), torch.inference_mode():
        boxes, scores = _proposed(networks["pnet"], pixels)
        for name, side in _SIDE.items():
            if len(boxes) == 0:
                break
            boxes, scores = _refined(networks[name], pixels, _squared(boxes), side, _KEPT[name])
            last = name == "onet"
            boxes, scores = _best(boxes, scores, _OVERLAP, of_smaller=last)
    left, right = np.clip(boxes[:, [0, 2]].T, 0, width - 1)
    top, bottom = np.clip(boxes[:, [1, 3]].T, 0, height - 1)
    return Found(np.stack([left, top, right - left, bottom - top], axis=1), scores)


@cache
def _networks() -> dict[str, nn.Module]:
    try:
        package = metadata.distribution("mtcnn")
    except metadata.PackageNotFoundError as why:
        raise MnemoError(
            f"the package mtcnn is missing: run `pip install mtcnn=={_VERSION}`"
        ) from why
    folder = Path(str(package.locate_file("mtcnn/assets/weights")))
    return {name: _network(folder / f"{name}.lz4", pools) for name, pools in _POOLS.items()}


def _network(path: Path, pools: Sequence[int]) -> nn.Module:
    """Build a network with six outputs: the offsets of four sides, and two logits."""
    if not path.is_file() or hashes.of(path) != _SHA256[path.stem]:
        raise MnemoError(
            f"{path} is missing or not that of mtcnn {_VERSION}: run "
            f"`pip install --force-reinstall --no-deps mtcnn=={_VERSION}`"
        )
    arrays = [torch.from_numpy(array) for array in checkpoints.read(path)]
    layers: list[nn.Module] = []
    for number, pool in enumerate(pools):
        kernel, bias, slopes = arrays[3 * number : 3 * number + 3]
        activation = nn.PReLU(len(bias), device="meta")
        layers += [_layer(kernel, bias), _filled(activation, slopes.flatten())]
        layers += [nn.MaxPool2d(pool, 2, ceil_mode=True)] if pool else []
    # O-net's landmarks, between the offsets and the logits, are not used.
    outputs = [*arrays[3 * len(pools) :][:2], *arrays[-2:]]
    layers.append(_layer(torch.cat(outputs[::2], dim=-1), torch.cat(outputs[1::2])))
    return nn.Sequential(*layers).requires_grad_(False)


def _layer(kernel: Tensor, bias: Tensor) -> nn.Module:
    """Build a layer of Keras's weights: (height, width, in, out), or (in, out) if it is dense."""
    if kernel.ndim == 2:
        return _Dense(kernel, bias)
    side, _, inputs, outputs = kernel.shape
    weight = kernel.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    return _filled(nn.Conv2d(inputs, outputs, side, device="meta"), weight, bias)


class _Dense(nn.Module):
    """A dense layer that rounds as TensorFlow's does: with the same product, and then a sum."""

    def __init__(self, kernel: Tensor, bias: Tensor):
        super().__init__()
        self.kernel, self.bias = kernel, bias

    def forward(self, inputs: Tensor) -> Tensor:
        if inputs.ndim == 4:
            # The package flattens columns before rows, and channels last.
            inputs = inputs.permute(0, 3, 2, 1).flatten(1)
        return inputs @ self.kernel + self.bias


def _filled(layer: nn.Module, weight: Tensor, bias: Tensor | None = None) -> nn.Module:
    """Fill a layer that has no memory of its own yet, so that no random weights are drawn."""
    state = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
    layer.load_state_dict(state, assign=True)
    return layer


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


# P-net, at every place of the image.


class _Level(NamedTuple):
    """How an image is reduced to one size, in which P-net looks for faces of about 12 pixels.

    Attributes:
        scale: The reduced size over the image's.
        columns: Which of the sums of columns, those for all levels together, are this level's.
        down: (reduced height, height), sums of rows.
        share: One over the pixels that are summed.
    """

    scale: float
    columns: slice
    down: Any
    share: np.float32


# Photographs have many sizes.
@lru_cache(8)
def _levels(height: int, width: int) -> tuple[list[_Level], Any]:
    """Return the levels for an image, and the sums of columns, (their columns, width)."""
    shorter = min(height, width)
    count = round(-(np.log(shorter / _WINDOW) / np.log(_SCALE_FACTOR) + 1))
    levels, across, start = [], [sparse.csr_array((0, width), dtype=np.float32)], 0
    for scale in _WINDOW / _SMALLEST * _SCALE_FACTOR ** np.arange(count):
        rows, columns = int(height * scale), int(width * scale)
        share = np.float32(1) / (_step(height, rows) * _step(width, columns))
        levels.append(_Level(scale, slice(start, start + columns), _sums(height, rows), share))
        across.append(_sums(width, columns))
        start += columns
    return levels, sparse.vstack(across, "csr")


def _step(length: int, reduced: int) -> np.float32:
    return np.float32(length) / np.float32(reduced)


def _sums(length: int, reduced: int) -> Any:
    """Return the sparse matrix, (reduced, length), that sums the pixels which each one covers.

    It is that of TensorFlow's `ResizeMethod.AREA`, with its rounding to float32. What a pixel
    covers beyond the image by rounding, it covers of the image's last pixel.
    """
    ends = np.arange(reduced + 1, dtype=np.float32) * _step(length, reduced)
    cells = np.arange(length + 2, dtype=np.float32)
    covered = np.minimum(ends[1:, None], cells[1:]) - np.maximum(ends[:-1, None], cells[:-1])
    covered = np.maximum(covered, 0)
    covered[:, -2] += covered[:, -1]
    return sparse.csr_array(covered[:, :-1])


def _proposed(network: nn.Module, pixels: NDArray[np.float32]) -> tuple[Boxes, Scores]:
    """Propose boxes, (n, 4): left, top, right and bottom."""
    height, width = pixels.shape[:2]
    levels, across = _levels(height, width)
    # TensorFlow sums along rows first.
    sums = across @ np.ascontiguousarray(pixels.transpose(1, 0, 2)).reshape(width, -1)
    sums = sums.reshape(-1, height, 3)
    found = [(np.empty((0, 4)), np.empty(0))]
    side = _WINDOW - 1
    for level in levels:
        rows = np.ascontiguousarray(sums[level.columns].transpose(1, 0, 2)).reshape(height, -1)
        reduced = (level.down @ rows * level.share).reshape(1, level.down.shape[0], -1, 3)
        # The layout in memory stays that of `channels_last`.
        outputs = network(torch.from_numpy(reduced).permute(0, 3, 1, 2))
        offsets, scores = _read(outputs[0].permute(1, 2, 0))
        places = np.nonzero(scores > np.float32(_KEPT["pnet"]))
        corners = np.stack(places[::-1], axis=1) * _STRIDE + 1
        windows = np.concatenate([corners, corners + side], axis=1)
        boxes = (windows + offsets[places].astype(float) * side) / level.scale
        found.append(_best(boxes, scores[places].astype(float), _OVERLAP_IN_LEVEL))
    all_boxes, all_scores = map(np.concatenate, zip(*found, strict=True))
    return _best(all_boxes, all_scores, _OVERLAP)


def _read(outputs: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Split a network's outputs, (..., 6), into offsets, (..., 4), and scores, (...)."""
    return outputs[..., :4].numpy(), torch.softmax(outputs[..., 4:], dim=-1)[..., 1].numpy()


# R-net and O-net, in the boxes of the one before.


def _squared(boxes: Boxes) -> Boxes:
    """Extend the shorter side of boxes around their centre."""
    sides = boxes[:, 2:] - boxes[:, :2]
    longer = sides.max(axis=1, keepdims=True)
    corners = boxes[:, :2] + sides * 0.5 - longer * 0.5
    return np.concatenate([corners, corners + longer], axis=1)


def _refined(
    network: nn.Module, pixels: NDArray[np.float32], boxes: Boxes, side: int, least: float
) -> tuple[Boxes, Scores]:
    """Move the sides of boxes, and keep those that the network takes for a face."""
    offsets, score = _read(network(_cut(pixels, boxes, side)))
    sides = np.tile(boxes[:, 2:] - boxes[:, :2] + 1, 2)
    boxes = boxes + offsets * sides.astype(np.float32)
    scores = score.astype(float)
    kept = scores > least
    return boxes[kept], scores[kept]


def _cut(pixels: NDArray[np.float32], boxes: Boxes, side: int) -> Tensor:
    """Cut out boxes and resize them, (n, 3, side, side), as TensorFlow's `crop_and_resize` does.

    It takes the four pixels around each point, and zeros beyond the image.
    """
    height, width = pixels.shape[:2]
    shares = (boxes / [width, height, width, height]).astype(np.float32)
    columns, x, across = _points(shares[:, 0], shares[:, 2], width, side)
    rows, y, down = _points(shares[:, 1], shares[:, 3], height, side)
    # (left or right, n, above or below, side, side)
    places = columns[:, :, None, None, :] + width * rows.swapaxes(0, 1)[..., None]
    flat = torch.from_numpy(pixels.reshape(-1, 3))
    left, right = functional.embedding(torch.from_numpy(places), flat)
    above, below = (left + (right - left) * x[:, None, None, :, None]).unbind(1)
    inside = down[:, :, None, None] * across[:, None, :, None]
    cut: Tensor = (above + (below - above) * y[:, :, None, None]) * inside
    return cut.permute(0, 3, 1, 2)


def _points(
    starts: NDArray[np.float32], ends: NDArray[np.float32], length: int, side: int
) -> tuple[NDArray[np.int64], Tensor, Tensor]:
    """Place points in boxes along one side of the image.

    Args:
        starts: (n,), where the boxes start, as shares of the image's side.
        ends: (n,), where they end.
        length: Of the image's side, in pixels.
        side: Number of points.

    Returns:
        The pixel before each point and the one after it, (2, n, side); how far it is from the
        first to the second, (n, side); and 1 within the image, 0 beyond it, (n, side).
    """
    last = np.float32(length - 1)
    steps = (ends - starts) * last / np.float32(side - 1)
    points = starts[:, None] * last + np.arange(side, dtype=np.float32) * steps[:, None]
    inside = (points >= 0) & (points <= last)
    points = np.where(inside, points, np.float32(0))
    before = np.floor(points)
    pixels = np.stack([before, np.ceil(points)]).astype(np.int64)
    return pixels, torch.from_numpy(points - before), torch.from_numpy(inside.astype(np.float32))


def _best(
    boxes: Boxes, scores: Scores, overlap: float, *, of_smaller: bool = False
) -> tuple[Boxes, Scores]:
    """Sort boxes by their scores, and drop those that overlap a better one.

    Unlike in `torchvision.ops.nms`, the better one may be dropped itself.

    Args:
        boxes: (n, 4).
        scores: (n,).
        overlap: Share of the union of two boxes, from which on the second is dropped.
        of_smaller: Whether it is a share of the smaller box instead.

    Returns:
        The boxes that are left, the best first, and their scores.
    """
    # Of equal scores the last comes first, as where the package sorts a few.
    order = np.argsort(scores, kind="stable")[::-1]
    boxes, scores = boxes[order], scores[order]
    corners = np.maximum(boxes[:, None, :2], boxes[:, :2])
    sides = np.minimum(boxes[:, None, 2:], boxes[:, 2:]) - corners
    common = np.maximum(sides, 0).prod(axis=2)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    smaller = np.minimum(areas[:, None], areas)
    union = areas[:, None] + areas - common
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = common / (smaller if of_smaller else union)
    kept = ~np.triu(shares > overlap, k=1).any(axis=0)
    return boxes[kept], scores[kept]
