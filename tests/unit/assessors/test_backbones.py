"""The backbones are the published networks, to their padding, pooling, strides and batch norms."""

import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torchvision
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from tests.data import face_layouts
from tests.support.references import keras_vggface
from torch import Tensor, nn

from mnemo.assessors import backbones
from mnemo.assessors.backbones import Layout, layouts
from mnemo.assessors.backbones.regressor import Regressor

SCRIPTS = Path(__file__).parents[3] / "scripts"
ARCHITECTURES: list[str] = ["vgg16", "resnet50", "senet50"]
RESNETS: list[str] = ["resnet50", "senet50"]
# What the summary of a Keras model of keras-vggface counts. For VGG16, whose last layer is part of
# the backbone, this is also the count of deeplearning4j's VGGFace; for the others it is without the
# classifier, which has 2048 x 8631 weights and 8631 biases.
PUBLISHED = {"vgg16": 145_002_878, "resnet50": 23_561_152, "senet50": 26_092_144}


@pytest.fixture(scope="module", name="vggface")
def import_vggface() -> tuple[Callable[..., Any], ModuleType]:
    return keras_vggface()


@pytest.fixture(scope="module")
def photographs() -> Tensor:
    """(2, 3, 224, 224), RGB from 0 to 255."""
    prepare = backbones.prepare("resnet50", "faithful")
    return torch.stack([prepare(load_sample_image(name)) for name in ("china.jpg", "flower.jpg")])


@cache
def cydonia(architecture: str) -> dict[str, NDArray[np.float32]]:
    return face_layouts.cydonia(face_layouts.layers(architecture))


@cache
def drawn(architecture: str, layout: Layout) -> Regressor:
    """A backbone with the weights of `face_layouts`, which are the same in both layouts."""
    network = backbones.build(architecture, layout, 0.5)
    made = layouts.recognition(backbones.module(architecture).NETWORK.names, cydonia(architecture))[
        0
    ]
    network.backbone.load_state_dict(made)
    return network.eval()


@torch.no_grad()
def features(network: Regressor, images: Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = network.backbone(images).numpy()
    return found


# Parameters and shapes.


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_layer_has_the_shapes_of_the_published_network(
    architecture: str, vggface: tuple[Callable[..., Any], ModuleType]
) -> None:
    published = vggface[0](model=architecture, weights=None)
    expected = {
        layer.name.replace("|", "/"): [tuple(weight.shape) for weight in layer.weights]
        for layer in published.layers
        if layer.weights and layer.name != "classifier"
    }
    drawn = face_layouts.layers(architecture)
    assert {name: [array.shape for array in arrays] for name, arrays in drawn.items()} == expected
    state = backbones.build(architecture, "keras", 0.5).backbone.state_dict()
    weights = [value for name, value in state.items() if "num_batches" not in name]
    count = sum(value.numel() for value in weights)
    assert count == PUBLISHED[architecture]
    classifier = 0 if architecture == "vgg16" else 2048 * 8631 + 8631
    assert count + classifier == published.count_params()


@pytest.mark.parametrize("layout", ["keras", "caffe"])
def test_a_resnet50_has_the_tensors_of_torchvisions(layout: Layout) -> None:
    expected = torchvision.models.resnet50().state_dict()
    found = backbones.build("resnet50", layout, 0.5).backbone.state_dict()
    assert {name: value.shape for name, value in found.items()} == {
        name: value.shape for name, value in expected.items() if not name.startswith("fc.")
    }


@pytest.mark.parametrize(("layout", "pooled"), [("keras", 55), ("caffe", 56)])
@pytest.mark.parametrize("architecture", RESNETS)
def test_each_stage_has_the_documented_size(architecture: str, layout: Layout, pooled: int) -> None:
    network = backbones.build(architecture, layout, 0.5).eval()
    sizes = {}
    for name in ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool"):
        network.backbone.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: sizes.update({name: tuple(output.shape)})
        )
    assert network(torch.zeros(1, 3, 224, 224)).shape == (1,)
    assert sizes == {
        "conv1": (1, 64, 112, 112),
        "maxpool": (1, 64, pooled, pooled),
        "layer1": (1, 256, pooled, pooled),
        "layer2": (1, 512, 28, 28),
        "layer3": (1, 1024, 14, 14),
        "layer4": (1, 2048, 7, 7),
        "avgpool": (1, 2048, 1, 1),
    }


# Caffe's networks, against timm's SE-ResNet-50, which is converted from Caffe too. (Keras's are
# held against keras-vggface in test_us10k.)


def of_timm(made: dict[str, NDArray[np.float32]]) -> nn.Module:
    """Timm's SE-ResNet-50 without its classifier, with cydonia's tensors."""
    network: nn.Module = timm.create_model("legacy_seresnet50", num_classes=0)
    renamed = {"conv4": "se_module.fc1", "conv5": "se_module.fc2"}
    state = {}
    for name, array in made.items():
        parts = [renamed.get(part, part) for part in name.split(".")]
        state[".".join(["layer0", *parts] if len(parts) == 2 else parts)] = torch.from_numpy(array)
    network.load_state_dict(state)
    return network.eval()


@torch.no_grad()
def test_a_caffe_senet50_computes_what_timms_does(photographs: Tensor) -> None:
    expected = of_timm(cydonia("senet50"))(photographs).numpy()
    np.testing.assert_allclose(
        features(drawn("senet50", "caffe"), photographs),
        expected,
        rtol=0,
        atol=1e-5 * expected.std(),
    )


@torch.no_grad()
def test_a_caffe_resnet50_is_a_senet50_whose_gates_are_open(photographs: Tensor) -> None:
    made = dict(cydonia("resnet50"))
    for name, array in cydonia("senet50").items():
        if ".conv4." in name or ".conv5." in name:
            # The sigmoid of 100 is 1.
            made[name] = np.full_like(array, 100 if name.endswith("conv5.bias") else 0)
    expected = of_timm(made)(photographs).numpy()
    np.testing.assert_allclose(
        features(drawn("resnet50", "caffe"), photographs),
        expected,
        rtol=0,
        atol=1e-5 * expected.std(),
    )


# What is easily got wrong changes what a network computes by far more than the tolerances above.


def with_another_epsilon(network: Regressor) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = {1e-3: 1e-4, 1e-4: 1e-5, 1e-5: 1e-4}[module.eps]


def with_another_pooling(network: Regressor) -> None:
    pool = network.backbone.get_submodule("maxpool")
    pool.ceil_mode = not pool.ceil_mode  # type: ignore[assignment]


def with_torchvisions_strides(network: Regressor) -> None:
    for name, module in network.named_modules():
        if name.endswith(".0.conv1"):
            second: Any = network.get_submodule(name.replace("conv1", "conv2"))
            module.stride, second.stride = second.stride, module.stride  # type: ignore[assignment]


def with_another_padding(network: Regressor) -> None:
    backbone: Any = network.backbone
    backbone.padding = {(2, 3, 2, 3): (3, 3, 3, 3), (3, 3, 3, 3): (2, 3, 2, 3)}[backbone.padding]


def with_another_order_of_channels(network: Regressor) -> None:
    first: Any = network.backbone.get_submodule("conv1")
    first.weight = nn.Parameter(first.weight.flip(1))


@pytest.mark.parametrize(
    "change",
    [
        with_another_epsilon,
        with_another_pooling,
        with_torchvisions_strides,
        with_another_padding,
        with_another_order_of_channels,
    ],
)
@pytest.mark.parametrize("layout", ["keras", "caffe"])
def test_a_network_that_differs_in_one_point_computes_something_else(
    photographs: Tensor, layout: Layout, change: Callable[[Regressor], None]
) -> None:
    network = deepcopy(drawn("senet50", layout))
    before = features(network, photographs[:1])
    change(network)
    after = features(network, photographs[:1])
    assert abs(after - before).max() > 1e-3 * before.std()


# Preparation.


@pytest.mark.parametrize(
    ("architecture", "version"), [("vgg16", 1), ("resnet50", 2), ("senet50", 2)]
)
def test_the_corrected_preparation_is_that_of_keras_vggface(
    architecture: str, version: int, vggface: tuple[Callable[..., Any], ModuleType]
) -> None:
    image = load_sample_image("china.jpg")
    resized = np.asarray(Image.fromarray(image).resize((224, 224)), np.float64)
    expected = vggface[1].preprocess_input(resized[np.newaxis], version=version)[0]
    found = backbones.prepare(architecture, "corrected")(image)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.permute(1, 2, 0), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_faithful_preparation_is_red_green_and_blue_as_they_are(
    architecture: str,
) -> None:
    image = np.broadcast_to(np.array([250, 120, 7], np.uint8), (50, 90, 3))
    found = backbones.prepare(architecture, "faithful")(image)
    expected = torch.tensor([250.0, 120, 7]).view(3, 1, 1).expand(3, 224, 224)
    assert torch.equal(found, expected)


# The head.


def test_dropout_is_for_training_alone(photographs: Tensor) -> None:
    network = deepcopy(drawn("resnet50", "caffe"))
    with torch.no_grad():
        twice = network(photographs), network(photographs)
        network.dropout.train()
        trained = network(photographs), network(photographs)
    assert torch.equal(*twice)
    assert not torch.equal(*trained)


@pytest.mark.parametrize("architecture", RESNETS)
def test_gradients_flow_from_a_score_to_its_image(architecture: str, photographs: Tensor) -> None:
    images = photographs.clone().requires_grad_()
    drawn(architecture, "caffe")(images)[0].backward()
    assert images.grad is not None
    assert images.grad[0].abs().sum() > 0
    assert not images.grad[1].any()


def test_naming_an_architecture_needs_no_pytorch() -> None:
    code = "import sys, mnemo.assessors.backbones; assert not {'torch', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SCRIPTS)
