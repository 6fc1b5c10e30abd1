"""Logits are those of torch-fidelity, on its own network with random weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from mnemo import features
from mnemo.errors import MnemoError
from mnemo.features import inception_logits
from mnemo.features.registry import EXTRACTORS, LOGITS

Pixels = NDArray[np.uint8]
FILE = "inception-2015-12-05.pt"


class Published(nn.Module):
    """A network with the parts that NVIDIA's TorchScript file has."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        children = dict(network.named_children())
        self.output = children.pop("fc")
        self.layers = nn.Sequential(*children.values())

    def forward(self, images: Tensor) -> Tensor:
        return self.output(self.layers(images).flatten(1))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def images(faces_64: Pixels) -> list[Pixels]:
    """A face, and parts of photographs as large as the network's input, larger and not square."""
    flower, palace = load_sample_image("flower.jpg"), load_sample_image("china.jpg")
    return [faces_64[0], flower[:299, :299], flower[:310, :400], palace[-401:, -207:]]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, images: list[Pixels]) -> nn.Module:
    """torch-fidelity's Inception with random weights, under which images differ clearly."""
    nothing = tmp_path_factory.mktemp("weights") / "nothing.pth"
    torch.save({}, nothing)
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        network = FeatureExtractorInceptionV3(
            "random", ["logits_unbiased"], feature_extractor_weights_path=str(nothing)
        )
    norms = [each for each in network.modules() if isinstance(each, nn.BatchNorm2d)]
    inputs = torch.stack([inception_logits.resize(image) for image in images]).byte()
    for norm in norms:
        norm.momentum = 1.0
    network.train()(inputs)
    network.eval()
    network.fc.weight *= 5 / network(inputs)[0].std()
    network.fc.bias += 10
    return network


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, network: nn.Module) -> Path:
    """The same network as a TorchScript file of NVIDIA's layout."""
    path = tmp_path_factory.mktemp("published") / FILE
    example = torch.zeros(1, 3, 299, 299)
    torch.jit.trace(Published(network), example).save(str(path))
    return path


def test_the_logits_are_torch_fidelity_s(
    network: nn.Module, file: Path, images: list[Pixels]
) -> None:
    extracted = features.load("inception-logits", file).extract(images)
    assert extracted.shape == (4, EXTRACTORS["inception-logits"].dim)
    assert extracted.dtype == np.float32
    for image, logits in zip(images, extracted, strict=True):
        (expected,) = network(torch.from_numpy(image).permute(2, 0, 1)[None])
        np.testing.assert_allclose(logits, expected[0].numpy(), atol=1e-3)
    assert np.abs(extracted - extracted[0])[1:].max(axis=1).min() > 1


@pytest.mark.parametrize("size", [(64, 64), (299, 299), (300, 299), (1024, 512), (1, 7)])
def test_images_are_resized_as_by_tensorflow_1(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    expected = interpolate_bilinear_2d_like_tensorflow1x(
        torch.from_numpy(image).permute(2, 0, 1)[None].float(), size=(299, 299), align_corners=False
    )
    np.testing.assert_allclose(inception_logits.resize(image), expected[0], atol=1e-4)


def test_a_file_without_a_classifier_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE
    headless = nn.Module()
    headless.layers = nn.Conv2d(3, 8, 1)
    torch.jit.script(headless).save(str(path))
    with pytest.raises(MnemoError, match=f"{path} has no classifier of 1,008 classes"):
        features.load("inception-logits", path)


def test_only_inception_has_logits_and_of_its_own_file() -> None:
    assert set(LOGITS) == {"inception-logits"}
    assert EXTRACTORS["inception"].weights == LOGITS["inception-logits"].weights
