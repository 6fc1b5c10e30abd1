"""Perceptual distances: LPIPS against its authors' package, its stand-in against the formula."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from numpy.typing import NDArray
from safetensors.torch import save_file
from tests.support.networks import small_stylegan2
from tests.support.references import package
from torch import Tensor

from mnemo.errors import MnemoError
from mnemo.features import resnet152
from mnemo.inversion import perceptual
from mnemo.inversion.perceptual import Perceptual


@pytest.fixture(scope="module", name="theirs")
def import_lpips() -> Iterator[Any]:
    """The package lpips, with a VGG16 of random weights, which are not in the package."""
    folder = package("lpips", "0.1.4")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        # Of the package VGG16's dense layers are built and thrown away.
        plain = torchvision.models.vgg16
        patch.setattr(torchvision.models, "vgg16", lambda **_: plain(init_weights=False))
        import lpips

        network = lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False)
        draw = torch.Generator().manual_seed(0)
        for tensor in network.net.parameters():
            sd = (2 / tensor[0].numel()) ** 0.5
            tensor.data = sd * torch.randn(tensor.shape, generator=draw)
        yield network.eval()
    for name in [name for name in sys.modules if name.split(".")[0] == "lpips"]:
        del sys.modules[name]


@pytest.fixture(scope="module", name="ours")
def load_lpips(theirs: Any, tmp_path_factory: pytest.TempPathFactory) -> Perceptual:
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.safetensors"
    state = {
        f"features.{name.split('.', 1)[1]}": tensor
        for name, tensor in theirs.net.state_dict().items()
    }
    save_file({**state, "classifier.0.bias": torch.zeros(3)}, path)
    return perceptual.lpips(path, package("lpips", "0.1.4") / "lpips/weights/v0.1/vgg.pth")


def pair(size: int) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    one = 2 * torch.rand(2, 3, size, size, generator=draw) - 1
    return one, (one + 0.3 * torch.randn(one.shape, generator=draw)).clamp(-1, 1)


def test_lpips_is_that_of_its_authors(theirs: Any, ours: Perceptual) -> None:
    one, other = pair(64)
    with torch.no_grad():
        expected = theirs(one, other).flatten()
    assert expected.min() > 0.01
    torch.testing.assert_close(
        (ours(one) - ours(other)).square().sum(1), expected, rtol=1e-4, atol=0
    )
    assert ours.name == "lpips-vgg16"


def test_large_images_are_averaged_to_256_pixels_first(ours: Perceptual) -> None:
    image = pair(512)[0][:1]
    small = image.view(1, 3, 256, 2, 256, 2).mean(dim=(3, 5))
    torch.testing.assert_close(ours(image), ours(small), rtol=1e-4, atol=1e-6)


def test_weights_of_something_else_are_refused(ours: Perceptual, tmp_path: Path) -> None:
    whole = {f"features.{name}": torch.zeros(shape) for name, shape in vgg16_shapes().items()}
    save_file(whole, tmp_path / "vgg16.safetensors")
    save_file({"lin0.model.1.weight": torch.ones(1, 3, 1, 1)}, tmp_path / "lpips.safetensors")
    with pytest.raises(
        MnemoError, match=r"lin0\.model\.1\.weight must be 64 numbers of at least 0"
    ):
        perceptual.lpips(tmp_path / "vgg16.safetensors", tmp_path / "lpips.safetensors")


def vgg16_shapes() -> dict[str, torch.Size]:
    with torch.device("meta"):
        features = torchvision.models.vgg16().features
    return {name: tensor.shape for name, tensor in features.state_dict().items()}


def definition(activations: list[tuple[Tensor, Tensor]]) -> NDArray[np.float64]:
    """The unweighted distance: between activations of unit length, averaged over places."""
    total = np.zeros(2)
    for pair_ in activations:
        one, other = (each.double().numpy() for each in pair_)
        units = [x / np.sqrt((x**2).sum(axis=1, keepdims=True)) for x in (one, other)]
        total += ((units[0] - units[1]) ** 2).sum(axis=1).mean(axis=(1, 2))
    return total


def test_the_stand_in_is_the_unweighted_distance_on_resnet152s_first_layers(
    weights: Callable[[str], Path],
) -> None:
    ours = perceptual.resnet152_early(weights("resmem"))
    network = resnet152.backbone(weights("resmem")).features.eval()
    one, other = pair(64)
    with torch.no_grad():
        seen = []
        for image in (one, other):
            first = torch.relu(network.bn1(network.conv1((image + 1) / 2)))
            second = network.layer1(torch.nn.functional.max_pool2d(first, 3, 2, 1))
            seen.append((first, second, network.layer2(second)))
        made = (ours(one) - ours(other)).square().sum(1)
    np.testing.assert_allclose(made, definition(list(zip(*seen, strict=True))), rtol=1e-3)
    assert made.min() > 0.01

    generator = small_stylegan2()
    images = generator.render(generator.map(generator.sample([1])))
    found = generator.invert(images, steps=30, perceptual=ours)
    assert found.perceptual_by == "resnet152-early"
    assert found.perceptual is not None
    assert 0 < found.perceptual[0] + found.pixel[0] < found.losses[0, 0] / 2


def test_without_a_perceptual_distance_the_record_says_so() -> None:
    generator = small_stylegan2()
    found = generator.invert(np.zeros((1, 32, 32, 3), np.uint8), steps=2)
    assert found.perceptual is None
    assert found.perceptual_by is None
