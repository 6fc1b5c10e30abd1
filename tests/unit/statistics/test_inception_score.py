"""The Inception Score is torch-fidelity's, and is known of some predictions."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import special
from torch_fidelity.metric_isc import isc_features_to_metric

from mnemo.statistics.inception_score import SPLITS, Predictions, assign_splits


def summed(logits: NDArray[np.floating]) -> Predictions:
    """Sum the predictions of a set, in blocks of unequal length."""
    blocks = np.split(logits, [1, 1 + len(logits) // 3])
    return Predictions.of(blocks, assign_splits(len(logits)))


@pytest.mark.parametrize("count", [20, 107, 300])
def test_the_score_is_torch_fidelity_s(count: int) -> None:
    logits = np.random.default_rng(count).normal(0, 3, (count, 1008)).astype(np.float32)
    for splits, scores in (
        (SPLITS, summed(logits).of_splits()),
        (1, summed(logits).of_whole()[:1]),
    ):
        expected = isc_features_to_metric(torch.from_numpy(logits), splits=splits)
        assert scores.mean() > 1.5
        np.testing.assert_allclose(scores.mean(), expected["inception_score_mean"], rtol=1e-9)
        np.testing.assert_allclose(
            scores.std(), expected["inception_score_std"], rtol=1e-6, atol=1e-9
        )


def test_images_of_which_nothing_is_known_score_1() -> None:
    np.testing.assert_allclose(summed(np.zeros((40, 7))).of_splits(), 1)


def test_one_class_scores_1_and_balanced_classes_score_their_number() -> None:
    certain = 1000 * np.eye(5)
    np.testing.assert_allclose(summed(certain[np.zeros(50, int)]).of_whole(), 1)
    np.testing.assert_allclose(summed(certain[np.arange(50) % 5]).of_whole()[0], 5)


def test_the_scores_without_each_split_are_those_of_the_other_images() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (64, 9))
    splits = assign_splits(len(logits))
    for split, score in enumerate(summed(logits).of_whole()[1:]):
        probabilities = special.softmax(logits[splits != split], axis=1)
        divergences = special.rel_entr(probabilities, probabilities.mean(axis=0)).sum(axis=1)
        np.testing.assert_allclose(score, np.exp(divergences.mean()))


def test_only_the_first_images_count_where_there_are_more() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (64, 9))
    first = Predictions.of([logits[:10], logits[10:40], logits[40:]], assign_splits(32))
    np.testing.assert_allclose(first.of_splits(), summed(logits[:32]).of_splits())


def test_logits_of_too_few_images_are_an_error() -> None:
    with pytest.raises(ValueError, match="40 images, but logits of 30"):
        Predictions.of([np.zeros((30, 3))], assign_splits(40))
