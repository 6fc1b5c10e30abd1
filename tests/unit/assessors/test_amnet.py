"""AMNet's scores are those of its formulas, evaluated with NumPy, and its files load whole."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.special import expit, softmax
from sklearn.datasets import load_sample_image
from tests.data import scene_layouts as layouts
from tests.data.scene_layouts import State
from torchvision.models import resnet50
from torchvision.models.feature_extraction import create_feature_extractor

from mnemo import assessors, devices
from mnemo.assessors import amnet
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def state() -> State:
    return layouts.amnet()


@pytest.fixture(scope="module")
def path(state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = layouts.write_amnet(tmp_path_factory.mktemp("amnet") / "weights_35.pkl", state)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def scorer(path: Path) -> NetworkScorer:
    return assessors.load("amnet", path)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def images() -> list[Pixels]:
    """Two photographs, and noise that is narrower than the network's input."""
    noise = np.random.default_rng(0).integers(256, size=(333, 97, 3), dtype=np.uint8)
    return [load_sample_image("china.jpg"), load_sample_image("flower.jpg")[:300, :300], noise]


def stage_three(state: State, images: list[Pixels]) -> Floats:
    """What torchvision's whole ResNet-50 has after its third stage: (n, 1024, 14, 14)."""
    resnet = resnet50(weights=None)
    prefix = "core_cnn.core_cnn."
    resnet.load_state_dict(
        {name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)}
    )
    resized = [
        Image.fromarray(image).resize((224, 224), Image.Resampling.BILINEAR) for image in images
    ]
    pixels = np.stack([np.asarray(image, np.float32) / 255 for image in resized])
    pixels = (pixels - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
    extract = create_feature_extractor(resnet.eval(), ["layer3"])
    with torch.no_grad():
        found = extract(torch.from_numpy(pixels).permute(0, 3, 1, 2))["layer3"]
    return found.numpy().astype(np.float64)


def by_formulas(state: State, features: Floats) -> tuple[Floats, Floats]:
    """Evaluate one image's steps, as amnet_model.py of ok1zjf/AMNet describes them.

    Args:
        state: AMNet's tensors.
        features: (1024, 14, 14).

    Returns:
        Each step's output, (3,), and attention, (3, 196).
    """
    of = {name: tensor.double().numpy() for name, tensor in state.items()}

    def linear(name: str, x: Floats) -> Floats:
        return of[f"{name}.weight"] @ x + of[f"{name}.bias"]

    a = of["inconv.weight"][:, :, 0, 0] @ features.reshape(1024, 196) + of["inconv.bias"][:, None]
    a = (a - of["bn1.running_mean"][:, None]) / np.sqrt(of["bn1.running_var"] + 1e-5)[:, None]
    a = np.maximum(a * of["bn1.weight"][:, None] + of["bn1.bias"][:, None], 0)
    h, c = np.tanh(linear("hs1", a.mean(axis=1))), np.tanh(linear("hc1", a.mean(axis=1)))
    e = np.maximum(of["e1.weight"] @ a, 0)
    outputs, attentions = [], []
    for _ in range(3):
        energy = of["eh3.weight"][0] @ np.maximum(e + linear("eh1", h)[None, :], 0)
        alpha = softmax(energy)
        z = a @ alpha
        gates = of["rnn.weight_ih_l0"] @ z + of["rnn.bias_ih_l0"]
        gates += of["rnn.weight_hh_l0"] @ h + of["rnn.bias_hh_l0"]
        input_gate, forget_gate, candidate, output_gate = gates.reshape(4, 1024)
        c = expit(forget_gate) * c + expit(input_gate) * np.tanh(candidate)
        h = expit(output_gate) * np.tanh(c)
        outputs.append(linear("regnet4", np.maximum(linear("regnet1", h), 0))[0])
        attentions.append(alpha)
    return np.array(outputs), np.array(attentions)


def test_scores_are_those_of_the_formulas(
    state: State, scorer: NetworkScorer, images: list[Pixels]
) -> None:
    steps, attentions = zip(
        *(by_formulas(state, features) for features in stage_three(state, images)), strict=True
    )
    # Neither are the steps alike, nor is the attention even or on one place.
    assert np.ptp(steps, axis=1).min() > 0.01
    assert 0.01 < np.max(attentions) < 0.9
    expected = np.mean(steps, axis=1) / 2 + 0.754
    assert np.ptp(expected) > 0.01
    scores = scorer.score(images)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


def test_a_score_does_not_depend_on_the_other_images(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    together = scorer.score(images)
    alone = [scorer.score([image])[0] for image in images]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)


def test_a_score_rises_along_its_gradient_as_the_gradient_says(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    pixels = amnet.prepare(images[0])[None].to(devices.best()).requires_grad_()
    scorer.network(pixels).backward()
    step = 1e-2 * pixels.grad / pixels.grad.norm()
    with torch.no_grad():
        rise = scorer.network(pixels + step) - scorer.network(pixels - step)
    assert rise.item() == pytest.approx(2 * (pixels.grad * step).sum().item(), rel=0.1)


def test_a_file_that_a_later_torch_saved_gives_the_same_scores(
    state: State, scorer: NetworkScorer, images: list[Pixels], tmp_path: Path
) -> None:
    counters = {
        name.replace("running_var", "num_batches_tracked"): torch.tensor(7)
        for name in state
        if name.endswith("running_var")
    }
    later = tmp_path / "weights_1.pkl"
    torch.save({"model": state | counters}, later)
    again = assessors.load("amnet", later).score(images[:1])
    later.unlink()
    np.testing.assert_array_equal(again, scorer.score(images[:1]))


def without(state: State) -> None:
    del state["eh3.weight"]


def of_two_layers(state: State) -> None:
    state["rnn.bias_ih_l1"] = torch.zeros(4096)


def of_a_deeper_resnet(state: State) -> None:
    state["core_cnn.core_cnn.layer3.6.conv1.weight"] = torch.zeros(256, 1024, 1, 1)


def of_another_resolution(state: State) -> None:
    state["eh1.bias"] = torch.zeros(49)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without, "Missing.*eh3.weight"),
        (of_two_layers, "Unexpected.*rnn.bias_ih_l1"),
        (of_a_deeper_resnet, "Unexpected.*layer3.6.conv1.weight"),
        (of_another_resolution, "size mismatch.*eh1.bias"),
    ],
)
def test_a_tensor_missing_left_over_or_misshapen_is_named(
    state: State, tmp_path: Path, change: Callable[[State], None], named: str
) -> None:
    changed = {name: tensor.half() for name, tensor in state.items()}
    change(changed)
    broken = layouts.write_amnet(tmp_path / "broken.pkl", changed)
    with pytest.raises(MnemoError, match=rf"(?s){broken}.*{named}"):
        assessors.load("amnet", broken)
    broken.unlink()


def test_a_layer_that_the_published_code_does_not_read_is_named_and_passed_over(
    state: State,
    scorer: NetworkScorer,
    images: list[Pixels],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    larger = layouts.write_amnet(
        tmp_path / "larger.pkl", {**state, "eh12.weight": torch.zeros(1024, 1024)}
    )
    with caplog.at_level(logging.WARNING):
        scores = assessors.load("amnet", larger).score(images[:1])
    larger.unlink()
    assert f"{larger} holds tensors that AMNet's code does not read: eh12.weight" in caplog.text
    np.testing.assert_array_equal(scores, scorer.score(images[:1]))


def test_a_file_without_the_published_entry_is_refused(state: State, tmp_path: Path) -> None:
    bare = tmp_path / "bare.pkl"
    torch.save({"eh3.weight": state["eh3.weight"]}, bare)
    with pytest.raises(MnemoError, match=f"{bare}.*no tensors by name as 'model'"):
        assessors.load("amnet", bare)
