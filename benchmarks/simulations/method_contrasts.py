"""Differences between two edits at equal effect, on the same images, over curves that bend."""

from functools import cache

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._responses import Floats

from mnemo.results import method_contrasts
from mnemo.results.responses import Responses
from mnemo.statistics.equal_effect import At

_ALPHAS = np.array([0.0, 1.0, 2.0, 4.0])
#: Mean changes of the score, in standard deviations, and of the image.
_BENT = np.array([0.0, 0.45, 0.75, 1.1])
_CHANGES = np.array([0.0, 0.05, 0.1, 0.25])
_EQUAL: dict[At, float] = {"gain": 0.5, "change": 0.12}
_SCORERS = ("finder", "other", "age")
_ASSESSORS = {"finder": {"confirmed_by": ["other"], "attributes": ["age"]}}
_EDITS = [{"edit": edit, "assessors": _ASSESSORS} for edit in "ab"]
CAUTIOUS = "cautious where most images improve"
NO_GAIN = "no gain that others could confirm: null"


def _images(
    random: np.random.Generator, n: int, gains: tuple[float, float]
) -> dict[str, dict[str, Floats]]:
    """Draw, for each edit, scores, image changes and identity distances, (n, alphas) each.

    What makes an image respond much to one edit makes it respond much to the other.
    """
    own, large, older = random.normal(1, 0.5, n), random.gamma(8, 1 / 8, n), random.normal(0, 1, n)
    unedited = {name: random.normal(10, 1, (n, 1)) for name in _SCORERS}
    shape, edited = (n, len(_ALPHAS)), _ALPHAS > 0
    images = {}
    for edit, gain in zip("ab", gains, strict=True):
        finder = gain * np.outer(own, _BENT) + random.normal(0, 0.3, shape) * edited
        changes = {
            "finder": finder,
            "other": 0.4 * finder + random.normal(0, 0.3, shape) * edited,
            # An edit that raises the score more ages the face more.
            "age": np.outer(0.1 * max(gain, 1) + 0.2 * older, _ALPHAS)
            + random.normal(0, 0.1, shape) * edited,
        }
        images[edit] = {name: unedited[name] + change for name, change in changes.items()}
        images[edit] |= {
            "image": _CHANGES * large[:, np.newaxis] * random.gamma(8, 1 / 8, shape),
            "identity": 3 * np.outer(large, _CHANGES) + random.gamma(4, 0.03, shape) * edited,
        }
    return images


@cache
def _truth(at: At, gains: tuple[float, float]) -> dict[str, float]:
    """Compute the differences of a and b in so many images that they are the true ones."""
    if gains[0] == gains[1]:
        return dict.fromkeys(method_contrasts.ESTIMATES[at], 0.0)
    images = _images(np.random.default_rng(2**32), 1_000_000, gains)
    found = []
    for edit, gain in zip("ab", gains, strict=True):
        alpha = np.interp(_EQUAL[at], gain * _BENT if at == "gain" else _CHANGES, _ALPHAS)
        piece = int(np.searchsorted(_ALPHAS, alpha)) - 1
        share = (alpha - _ALPHAS[piece]) / (_ALPHAS[piece + 1] - _ALPHAS[piece])
        there = {
            name: own[:, piece] + share * (own[:, piece + 1] - own[:, piece])
            for name, own in images[edit].items()
        }
        changes = {name: there[name] - images[edit][name][:, 0] for name in _SCORERS}
        found.append(
            {
                "gain": changes["finder"].mean(),
                "image_change": there["image"].mean(),
                "confirmed_gain": changes["other"].mean() / changes["finder"].mean(),
                "improvement_ratio": np.mean(changes["finder"] > 0),
                "attribute_dependency": np.abs(changes["age"]).mean(),
                "identity_distance": there["identity"].mean(),
            }
        )
    a, b = found
    return {name: a[name] - b[name] for name in method_contrasts.ESTIMATES[at]}


def _long(values: Floats, value: str, edit: str) -> pd.DataFrame:
    n, count = values.shape
    images = np.repeat([f"{image:07d}" for image in range(n)], count)
    place = {"edit": edit, "image": images, "alpha": np.tile(_ALPHAS, n)}
    return pd.DataFrame({**place, value: values.ravel()})


def _compared(n: int, at: At, gains: tuple[float, float], **instead: str) -> Simulation:
    """Compare n images of two edits; 1,000 others give the standard deviations."""

    def draw(seed: int) -> dict[str, Interval]:
        random = np.random.default_rng(seed)
        images = _images(random, n, gains)
        keys = [f"{image:07d}" for image in range(n, n + 1000)]
        scores = [
            _long(own[name], "score", edit).assign(assessor=name)
            for edit, own in images.items()
            for name in _SCORERS
        ]
        fit = [
            pd.DataFrame({"image": keys, "assessor": name, "score": random.normal(size=1000)})
            for name in _SCORERS
        ]
        of_images = {
            name: pd.concat(_long(own[name], value, edit) for edit, own in images.items())
            for name, value in (("image", "image_change"), ("identity", "distance"))
        }
        responses = Responses(
            pd.concat(scores).assign(shape="square"),
            pd.concat(fit).assign(shape="square"),
            of_images["image"],
            _EDITS,
            faces=of_images["identity"],
            gain=_EQUAL["gain"],
            change=_EQUAL["change"],
            resamples=200,
            seed=seed,
        )
        table = method_contrasts.measure(responses, ["ab"])
        rows = table[table["at"] == at].set_index("estimate")
        return {
            name: (rows["low"][name], truth, rows["high"][name])
            for name, truth in _truth(at, gains).items()
        }

    words = "a raises the score more" if gains[0] > gains[1] else "no difference"
    words = words if any(gains) else "no effect"
    return Simulation("method_contrasts", f"{n:,} images, at equal {at}, {words}", draw, instead)


SIMULATIONS = [
    _compared(100, "gain", (1.0, 1.0), improvement_ratio=CAUTIOUS),
    _compared(100, "change", (0.0, 0.0), confirmed_gain=NO_GAIN),
    _compared(100, "gain", (1.3, 0.9), improvement_ratio=CAUTIOUS),
    _compared(100, "change", (1.3, 0.9), improvement_ratio=CAUTIOUS),
]
