"""EmoNet scores as torchvision's ResNet and ten crops do."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image
from tests.data import ganalyze_layouts as layouts
from torchvision import transforms
from torchvision.models import ResNet, resnet50

from mnemo import assessors
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]

STATE = layouts.emonet()
INPUT = transforms.Compose(
    [
        transforms.ToPILImage(),
        transforms.Resize((256, 256)),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose large files don't outlive this module."""
    folder = tmp_path_factory.mktemp("emonet")
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture(scope="module")
def weights(folder: Path) -> Path:
    return layouts.write_emonet(folder / "best.pth.tar", STATE)


@pytest.fixture(scope="module")
def scorer(weights: Path) -> NetworkScorer:
    return assessors.load("emonet", weights)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def images() -> list[Pixels]:
    """A photograph and noise."""
    noise = np.random.default_rng(0).integers(256, size=(256, 256, 3), dtype=np.uint8)
    return [load_sample_image("china.jpg"), noise]


@pytest.fixture(scope="module")
def resnet() -> ResNet:
    network = resnet50(weights=None, num_classes=1)
    network.load_state_dict(STATE)
    return network.eval()


def test_a_score_is_the_mean_over_torchvisions_ten_crops(
    scorer: NetworkScorer, resnet: ResNet, images: list[Pixels]
) -> None:
    with torch.no_grad():
        expected = [
            resnet(torch.stack(transforms.TenCrop(224)(INPUT(image)))).mean().item()
            for image in images
        ]
    assert scorer.score(images) == pytest.approx(expected, rel=1e-4)


def test_faithful_has_the_centre_where_ganalyze_has_it(
    weights: Path, resnet: ResNet, images: list[Pixels]
) -> None:
    image = INPUT(images[0])
    crops = [
        image[:, row : row + 224, column : column + 224]
        for row, column in [(0, 0), (0, 32), (32, 0), (32, 32), (17, 17)]
    ]
    with torch.no_grad():
        expected = resnet(torch.stack([*crops, *(crop.flip(2) for crop in crops)])).mean().item()
    scores = assessors.load("emonet", weights, preset="faithful").score(images[:1])
    assert scores == pytest.approx([expected], rel=1e-4)


def test_a_score_does_not_depend_on_the_other_images(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    alone = [scorer.score([image])[0] for image in images]
    assert scorer.score(images) == pytest.approx(alone, rel=1e-4)


def test_a_gradient_through_all_crops_is_the_slope_of_the_score(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    network = scorer.network
    image = scorer.prepare(images[0])[None].to(next(network.parameters()).device)
    image.requires_grad_()
    network(image).backward()
    step = 1e-2 * image.grad / image.grad.norm()
    with torch.no_grad():
        rise = network(image + step) - network(image - step)
    assert rise.item() == pytest.approx(2 * (image.grad * step).sum().item(), rel=0.05)


@pytest.mark.parametrize("change", ["missing", "left over", "of another shape"])
def test_a_tensor_that_is_not_emonets_is_named(folder: Path, change: str) -> None:
    state = dict(STATE)
    if change == "missing":
        del state["layer3.5.bn2.running_mean"]
        told = r'Missing key.*"layer3.5.bn2.running_mean"'
    elif change == "left over":
        state["layer3.6.conv1.weight"] = torch.zeros(1)
        told = r'Unexpected key.*"layer3.6.conv1.weight"'
    else:
        state["fc.weight"] = torch.zeros(1000, 2048)
        told = "size mismatch for fc.weight"
    path = layouts.write_emonet(folder / "changed.pth.tar", state)
    with pytest.raises(MnemoError, match=rf"(?s){path} holds another network.*{told}"):
        assessors.load("emonet", path)


def test_a_checkpoint_without_a_state_is_refused(folder: Path) -> None:
    path = folder / "bare.pth.tar"
    torch.save(STATE, path)
    with pytest.raises(MnemoError, match="holds no tensors by name as 'state_dict'"):
        assessors.load("emonet", path)
