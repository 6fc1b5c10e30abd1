"""AestheticsNet scores as its layers' definitions say."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from tests.data import ganalyze_layouts as layouts
from tests.support import caffenet

from mnemo import assessors
from mnemo.assessors.aestheticsnet import AestheticsNet
from mnemo.assessors.caffenet import WIDTH
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]

#: Outputs of each dense layer here: those of the published network would fill a file of half a GB.
NARROW = 64
STATE = layouts.aestheticsnet(NARROW)
MEAN = layouts.mean_image(1).transpose(2, 0, 1)


@pytest.fixture(scope="module", autouse=True)
def narrow() -> Iterator[None]:
    """Have a network with dense layers of fewer outputs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mnemo.assessors.caffenet.WIDTH", NARROW)
        yield


def test_the_layers_have_the_shapes_of_the_published_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mnemo.assessors.caffenet.WIDTH", WIDTH)
    with torch.device("meta"):
        state = {name: tuple(value.shape) for name, value in AestheticsNet().state_dict().items()}
    expected: dict[str, tuple[int, ...]] = {}
    for layer, shape in layouts.aestheticsnet_shapes().items():
        expected |= {f"{layer}.weight": shape, f"{layer}.bias": shape[:1]}
    # The attributes' own scores are not computed.
    assert state == {name: expected[name] for name in expected if "fc9_" not in name}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose large files don't outlive this module."""
    folder = tmp_path_factory.mktemp("aestheticsnet")
    np.save(folder / "mean.npy", MEAN)
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture(scope="module")
def weights(folder: Path) -> Path:
    return layouts.write_ganalyze(folder / "aestheticsnet_state_dict.p", STATE)


@pytest.fixture(scope="module")
def scorer(folder: Path, weights: Path) -> NetworkScorer:
    return assessors.load("aestheticsnet", weights, folder / "mean.npy")  # type: ignore[return-value]


@pytest.fixture(scope="module")
def images() -> list[Pixels]:
    """A photograph and noise."""
    noise = np.random.default_rng(0).integers(256, size=(227, 227, 3), dtype=np.uint8)
    return [load_sample_image("flower.jpg"), noise]


def expected(images: list[Pixels]) -> NDArray[np.float64]:
    """Score images of 227 pixels in NumPy."""
    pixels = np.stack(images).astype(float)[:, :, :, ::-1].transpose(0, 3, 1, 2)
    seventh = caffenet.features(STATE, pixels - MEAN[:, 14:241, 14:241])
    branches = [
        "fc8_new",
        "fc8_BalancingElement",
        "fc8_ColorHarmony",
        "fc8_Content",
        "fc8_DoF",
        "fc8_Light",
        "fc8_MotionBlur",
        "fc8_Object",
        "fc8_Repetition",
        "fc8_RuleOfThirds",
        "fc8_Symmetry",
        "fc8_VividColor",
    ]
    eighth = [caffenet.relu(caffenet.dense(STATE, branch, seventh)) for branch in branches]
    merged = caffenet.dense(STATE, "fc10_Merge", np.concatenate(eighth, axis=1))
    return caffenet.dense(STATE, "fc11_score", caffenet.relu(merged))[:, 0]


def test_a_score_is_that_of_the_layers_as_defined(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    resized = [
        np.asarray(Image.fromarray(image).resize((227, 227), Image.Resampling.BICUBIC))
        for image in images
    ]
    assert scorer.score(images) == pytest.approx(expected(resized), rel=1e-4)


def test_faithful_resizes_as_tensorflow_1(
    folder: Path, weights: Path, scorer: NetworkScorer, images: list[Pixels]
) -> None:
    other: NetworkScorer = assessors.load(  # type: ignore[assignment]
        "aestheticsnet", weights, folder / "mean.npy", preset="faithful"
    )
    small = images[1]
    large = small.repeat(2, axis=0).repeat(2, axis=1)
    torch.testing.assert_close(other.prepare(small), scorer.prepare(small))
    # Every second pixel, where Pillow has a mean over more of them.
    torch.testing.assert_close(other.prepare(large), other.prepare(small))
    assert (scorer.prepare(large) - scorer.prepare(small)).abs().max() > 1


def test_a_score_does_not_depend_on_the_other_images(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    alone = [scorer.score([image])[0] for image in images]
    assert scorer.score(images) == pytest.approx(alone, rel=1e-4)


def test_a_gradient_is_the_slope_of_the_score(scorer: NetworkScorer, images: list[Pixels]) -> None:
    network = scorer.network
    image = scorer.prepare(images[0])[None].to(next(network.parameters()).device)
    image.requires_grad_()
    network(image).backward()
    step = image.grad / image.grad.norm()
    with torch.no_grad():
        rise = network(image + step) - network(image - step)
    assert rise.item() == pytest.approx(2 * (image.grad * step).sum().item(), rel=0.02)


@pytest.mark.parametrize("change", ["missing", "left over", "of another shape"])
def test_a_tensor_that_is_not_aestheticsnets_is_named(folder: Path, change: str) -> None:
    state = dict(STATE)
    if change == "missing":
        del state["fc8_DoF.weight"]
        told = r'Missing key.*"fc8_DoF.weight"'
    elif change == "left over":
        state["fc8.weight"] = torch.zeros(1, 4096)
        told = r'Unexpected key.*"fc8.weight"'
    else:
        state["fc10_Merge.weight"] = torch.zeros(128, 3584)
        told = "size mismatch for fc10_Merge.weight"
    path = folder / "changed.pt"
    torch.save(state, path)
    with pytest.raises(MnemoError, match=rf"(?s){path} holds another network.*{told}"):
        assessors.load("aestheticsnet", path, folder / "mean.npy")
