"""Features are those that clean-fid extracts from a folder of the same images."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import resmem
import torch
from cleanfid import fid
from cleanfid.inception_torchscript import InceptionV3W
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from torch import Tensor, nn
from torchvision.models import ResNet152_Weights

from mnemo import devices, features
from mnemo.errors import MnemoError
from mnemo.features import resnet152
from mnemo.features.extractor import NetworkExtractor
from mnemo.features.registry import EXTRACTORS
from mnemo.weights import catalogue

Pixels = NDArray[np.uint8]
INCEPTION = "inception-2015-12-05.pt"


@pytest.fixture(scope="module")
def images(faces_64: Pixels) -> list[Pixels]:
    """Four faces, and two photographs' corners, larger than any network's input and not square."""
    flower, palace = load_sample_image("flower.jpg"), load_sample_image("china.jpg")
    return [*faces_64[:4], flower[:310, :400], palace[-401:, -307:]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, images: list[Pixels]) -> Path:
    """The same images as PNG files, named so that their sorted order is the same."""
    folder = tmp_path_factory.mktemp("images")
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:07d}.png")
    return folder


@pytest.fixture(scope="module")
def extractor(weights: Callable[[str], Path]) -> NetworkExtractor:
    return features.load("resnet152", weights("resmem"))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def backbone() -> nn.Module:
    """ResMem's ResNet-152 as the package builds it."""
    return resmem.ResMem(pretrained=True).eval().features.to(devices.best())


def clean_fid(
    folder: Path, model: Callable[[Tensor], Tensor], **options: object
) -> NDArray[np.float32]:
    """Extract the features of a folder with clean-fid."""
    return fid.get_folder_features(
        str(folder),
        model,
        num_workers=0,
        batch_size=4,
        device=devices.best(),
        mode="clean",
        verbose=False,
        **options,
    )


def test_resnet152_features_are_those_of_clean_fid_with_the_package_s_backbone(
    extractor: features.Extractor, backbone: nn.Module, images: list[Pixels], folder: Path
) -> None:
    pooled = nn.Sequential(*list(backbone.children())[:-1], nn.Flatten())
    expected = clean_fid(
        folder, lambda batch: pooled(batch / 255), custom_fn_resize=resnet152.resize
    )
    extracted = extractor.extract(images)
    assert extracted.shape == (6, 2048)
    assert extracted.dtype == np.float32
    np.testing.assert_allclose(extracted, expected, rtol=1e-4, atol=1e-5)


def test_clean_fid_can_use_the_extractor_s_own_module(
    extractor: NetworkExtractor, images: list[Pixels], folder: Path
) -> None:
    expected = clean_fid(folder, extractor.module, custom_fn_resize=resnet152.resize)
    np.testing.assert_allclose(extractor.extract(images), expected, rtol=1e-4, atol=1e-5)


def test_the_backbone_names_a_photograph_from_rgb_0_to_1_and_not_from_imagenet_s_normalisation(
    backbone: nn.Module,
) -> None:
    usual = ResNet152_Weights.IMAGENET1K_V1
    photograph = Image.fromarray(load_sample_image("china.jpg"))
    plain = usual.transforms(mean=(0, 0, 0), std=(1, 1, 1))(photograph)
    inputs = torch.stack([plain, usual.transforms()(photograph)])
    with torch.inference_mode():
        classes = backbone(inputs.to(devices.best()))
    named = [[usual.meta["categories"][i] for i in row] for row in classes.topk(5).indices]
    assert "palace" in named[0]
    assert named[1][0] == "stopwatch"


def test_features_do_not_depend_on_the_other_images(
    extractor: features.Extractor, images: list[Pixels]
) -> None:
    alone = extractor.extract(images[-1:])
    np.testing.assert_allclose(extractor.extract(images)[-1:], alone, rtol=1e-4, atol=1e-5)


def test_no_images_have_no_features(extractor: features.Extractor) -> None:
    assert extractor.extract([]).shape == (0, 2048)


class RandomLayers(nn.Module):
    """A network that is called as NVIDIA's Inception is: 299 px from -1 to 1, to 2048 features."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 7, stride=4),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(256, 2048),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)  # type: ignore[no-any-return]


@pytest.fixture
def random_inception(tmp_path: Path) -> Path:
    """A TorchScript file with Inception's name and its way of being called, and random weights."""
    torch.manual_seed(0)
    path = tmp_path / INCEPTION
    torch.jit.script(RandomLayers()).save(str(path))
    return path


def test_the_mechanics_of_inception_are_those_of_clean_fid_on_a_network_of_random_weights(
    random_inception: Path, images: list[Pixels], folder: Path
) -> None:
    expected = clean_fid(folder, InceptionV3W(str(random_inception.parent), download=False))
    extracted = features.load("inception", random_inception).extract(images)
    assert extracted.shape == (6, 2048)
    np.testing.assert_allclose(extracted, expected, rtol=1e-5, atol=1e-6)


def test_inception_under_another_name_is_refused(random_inception: Path) -> None:
    path = random_inception.rename(random_inception.with_name("inception.pt"))
    with pytest.raises(MnemoError, match=INCEPTION):
        features.load("inception", path)


def test_a_damaged_inception_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / INCEPTION
    path.write_bytes(b"not a network")
    with pytest.raises(MnemoError, match=rf"{path} is damaged"):
        features.load("inception", path)


def test_a_missing_inception_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=rf"{INCEPTION} is missing"):
        features.load("inception", tmp_path / INCEPTION)


def test_a_file_without_resmem_s_backbone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "resmem.pt"
    torch.save({"conv1.weight": torch.zeros(48, 3, 11, 11)}, path)
    with pytest.raises(MnemoError, match=str(path)):
        features.load("resnet152", path)


def test_an_unknown_extractor_is_answered_with_the_known_ones() -> None:
    with pytest.raises(MnemoError, match="'clip'.*resnet152, inception"):
        features.load("clip", "clip.pt")


@pytest.mark.parametrize("name", EXTRACTORS)
def test_each_entry_has_a_module_and_weights(name: str) -> None:
    assert find_spec(EXTRACTORS[name].module)
    assert set(EXTRACTORS[name].weights) <= set(catalogue.entries())


def test_only_inception_s_distances_are_called_fid_and_kid() -> None:
    named = {
        name for name, entry in EXTRACTORS.items() if {entry.frechet, entry.kernel} & {"FID", "KID"}
    }
    assert named == {"inception"}
