"""The student that comes with Mnemo: its file, its card, and how it ranks faces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy import stats
from tests.support.paths import ROOT

from mnemo import assessors, checkpoints
from mnemo.assessors import cards, trained
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import MnemoError
from mnemo.study.mistakes import checked


@pytest.fixture(scope="module", name="student")
def load(weights: Callable[[str], Path]) -> NetworkScorer:
    return assessors.load("student", weights("student"), weights("resmem"))  # type: ignore


def test_it_ranks_new_faces_as_resmem_does(
    student: NetworkScorer, weights: Callable[[str], Path], faces_64: NDArray[np.uint8]
) -> None:
    faces = list(faces_64[:60])
    teacher = assessors.load("resmem", weights("resmem")).score(faces)
    scores = student.score(faces)
    # Of 60 faces, the correlation has a standard error of 0.08.
    assert stats.spearmanr(scores, teacher).statistic > 0.4
    assert abs(scores.mean() - teacher.mean()) < 0.02


def test_its_file_holds_its_head_alone(weights: Callable[[str], Path]) -> None:
    path = weights("student")
    assert path.stat().st_size < 1_000_000
    assert not any(name.startswith("front") for name in checkpoints.tensors(path))
    assert cards.architecture(path) == "resnet152-layer2"


def test_its_card_says_how_the_study_of_its_name_trains_it(
    weights: Callable[[str], Path],
) -> None:
    study = checked(yaml.safe_load((ROOT / "studies/student.yaml").read_text()))
    assert study.training is not None
    card = trained.card(weights("student"))
    assert card.settings == {**study.training.settings, "preset": "corrected"}
    assert [tested.shape for tested in card.tested] == ["oval", "square"]
    assert all(tested.spearman_low > 0.55 for tested in card.tested)
    assert "Non-commercial" in card.licence
    assert study.sets.train is not None
    # A face has a square, and an oval where one was found.
    assert 1.9 * study.sets.train.count < sum(card.images.values()) <= 2 * study.sets.train.count


def test_another_network_does_not_take_its_place(
    weights: Callable[[str], Path], tmp_path: Path
) -> None:
    card = trained.card(weights("student")).model_copy(update={"architecture": "resnet10"})
    path = tmp_path / "assessor.safetensors"
    save_file(checkpoints.tensors(weights("student")), path, {cards.KEY: trained.text(card)})
    with pytest.raises(MnemoError, match="holds a resnet10, and student is a resnet152-layer2"):
        assessors.load("student", path, weights("resmem"))
