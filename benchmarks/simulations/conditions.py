"""Cosines of a direction with an attribute, and what holding the attribute keeps of it."""

import numpy as np
from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._fits import Score, fits, normals

from mnemo.directions import conditions

_WIDE = "wider than it need be"


def _shared(n: int, d: int, own: Score, attribute: Score, **instead: str) -> Simulation:
    kinds = (own, attribute)

    def draw(seed: int) -> dict[str, Interval]:
        planes = [fit.plane for fit in fits(n, d, kinds, seed)]
        rows = conditions.rows("memorable", planes[0], {"age": planes[1]}, ["age"])
        [found] = [
            dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)
        ]
        first, second = normals(n, d, kinds).transpose(1, 0, 2)
        cosines = (first * second).sum(axis=1)
        truths = {
            "cosine_before": cosines.mean(),
            "cosine_true": attribute.cosine,
            "kept": np.sqrt((1 - cosines**2).mean()),
        }
        return {
            name: (found[f"{name}_low"], truth, found[f"{name}_high"])
            for name, truth in truths.items()
        }

    setting = (
        f"{n:,} images, {d} dimensions, true cosine {attribute.cosine:g}, signals {own.signal:g} "
        f"and {attribute.signal:g}"
    )
    if own.noise:
        setting += f", errors of the scores correlated {own.noise:g}"
    return Simulation("conditions", setting, draw, instead)


SIMULATIONS = [
    _shared(500, 50, Score(0.6), Score(0.6, -0.3)),
    _shared(500, 50, Score(0.6), Score(0.35, -0.3)),
    _shared(1500, 50, Score(0.6), Score(0.2, -0.3)),
    _shared(500, 50, Score(0.6), Score(0.6, 0.0), kept=_WIDE),
    _shared(
        500, 50, Score(0.6, noise=0.8), Score(0.6, 0.9, noise=0.8), cosine_true=_WIDE, kept=_WIDE
    ),
]
