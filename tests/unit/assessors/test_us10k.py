"""Networks fine-tuned on the 10k US Adult Faces score as Keras does; and what starts from faces."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image
from tests.data import face_layouts
from tests.data.face_layouts import Layers
from tests.support.references import keras_vggface

from mnemo import assessors
from mnemo.assessors import backbones, cards
from mnemo.assessors.backbones import layouts, resnet50
from mnemo.assessors.backbones.regressor import Regressor
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import MnemoError

ARCHITECTURES: list[str] = ["vgg16", "resnet50", "senet50"]
RESNETS: list[str] = ["resnet50", "senet50"]


class Drawn(NamedTuple):
    """A network with random weights, and what Keras makes of it."""

    architecture: str
    layers: Layers
    head: face_layouts.Arrays
    features: NDArray[np.float32]

    @property
    def scores(self) -> NDArray[np.float32]:
        kernel, bias = self.head
        return (self.features @ kernel + bias)[:, 0]


@pytest.fixture(scope="module")
def images() -> list[NDArray[np.uint8]]:
    """Two photographs, one of them upright."""
    china, flower = load_sample_image("china.jpg"), load_sample_image("flower.jpg")
    return [china, np.ascontiguousarray(flower[:, 200:400])]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def drawn(request: pytest.FixtureRequest, images: list[NDArray[np.uint8]]) -> Drawn:
    """What keras-vggface's layer before the last computes, which FaceMem puts its head on."""
    model = keras_vggface()[0](model=request.param, weights=None)
    layers = face_layouts.layers(request.param)
    for name, arrays in layers.items():
        model.get_layer(name.replace("/", "|")).set_weights(arrays)
    import keras

    inputs = [np.array(Image.fromarray(image).resize((224, 224)), np.float32) for image in images]
    before_last = keras.Model(model.inputs, model.layers[-2].output)
    features = keras.ops.convert_to_numpy(before_last([np.stack(inputs)]))
    head = face_layouts.dense(features.shape[1], 1)
    return Drawn(request.param, layers, head, features)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Where a file goes that is too large to be kept after its test."""
    path = tmp_path / "any.h5"
    yield path
    path.unlink(missing_ok=True)


def load(name: str, path: Path, preset: assessors.Preset = "corrected") -> NetworkScorer:
    return assessors.load(name, path, preset=preset)  # type: ignore[return-value]


def initial(architecture: str, path: Path, dropout: float = 0.5) -> Regressor:
    return backbones.initial(architecture, path, dropout)


# Files of the authors.


def test_scores_are_those_of_the_keras_model(
    drawn: Drawn, images: list[NDArray[np.uint8]], path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = {**drawn.layers, "dense_3": drawn.head}
    face_layouts.write_keras(path, made, whole=True, idle=["input_1", "avg_pool", "dropout"])
    with caplog.at_level(logging.INFO):
        scorer = load(f"{drawn.architecture}-us10k", path)
    np.testing.assert_allclose(
        scorer.score(images), drawn.scores, rtol=0, atol=1e-4 * abs(drawn.scores).max()
    )
    assert "not needed: optimizer_weights/Adam/" in caplog.text
    assert "optimizer_weights/Adam/iter:0" in caplog.text


@pytest.mark.parametrize("suffix", ["", "_1"])
def test_a_file_of_weights_alone_fills_the_same_network(path: Path, suffix: str) -> None:
    made = {**face_layouts.layers("resnet50"), "dense": face_layouts.dense(2048, 1)}
    states = []
    for whole in (True, False):
        face_layouts.write_keras(path, made, whole=whole, suffix="" if whole else suffix)
        states.append(load("resnet50-us10k", path).network.state_dict())
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_both_presets_show_the_network_what_it_was_trained_on(
    path: Path, images: list[NDArray[np.uint8]]
) -> None:
    made = {**face_layouts.layers("resnet50"), "dense": face_layouts.dense(2048, 1)}
    face_layouts.write_keras(path, made, whole=False)
    expected = backbones.prepare("resnet50", "faithful")(images[0])
    for preset in ("faithful", "corrected"):
        assert torch.equal(load("resnet50-us10k", path, preset).prepare(images[0]), expected)


# What training starts from.


def test_training_starts_from_the_features_that_keras_computes(
    drawn: Drawn, images: list[NDArray[np.uint8]], path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = dict(drawn.layers)
    if drawn.architecture != "vgg16":
        made["classifier"] = face_layouts.dense(2048, 8631)
    face_layouts.write_keras(path, made, whole=False)
    with caplog.at_level(logging.INFO):
        network = initial(drawn.architecture, path, 0.25).eval()
    prepare = backbones.prepare(drawn.architecture, "faithful")
    with torch.no_grad():
        features = network.backbone(torch.stack([prepare(image) for image in images])).numpy()
    np.testing.assert_allclose(features, drawn.features, rtol=0, atol=1e-4 * drawn.features.std())
    assert ("not needed: classifier" in caplog.text) == (drawn.architecture != "vgg16")
    assert (network.layout, network.dropout.p) == ("keras", 0.25)
    assert network.head.weight.any()
    assert not network.head.bias.any()
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("architecture", RESNETS)
def test_training_starts_from_all_that_cydonias_file_holds(
    architecture: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    classifier = {"classifier": face_layouts.dense(2048, 8631)}
    made = face_layouts.cydonia({**face_layouts.layers(architecture), **classifier})
    face_layouts.write_cydonia(path, made)
    with caplog.at_level(logging.INFO):
        network = initial(architecture, path)
    assert "not needed: fc.weight, fc.bias" in caplog.text
    assert network.layout == "caffe"
    state = {
        name.replace("se.fc1", "conv4").replace("se.fc2", "conv5"): tensor.numpy()
        for name, tensor in network.backbone.state_dict().items()
        if "num_batches_tracked" not in name
    }
    assert state.keys() == made.keys() - {"fc.weight", "fc.bias"}
    for name, array in state.items():
        np.testing.assert_array_equal(array, made[name])


# Other files.


@cache
def tiny(architecture: str) -> Mapping[str, face_layouts.Arrays]:
    """Layers of one number to a tensor, for what is found before shapes are looked at."""
    return {
        name: [np.ones((1,) * array.ndim, np.float32) for array in arrays]
        for name, arrays in face_layouts.layers(architecture).items()
    }


def without_a_layer(made: Layers) -> None:
    del made["conv3_2_1x1_reduce/bn"]


def without_a_head(made: Layers) -> None:
    del made["dense"]


def with_two_heads(made: Layers) -> None:
    made["dense_1"] = made["dense"]


def with_two_outputs(made: Layers) -> None:
    made["dense"] = face_layouts.dense(2048, 2)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without_a_layer, "lacks the layers conv3_2_1x1_reduce/bn of a resnet50"),
        (without_a_head, "beside its backbone it has no layer"),
        (with_two_heads, "beside its backbone it has dense, dense_1, in place of one dense layer"),
        (with_two_outputs, "in place of one dense layer with 2048 inputs and one output"),
    ],
)
def test_a_file_of_other_layers_is_refused(
    path: Path, spoil: Callable[[Layers], None], told: str
) -> None:
    made = {**tiny("resnet50"), "dense": face_layouts.dense(2048, 1)}
    spoil(made)
    face_layouts.write_keras(path, made, whole=True)
    with pytest.raises(MnemoError) as refusal:
        load("resnet50-us10k", path)
    assert str(refusal.value).startswith(f"{path} is not the authors' resnet50: ")
    assert told in str(refusal.value)
    assert "docs/weights.md says how to get it" in str(refusal.value)


def test_another_architectures_file_is_refused(path: Path) -> None:
    head = {"dense": face_layouts.dense(2048, 1)}
    face_layouts.write_keras(path, {**tiny("senet50"), **head}, whole=True)
    with pytest.raises(MnemoError, match="lacks the layers conv1_1, .* of a vgg16"):
        load("vgg16-us10k", path)
    with pytest.raises(MnemoError, match="beside its backbone it has conv2_1_1x1_down, "):
        load("resnet50-us10k", path)
    face_layouts.write_keras(path, {**tiny("resnet50"), **head}, whole=True)
    with pytest.raises(MnemoError, match="lacks the layers conv2_1_1x1_down, .* and 27 more"):
        load("senet50-us10k", path)


def test_tensors_of_other_shapes_are_refused(path: Path) -> None:
    made = {**tiny("resnet50"), "dense": face_layouts.dense(2048, 1)}
    face_layouts.write_keras(path, made, whole=True)
    with pytest.raises(
        MnemoError, match=r"(?s)any.h5 holds another network: .*layer1.0.conv1.weight"
    ):
        load("resnet50-us10k", path)
    face_layouts.write_keras(path, dict(tiny("vgg16")), whole=False)
    with pytest.raises(MnemoError, match="its layer fc6 is not one of 25088 inputs"):
        initial("vgg16", path)


def spoilt(change: Callable[[Any], None]) -> layouts.KerasParts:
    """Take a file apart whose content has been changed."""
    content = layouts.Hdf5({}, {"": {"layer_names": []}})
    for layer, arrays in tiny("resnet50").items():
        listed = [f"{number}:0" for number in range(len(arrays))]
        content.attributes[""]["layer_names"].append(layer)
        content.attributes[layer] = {"weight_names": listed}
        content.arrays.update(
            {f"{layer}/{name}": array for name, array in zip(listed, arrays, strict=True)}
        )
    change(content)
    return layouts.keras(resnet50.NETWORK.names, content)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: content.attributes[""].clear(), "no list of layers"),
        (lambda content: content.arrays.pop("conv1/7x7_s2/0:0"), "lacks conv1/7x7_s2/0:0, which"),
        (lambda content: content.arrays.update(a=np.ones(1)), "arrays of no layer: a$"),
        (
            lambda content: content.arrays.update({"optimizer/a": np.ones(1)}),
            "arrays of no layer: optimizer/a$",
        ),
        (
            lambda content: content.attributes["conv1/7x7_s2"]["weight_names"].clear(),
            "lacks the layers conv1/7x7_s2 of a resnet50",
        ),
    ],
)
def test_a_keras_file_that_does_not_hold_what_it_lists_is_refused(
    change: Callable[[Any], None], told: str
) -> None:
    assert spoilt(lambda content: None).backbone
    with pytest.raises(MnemoError, match=told):
        spoilt(change)


def test_a_layer_of_too_many_arrays_is_refused(path: Path) -> None:
    def change(content: Any) -> None:
        names = [f"{number}:0" for number in range(5)]
        content.attributes["conv1/7x7_s2"]["weight_names"] = names
        content.arrays.update({f"conv1/7x7_s2/{name}": np.ones(1) for name in names})

    with pytest.raises(MnemoError, match="its layer conv1/7x7_s2 has 5 arrays"):
        spoilt(change)


def test_numbers_that_are_not_finite_are_refused(path: Path) -> None:
    made = {**face_layouts.layers("resnet50"), "dense": face_layouts.dense(2048, 1)}
    made["conv2_1_3x3/bn"][3][5] = np.nan
    face_layouts.write_keras(path, made, whole=False)
    with pytest.raises(
        MnemoError, match="infinite or undefined numbers, in layer1.0.bn2.running_var"
    ):
        load("resnet50-us10k", path)


def test_a_recognition_network_is_no_assessor(path: Path) -> None:
    face_layouts.write_cydonia(path, face_layouts.cydonia(dict(tiny("resnet50"))))
    with pytest.raises(MnemoError, match="any.h5 is neither the authors' Keras file .* train"):
        load("resnet50-us10k", path)


def test_training_starts_from_no_other_file(path: Path) -> None:
    head = {"dense": face_layouts.dense(2048, 1)}
    face_layouts.write_keras(path, {**tiny("resnet50"), **head}, whole=True)
    told = "can't be what a resnet50 starts from: it has the layers dense, which no published"
    with pytest.raises(MnemoError, match=told):
        initial("resnet50", path)
    logits = {name: arrays for name, arrays in tiny("vgg16").items() if name.startswith("conv")}
    face_layouts.write_keras(path, logits, whole=False)
    with pytest.raises(MnemoError, match="lacks the layers fc6, fc7, fc8 .* with its classifier"):
        initial("vgg16", path)
    face_layouts.write_cydonia(path, {"conv1.weight": np.ones(3, np.float32)})
    with pytest.raises(MnemoError, match="VGGFace2-pytorch has no vgg16"):
        initial("vgg16", path)
    torch.save({"conv1.weight": torch.ones(3)}, path)
    with pytest.raises(MnemoError, match="neither keras-vggface's .h5 nor VGGFace2-pytorch's .pkl"):
        initial("resnet50", path)


@pytest.mark.parametrize("name", ["conv1.bias", "layer1.0.conv4.weight", "head"])
def test_cydonias_file_with_an_unknown_tensor_is_refused(path: Path, name: str) -> None:
    made = face_layouts.cydonia(dict(tiny("resnet50")))
    face_layouts.write_cydonia(path, {**made, name: np.ones(3, np.float32)})
    with pytest.raises(MnemoError, match=f'(?s)any.h5 holds another network: .*"{name}"'):
        initial("resnet50", path)


def test_a_file_that_mnemo_trained_must_be_of_the_architecture(path: Path) -> None:
    card = {
        **dict.fromkeys(("mnemo", "target", "run", "data", "licence"), ""),
        **dict.fromkeys(("low", "high", "confidence", "epoch"), 0),
        **{name: {} for name in ("settings", "images")},
        **dict.fromkeys(("layout", "initial")),
        "architecture": "resnet10",
        "preset": "corrected",
        "tested": [],
    }
    save_file({"w": torch.ones(3)}, path, {cards.KEY: json.dumps(card)})
    with pytest.raises(MnemoError, match="holds a resnet10, and resnet50-us10k is a resnet50"):
        load("resnet50-us10k", path)


def test_safetensors_without_a_card_are_refused(path: Path) -> None:
    save_file({"w": torch.ones(3)}, path)
    with pytest.raises(MnemoError, match="has no card"):
        load("resnet50-us10k", path)
