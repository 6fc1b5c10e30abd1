"""What the figure of accuracy promises to a reader."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from tests.support.drawn import points, words

from mnemo.figures import accuracy


def test_accuracy_stands_beside_chance() -> None:
    row = {"space": "z", "assessor": "resmem", "shape": "square", "threshold": "mean", "n": 1000}
    frame = pd.DataFrame([row]).assign(accuracy=0.68, accuracy_low=0.65, accuracy_high=0.71)
    frame = frame.assign(
        estimator="logistic", base_rate=0.53, permuted_accuracy=0.49, validation="cross-validation"
    )
    panel = accuracy.draw(frame, 0.95).axes[0]
    np.testing.assert_allclose(points(panel)[1][0][:, 0], [0.65, 0.71])
    marks = [marks for marks in panel.collections if isinstance(marks, PathCollection)]
    drawn = [list(mark.get_offsets()[:, 0]) for mark in marks]
    assert drawn == [[0.53], [0.49]]


@pytest.mark.parametrize(
    ("validation", "told"),
    [
        ("cross-validation", "share of the n images on the correct side, each when held out"),
        ("holdout", "share on the correct side, among the tenth of the n images that was held out"),
    ],
)
def test_accuracy_says_of_which_of_the_n_images_it_is(validation: str, told: str) -> None:
    row = {"space": "z", "assessor": "resmem", "shape": "square", "threshold": "mean", "n": 1000}
    frame = pd.DataFrame([row]).assign(accuracy=0.68, accuracy_low=0.65, accuracy_high=0.71)
    frame = frame.assign(
        estimator="logistic", base_rate=0.53, permuted_accuracy=0.49, validation=validation
    )
    assert told in words(accuracy.draw(frame, 0.95))
