"""Inception Score of images of some classes, whose expected values are known from many draws."""

from functools import cache

import numpy as np
from benchmarks.simulations import Interval, Simulation
from numpy.typing import NDArray

from mnemo.results import inception_score
from mnemo.results.inception_score import Logits

Floats = NDArray[np.float64]

#: Studies whose mean scores are the expected ones.
EXPECTED = 2000
ALPHA = 2.0


def _classified(n: int, m: int, classes: int, *, effect: float) -> Simulation:
    """Simulate n edited and m reference images.

    Args:
        n: Edited images, and images of the floor.
        m: Reference images.
        classes: Classes that the network knows.
        effect: How much the edit adds to the logit of each image's own class.
    """
    # Some classes have many images and some few, and some images are clearer than others.
    shares = 1 / np.arange(1, classes + 1)
    shares /= shares.sum()

    def images(generator: np.random.Generator, count: int) -> tuple[Floats, Floats, Floats]:
        """Draw logits of images: all of them, without noise, and the own classes alone."""
        own = np.eye(classes)[generator.choice(classes, count, p=shares)]
        clear = generator.gamma(4, 1, (count, 1)) * own
        return clear + generator.standard_normal((count, classes)), clear, own

    def listed(rows: Floats) -> Logits:
        return [f"{index:07d}" for index in range(len(rows))], [rows]

    def measure(seed: int) -> dict[str, dict[str, float]]:
        generator = np.random.default_rng(seed)
        before, clear, own = images(generator, n)
        # An edit also changes images in a way of each one's own, but no distribution by that.
        noise = generator.standard_normal(before.shape)
        after = clear + effect * own + 0.9 * (before - clear) + np.sqrt(1 - 0.9**2) * noise
        (reference, *_), (floor, *_) = images(generator, m), images(generator, n)
        edited = {0.0: listed(before), ALPHA: listed(after)}
        measured = inception_score.measure(edited, listed(reference), listed(floor))
        return measured.set_index("alpha").loc[ALPHA].to_dict()  # type: ignore[no-any-return]

    names = [name for name in inception_score.UNKNOWN if not name.endswith(("_low", "_high"))]

    @cache
    def expected() -> dict[str, float]:
        studies = [measure(2**31 + seed) for seed in range(EXPECTED)]
        means = {name: float(np.mean([study[name] for study in studies])) for name in names}
        return means if effect else {**means, "inception_score_difference": 0.0}

    def draw(seed: int) -> dict[str, Interval]:
        study, truth = measure(seed), expected()
        return {name: (study[f"{name}_low"], truth[name], study[f"{name}_high"]) for name in names}

    setting = f"{n} edited and {m} reference images of {classes} classes"
    setting += f", the edit {effect:+g} in an image's own logit" if effect else ", without effect"
    return Simulation("realness", setting, draw, {})


SIMULATIONS = [
    _classified(40, 80, 20, effect=0.0),
    _classified(40, 80, 20, effect=2.0),
    # As in the paper, with about one image and a half for each class.
    _classified(300, 300, 200, effect=0.0),
    _classified(300, 300, 200, effect=1.0),
]
