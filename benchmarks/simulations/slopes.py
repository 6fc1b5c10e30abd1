"""Slopes over alpha: of this direction, and of directions fitted on other images."""

from functools import cache

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._fits import Numbers, Score, draw_latents, fits, normals

from mnemo.results import slopes

_ALPHAS = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
_WEIGHTS = _ALPHAS / (_ALPHAS @ _ALPHAS)


def frame(values: Numbers, alphas: Numbers, assessor: str = "resmem") -> pd.DataFrame:
    """Lay the (images, alphas) scores of an edit out as a table."""
    images = np.repeat([f"{image:07d}" for image in range(len(values))], len(alphas))
    columns = {"image": images, "alpha": np.tile(alphas, len(values)), "score": values.ravel()}
    return pd.DataFrame({"edit": "memorable", "assessor": assessor, "shape": "square", **columns})


def _few(n: int, alphas: list[float], own: float, **instead: str) -> Simulation:
    """Few images, whose slopes differ by `own`, scored with noise."""

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        each = 1 + own * generator.standard_normal((n, 1))
        noise = generator.standard_normal((n, len(alphas)))
        scores = generator.standard_normal((n, 1)) + each * np.array(alphas) + noise
        [found] = slopes.measure(frame(scores, np.array(alphas))).to_dict("records")
        return {"slope": (found["low"], 1.0, found["high"])}

    unlike = f"images' slopes differ by {own:g}" if own else "images respond alike"
    return Simulation("slopes", f"{n} images, {len(alphas)} alphas, {unlike}", draw, instead)


def _fitted(
    n: int,
    d: int,
    own: Score,
    scored: Score | None,
    response: str = "linear",
    *,
    falling: bool = False,
    **instead: str,
) -> Simulation:
    """100 images along a normal; `scored` is another assessor's score, None the normal's own."""
    kinds = (own,) if scored is None else (own, scored)
    gradient = kinds[-1].gradient(d)

    def respond(latents: Numbers, normal: Numbers) -> Numbers:
        moved = (latents @ gradient)[:, np.newaxis] + (normal @ gradient) * _ALPHAS
        return kinds[-1].response(moved)

    @cache
    def truth() -> float:
        latents = draw_latents(2000, d, np.random.default_rng([0, 2]), falling)
        along = normals(n, d, kinds, falling)[:, 0]
        return float(np.mean([(respond(latents, normal) @ _WEIGHTS).mean() for normal in along]))

    def draw(seed: int) -> dict[str, Interval]:
        found = fits(n, d, kinds, seed, falling)
        generator = np.random.default_rng([seed, 3])
        scores = respond(draw_latents(100, d, generator, falling), found[0].plane.normal)
        measured = slopes.measure(
            frame(scores + 0.3 * generator.standard_normal(scores.shape), _ALPHAS),
            direction=found[0].plane.fits,
            gradients={("resmem", "square"): found[-1].gradients},
        )
        [row] = measured.to_dict("records")
        return {"slope_fit": (row["low_fit"], truth(), row["high_fit"])}

    of = "the normal's own score" if scored is None else f"a score at a cosine of {scored.cosine:g}"
    space = f"{d} dimensions" + (" of variances 1, 1/2, …" if falling else "")
    setting = f"normals of {n:,} images, {space}"
    setting += f", {of}, {response} response, 100 images edited"
    return Simulation("slopes", setting, draw, instead)


def _saturating(values: Numbers) -> Numbers:
    return np.tanh(values)


def _quadratic(values: Numbers) -> Numbers:
    return values + 0.2 * values**2


_OTHER = Score(0.6, 0.6)

SIMULATIONS = [
    _few(5, [-4, -2, 0, 2, 4], 0.5),
    _few(10, [-4, -2, 0, 2, 4], 0.5),
    _few(100, [-4, -2, 0, 2, 4], 0.5),
    _few(5, [-2, 2], 0),
    _few(10, [-4, -2, 0, 2, 4], 0, slope="wider than it need be"),
    _fitted(500, 50, Score(0.6), None),
    _fitted(500, 50, Score(0.6), _OTHER),
    _fitted(500, 50, Score(0.6), Score(0.6, 0.0)),
    _fitted(
        500,
        50,
        Score(0.6),
        _OTHER._replace(response=_saturating),
        "saturating",
        slope_fit="wider than it need be",
    ),
    _fitted(500, 50, Score(0.6), _OTHER._replace(response=_quadratic), "quadratic"),
    _fitted(500, 50, Score(2, even=True), None, falling=True),
    _fitted(
        500,
        50,
        Score(2, even=True),
        Score(2, 0.6, even=True),
        falling=True,
        slope_fit="covers 74 to 95 %: latents of very unequal variances",
    ),
]
