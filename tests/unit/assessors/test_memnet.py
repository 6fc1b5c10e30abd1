"""MemNet scores as its layers' definitions and GANalyze's crops say, whichever file it is from."""

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
from mnemo.assessors.caffenet import WIDTH, read_mean, resized_by_tensorflow_1
from mnemo.assessors.memnet import MemNet, Rescaled
from mnemo.assessors.network import Clipped, NetworkScorer
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]

#: Outputs of each dense layer here: those of the published network would fill a file of half a GB.
NARROW = 64
STATE = layouts.memnet(NARROW)
MEAN = layouts.mean_image()
#: First row, first column, and whether mirrored.
TEN = [
    (row, column, mirrored)
    for row, column in [(0, 0), (0, 29), (29, 0), (29, 29), (15, 15)]
    for mirrored in (False, True)
]
ONE = [(15, 15, False)]


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
        state = {name: tuple(value.shape) for name, value in MemNet().state_dict().items()}
    expected: dict[str, tuple[int, ...]] = {}
    for layer, shape in layouts.memnet_shapes().items():
        expected |= {f"{layer}.weight": shape, f"{layer}.bias": shape[:1]}
    assert state == expected


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose large files don't outlive this module."""
    folder = tmp_path_factory.mktemp("memnet")
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture(scope="module")
def mean(folder: Path) -> Path:
    return layouts.write_mean_mat(folder / "memnet_mean.mat", MEAN)


@pytest.fixture(scope="module")
def weights(folder: Path) -> Path:
    return layouts.write_ganalyze(folder / "memnet_state_dict.p", STATE)


@pytest.fixture(scope="module")
def ported(folder: Path) -> Path:
    return layouts.write_memnet_pytorch(folder / "model.ckpt", STATE)


@pytest.fixture(scope="module")
def corrected(weights: Path, mean: Path) -> NetworkScorer:
    return assessors.load("memnet", weights, mean)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def faithful(weights: Path, mean: Path) -> NetworkScorer:
    return assessors.load("memnet", weights, mean, preset="faithful")  # type: ignore[return-value]


@pytest.fixture(scope="module")
def images() -> list[Pixels]:
    """A photograph, its half, which is of another colour, and noise."""
    photo = load_sample_image("china.jpg")
    noise = np.random.default_rng(0).integers(256, size=(256, 256, 3), dtype=np.uint8)
    return [photo, photo[:200, :300], noise]


def expected(images: list[Pixels], crops: list[tuple[int, int, bool]]) -> NDArray[np.float64]:
    """Score images of 256 pixels in NumPy."""
    cut = []
    for image in images:
        inputs = (image.astype(float)[:, :, [2, 1, 0]] - MEAN).transpose(2, 0, 1)
        for row, column, mirrored in crops:
            crop = inputs[:, row : row + 227, column : column + 227]
            cut.append(crop[:, :, ::-1] if mirrored else crop)
    scores = caffenet.dense(STATE, "fc8", caffenet.features(STATE, np.stack(cut)))
    return scores.reshape(len(images), len(crops)).mean(axis=1)


def by_pil(image: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(image).resize((256, 256), Image.Resampling.BILINEAR))


# Scores.


def test_a_score_is_the_mean_over_ten_crops_of_the_layers_as_defined(
    corrected: NetworkScorer, images: list[Pixels]
) -> None:
    scores = corrected.score(images[:1])
    assert scores == pytest.approx(expected([by_pil(images[0])], TEN), abs=1e-5)


@pytest.mark.parametrize("preset", ["corrected", "faithful"])
def test_the_single_crop_is_that_of_the_first_papers_code(
    ported: Path, mean: Path, images: list[Pixels], preset: assessors.Preset
) -> None:
    scores = assessors.load("memnet-single-crop", ported, mean, preset=preset).score(images[:1])
    assert scores == pytest.approx(expected([by_pil(images[0])], ONE), abs=1e-5)


def test_faithful_stretches_the_scores_as_ganalyze_and_clips_them(
    corrected: NetworkScorer, faithful: NetworkScorer, images: list[Pixels]
) -> None:
    square = by_pil(images[0])  # which neither resizes
    (raw,), (score,) = corrected.score([square]), faithful.score([square])
    assert score == pytest.approx(2 * raw - 0.8752, abs=1e-5)
    assert 0 < score < 1
    stretched = Clipped(Rescaled(torch.nn.Identity()))(torch.tensor([0.4, 0.7626, 0.8126, 0.95]))
    assert stretched.tolist() == pytest.approx([0, 0.65, 0.75, 1])


def test_faithful_resizes_without_averaging(faithful: NetworkScorer) -> None:
    large = np.random.default_rng(1).integers(256, size=(512, 512, 3), dtype=np.uint8)
    torch.testing.assert_close(faithful.prepare(large), faithful.prepare(large[::2, ::2]))


def test_a_score_does_not_depend_on_the_other_images(
    corrected: NetworkScorer, images: list[Pixels]
) -> None:
    alone = [corrected.score([image])[0] for image in images]
    assert corrected.score(images) == pytest.approx(alone, abs=1e-5)


def test_a_gradient_through_all_crops_is_the_slope_of_the_score(
    faithful: NetworkScorer, images: list[Pixels]
) -> None:
    network = faithful.network
    image = faithful.prepare(by_pil(images[0]))[None].to(next(network.parameters()).device)
    image.requires_grad_()
    network(image).backward()
    step = image.grad / image.grad.norm()
    with torch.no_grad():
        rise = network(image + step) - network(image - step)
    assert rise.item() == pytest.approx(2 * (image.grad * step).sum().item(), rel=0.02)
    assert (image.grad[0].abs().sum(dim=0) > 0).float().mean() > 0.99


# Resizing.


def test_tensorflow_1_interpolates_between_the_four_pixels_at_and_after_a_place() -> None:
    rows = np.array([[0, 100, 40]], np.uint8).T
    image = np.broadcast_to(rows[:, :, None], (3, 2, 3)).astype(np.uint8)
    resized = resized_by_tensorflow_1(image, 6)
    # The places are 0, 0.5, 1, 1.5, 2 and 2.5, and the last pixel has none after it.
    np.testing.assert_allclose(resized[:, 0, 0], [0, 50, 100, 70, 40, 40], atol=1e-4)


# Files.


def test_both_publishers_files_are_the_same_network(
    corrected: NetworkScorer, ported: Path, mean: Path
) -> None:
    other: NetworkScorer = assessors.load("memnet", ported, mean)  # type: ignore[assignment]
    ours, theirs = corrected.network.state_dict(), other.network.state_dict()
    assert len(ours) == len(STATE) == 16
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("change", ["missing", "left over", "of another shape"])
def test_a_tensor_that_is_not_memnets_is_named(folder: Path, mean: Path, change: str) -> None:
    state = dict(STATE)
    if change == "missing":
        del state["conv5.bias"]
        told = r'Missing key.*"conv5.bias"'
    elif change == "left over":
        state["conv6.bias"] = torch.zeros(1)
        told = r'Unexpected key.*"conv6.bias"'
    else:
        state["conv2.weight"] = torch.zeros(256, 96, 5, 5)  # of a convolution without groups
        told = "size mismatch for conv2.weight"
    path = layouts.write_memnet_pytorch(folder / "changed.ckpt", state)
    with pytest.raises(MnemoError, match=rf"(?s){path} holds another network.*{told}"):
        assessors.load("memnet", path, mean)


def test_a_file_of_no_tensors_is_refused(folder: Path, mean: Path) -> None:
    path = folder / "image_mean.npy"
    np.save(path, MEAN)
    with pytest.raises(MnemoError, match=f"{path} .* holds no tensors by name"):
        assessors.load("memnet", path, mean)


# The mean image.


def test_the_mean_image_is_read_from_matlab_and_numpy_alike(tmp_path: Path, mean: Path) -> None:
    np.save(tmp_path / "image_mean.npy", MEAN)
    np.save(tmp_path / "first.npy", MEAN.transpose(2, 0, 1).astype(float))
    for path in (mean, tmp_path / "image_mean.npy", tmp_path / "first.npy"):
        found = read_mean(path)
        assert found.dtype == torch.float32
        np.testing.assert_array_equal(found, MEAN.transpose(2, 0, 1))


@pytest.mark.parametrize(
    "wrong",
    [MEAN[:227, :227], MEAN[:, :, 0], MEAN[None], np.zeros(3)],
    ids=lambda wrong: wrong.shape,
)
def test_a_mean_image_of_another_shape_is_named(tmp_path: Path, wrong: NDArray[np.float32]) -> None:
    path = tmp_path / "image_mean.npy"
    np.save(path, wrong)
    with pytest.raises(MnemoError, match=r"(?s)npy is not a mean image.*has the shape \("):
        read_mean(path)


def test_a_mean_image_of_undefined_numbers_is_named(tmp_path: Path) -> None:
    path = tmp_path / "image_mean.npy"
    np.save(path, np.where(MEAN.max() > MEAN, MEAN, np.nan))
    with pytest.raises(MnemoError, match="image_mean.npy holds infinite or undefined numbers"):
        read_mean(path)


def test_weights_are_no_mean_image(weights: Path) -> None:
    with pytest.raises(MnemoError, match=f"{weights} is not a mean image"):
        read_mean(weights)
