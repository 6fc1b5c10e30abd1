"""Write face-recognition networks with random weights in each layout, from its description.

Keras's layers are described in rcmalli/keras-vggface (models.py); the groups and attributes of
Keras's HDF5 files in keras-team/keras (legacy/saving/legacy_h5_format.py); cydonia's tensors in
cydonia999/VGGFace2-pytorch (models/resnet.py, models/senet.py).
"""

import pickle
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

Architecture = Literal["vgg16", "resnet50", "senet50"]
Arrays = list[NDArray[np.float32]]
#: The tensors of each layer, in Keras's order and with its dimensions.
Layers = dict[str, Arrays]

#: What Keras calls the tensors of a layer: of a batch norm, and of any other.
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
_OTHER = ("kernel", "bias")
#: What cydonia calls a bottleneck's layers, and their batch norms.
_CYDONIA = {
    "1x1_reduce": ("conv1", "bn1"),
    "3x3": ("conv2", "bn2"),
    "1x1_increase": ("conv3", "bn3"),
    "1x1_proj": ("downsample.0", "downsample.1"),
    "1x1_down": ("conv4", ""),
    "1x1_up": ("conv5", ""),
}
_CYDONIA_TENSORS = ("weight", "bias", "running_mean", "running_var")


def layers(architecture: Architecture, seed: int = 0) -> Layers:
    """Draw a backbone's layers, such that numbers neither vanish nor explode on the way through.

    Variances are so small that it matters what a batch norm adds to them.

    Args:
        architecture: The backbone; of VGG16 up to the 2622 logits.
        seed: Of all values.

    Returns:
        Layers with weights, by keras-vggface's names.
    """
    random = np.random.default_rng(seed)
    return dict(_vgg16(random) if architecture == "vgg16" else _resnet(random, architecture))


def dense(inputs: int, outputs: int, seed: int = 1) -> Arrays:
    """Draw a dense layer, such as the head of a fine-tuned network or the classifier."""
    random = np.random.default_rng(seed)
    return [_kernel(random, inputs, outputs), _normal(random, outputs)]


def write_keras(
    path: Path, made: Layers, *, whole: bool, idle: Iterable[str] = (), suffix: str = ""
) -> Path:
    """Write a Keras file.

    Args:
        path: Where it goes.
        made: Layers with weights.
        whole: Whether it is what `model.save` writes, with an optimizer's state, or what
            `save_weights` does.
        idle: Names of layers without weights.
        suffix: What stands behind the layer's name in its tensors', as Keras has "_1" there for
            the second network of a session.

    Returns:
        The path.
    """
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole else file
        # h5py 3, which Keras writes models with today, has text of varying length for a list.
        texts = list if whole else np.array
        root.attrs["layer_names"] = texts([name.encode() for name in (*idle, *made)])
        for target in {root, file}:
            target.attrs["backend"] = b"tensorflow"
            target.attrs["keras_version"] = b"2.4.0"
        for name in idle:
            root.create_group(name).attrs["weight_names"] = []
        for name, arrays in made.items():
            group = root.create_group(name)
            kinds = _NORM if len(arrays) == 4 else _OTHER
            listed = [f"{name}{suffix}/{kind}:0" for kind in kinds[: len(arrays)]]
            group.attrs["weight_names"] = texts([each.encode() for each in listed])
            for each, array in zip(listed, arrays, strict=True):
                group.create_dataset(each, array.shape, array.dtype)[...] = array
        if whole:
            file.attrs["model_config"] = b'{"class_name": "Functional", "config": {}}'
            _write_optimizer(file.create_group("optimizer_weights"), made)
    return path


def cydonia(made: Layers) -> dict[str, NDArray[np.float32]]:
    """Name a ResNet50's or SENet50's tensors as cydonia does, with PyTorch's dimensions.

    Args:
        made: `layers`; a layer called "classifier" becomes `fc`.

    Returns:
        The tensors by name.
    """
    tensors = {}
    for layer, arrays in made.items():
        for kind, array in zip(_CYDONIA_TENSORS, arrays, strict=False):
            order = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}[array.ndim]
            tensors[f"{_cydonia_name(layer)}.{kind}"] = array.transpose(order).copy()
    return tensors


def write_cydonia(path: Path, tensors: Mapping[str, NDArray[np.float32]]) -> Path:
    """Write cydonia's pickle.

    Args:
        path: Where it goes.
        tensors: `cydonia`.

    Returns:
        The path.
    """
    path.write_bytes(pickle.dumps(dict(tensors), protocol=2))
    return path


def _normal(random: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return 0.1 * random.standard_normal(shape, np.float32)


def _kernel(random: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """Draw a kernel, (height, width, in, out) or (in, out), that keeps the variance up."""
    kernel = random.random(shape, np.float32)  # three times as fast as a normal distribution
    kernel -= 0.5
    kernel *= np.sqrt(24 / np.prod(shape[:-1]))
    return kernel


def _norm(random: np.random.Generator, channels: int, scale: float) -> Arrays:
    variance = random.uniform(2e-3, 2e-2, channels)
    gamma = scale * np.sqrt(variance) * random.uniform(0.5, 1.5, channels)
    mean, beta = _normal(random, channels), _normal(random, channels)
    return [gamma.astype(np.float32), beta, mean, variance.astype(np.float32)]


def _vgg16(random: np.random.Generator) -> Iterator[tuple[str, Arrays]]:
    before = 3
    blocks = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    for block, (after, convolutions) in enumerate(blocks, start=1):
        for convolution in range(1, convolutions + 1):
            kernel = _kernel(random, 3, 3, before, after)
            yield f"conv{block}_{convolution}", [kernel, _normal(random, after)]
            before = after
    for name, inputs, outputs in (("fc6", 25088, 4096), ("fc7", 4096, 4096), ("fc8", 4096, 2622)):
        yield name, [_kernel(random, inputs, outputs), _normal(random, outputs)]


def _resnet(
    random: np.random.Generator, architecture: Architecture
) -> Iterator[tuple[str, Arrays]]:
    def convolution(
        name: str, size: int, before: int, after: int, scale: float = 1
    ) -> Iterator[tuple[str, Arrays]]:
        yield name, [_kernel(random, size, size, before, after)]
        yield f"{name}/bn", _norm(random, after, scale)

    yield from convolution("conv1/7x7_s2", 7, 3, 64, 0.02)  # of pixels from 0 to 255
    before = 64
    for stage, (depth, width) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512), strict=True), 2):
        after = 4 * width
        for block in range(1, depth + 1):
            name = f"conv{stage}_{block}"
            yield from convolution(f"{name}_1x1_reduce", 1, before, width)
            yield from convolution(f"{name}_3x3", 3, width, width)
            yield from convolution(f"{name}_1x1_increase", 1, width, after, 0.5)
            if block == 1:
                yield from convolution(f"{name}_1x1_proj", 1, before, after, 0.7)
            if architecture == "senet50":
                for end, shape in (("down", (after, after // 16)), ("up", (after // 16, after))):
                    kernel = _kernel(random, 1, 1, *shape)
                    yield f"{name}_1x1_{end}", [kernel, _normal(random, shape[1])]
            before = after


def _write_optimizer(group: Any, made: Layers) -> None:
    """Write the first moments of Adam for a layer or two: what no score depends on."""
    group.create_dataset("Adam/iter:0", data=np.int64(7))
    names = ["Adam/iter:0"]
    for layer in list(made)[:2]:
        names.append(f"Adam/{layer}/kernel/m:0")
        group.create_dataset(names[-1], data=made[layer][0])
    group.attrs["weight_names"] = [name.encode() for name in names]


def _cydonia_name(layer: str) -> str:
    named = {"conv1/7x7_s2": "conv1", "conv1/7x7_s2/bn": "bn1", "classifier": "fc"}
    if layer in named:
        return named[layer]
    place, _, kind = layer.partition("_")
    block, _, kind = kind.partition("_")
    kind, _, norm = kind.partition("/")
    stage = int(place.removeprefix("conv")) - 1
    return f"layer{stage}.{int(block) - 1}.{_CYDONIA[kind][bool(norm)]}"
