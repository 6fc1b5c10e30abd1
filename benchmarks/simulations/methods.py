"""Methods at equal effect: images that respond each in its own way, over curves that bend."""

from functools import cache

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._responses import Floats

from mnemo.results import methods
from mnemo.results.responses import Responses

_ALPHAS = np.array([0.0, 1.0, 2.0, 4.0])
#: Mean changes of the score, in standard deviations, and of the image.
_BENT = np.array([0.0, 0.45, 0.75, 1.1])
_CHANGES = np.array([0.0, 0.05, 0.1, 0.25])
_GAIN, _CHANGE, _THRESHOLD = 0.5, 0.12, 0.4
_SCORERS = ("finder", "other", "age")
_EDIT = {
    "edit": "e",
    "direction": "d",
    "method": "hyperplane",
    "estimator": "logistic",
    "found_with": "finder",
    "assessors": {"finder": {"confirmed_by": ["other"], "attributes": ["age"]}},
}
CAUTIOUS, NO_GAIN = "a little cautious", "no gain that others could confirm: null"


def _images(random: np.random.Generator, n: int, effect: float) -> dict[str, Floats]:
    """Draw scores, image changes and identity distances of n images, (n, alphas) each."""
    own = random.normal(1, 0.5, (n, 1))
    shape = n, len(_ALPHAS)
    edited = _ALPHAS > 0
    finder = effect * own * _BENT + random.normal(0, 0.3, shape) * edited
    other = 0.4 * finder + random.normal(0, 0.3, shape) * edited
    age = random.normal(0.1, 0.2, (n, 1)) * _ALPHAS + random.normal(0, 0.1, shape) * edited
    large = random.gamma(8, 1 / 8, (n, 1))
    return {
        "finder": random.normal(10, 1, (n, 1)) + finder,
        "other": random.normal(10, 1, (n, 1)) + other,
        "age": random.normal(30, 1, (n, 1)) + age,
        "image": _CHANGES * large * random.gamma(8, 1 / 8, shape),
        "identity": 3 * _CHANGES * large + random.gamma(4, 0.03, shape) * edited,
    }


@cache
def _truth(at: str, effect: float) -> dict[str, float]:
    """Compute what the estimates should be, of so many images that they are the true ones."""
    images = _images(np.random.default_rng(2**32), 1_000_000, effect)
    means, wanted = (effect * _BENT, _GAIN) if at == "gain" else (_CHANGES, _CHANGE)
    alpha = float(np.interp(wanted, means, _ALPHAS))
    piece = int(np.searchsorted(_ALPHAS, alpha)) - 1
    share = (alpha - _ALPHAS[piece]) / (_ALPHAS[piece + 1] - _ALPHAS[piece])

    def line(values: Floats) -> Floats:
        there: Floats = values[:, piece] + share * (values[:, piece + 1] - values[:, piece])
        return there

    changes = {name: line(images[name]) - images[name][:, 0] for name in _SCORERS}
    gain = changes["finder"].mean()
    return {
        "alpha": alpha,
        "gain": gain,
        "confirmed_gain": changes["other"].mean() / gain,
        "relative_gain": gain / 10,
        "improvement_ratio": np.mean(changes["finder"] > 0),
        "image_change": line(images["image"]).mean(),
        "identity_distance": line(images["identity"]).mean(),
        "accepted": np.mean(line(images["identity"]) < _THRESHOLD),
        "attribute_dependency": np.abs(changes["age"]).mean(),
    }


def _long(values: Floats, value: str) -> pd.DataFrame:
    n, count = values.shape
    images = np.repeat([f"{image:07d}" for image in range(n)], count)
    place = {"edit": "e", "image": images, "alpha": np.tile(_ALPHAS, n)}
    return pd.DataFrame({**place, value: values.ravel()})


def _compared(n: int, fitted: int, at: str, effect: float, **instead: str) -> Simulation:
    """Compare n images of an edit; `fitted` others give the standard deviations."""

    def draw(seed: int) -> dict[str, Interval]:
        random = np.random.default_rng(seed)
        images = _images(random, n, effect)
        named = {"shape": "square"}
        keys = [f"{image:07d}" for image in range(n, n + fitted)]
        scores = [_long(images[name], "score").assign(assessor=name) for name in _SCORERS]
        fit = [
            pd.DataFrame({"image": keys, "assessor": name, "score": random.normal(0, 1, fitted)})
            for name in _SCORERS
        ]
        responses = Responses(
            pd.concat(scores).assign(**named),
            pd.concat(fit).assign(**named),
            _long(images["image"], "image_change"),
            [_EDIT],
            faces=_long(images["identity"], "distance"),
            gain=_GAIN,
            change=_CHANGE,
            threshold=_THRESHOLD,
            resamples=200,
            seed=seed,
        )
        table = methods.measure(responses)
        row, given = table.set_index("at").loc[at], {"gain": "gain", "change": "image_change"}[at]
        return {
            name: (row[f"{name}_low"], truth, row[f"{name}_high"])
            for name, truth in _truth(at, effect).items()
            if name != given
        }

    words = "bent response" if effect else "no effect"
    setting = f"{n:,} images, {fitted:,} unedited, at equal {at}, {words}"
    return Simulation("methods", setting, draw, instead)


SIMULATIONS = [
    _compared(100, 1000, "gain", 1.0),
    _compared(100, 1000, "change", 1.0, accepted=CAUTIOUS),
    _compared(100, 1000, "change", 0.0, accepted=CAUTIOUS, confirmed_gain=NO_GAIN),
    _compared(2500, 10_000, "gain", 1.0),
]
