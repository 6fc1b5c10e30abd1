"""Identity of persons whose embeddings are normal, of edits that move, shrink and blur them."""

from functools import cache
from typing import NamedTuple

import numpy as np
from benchmarks.simulations import Interval, Simulation
from scipy import special, stats

from mnemo.results import identity

# Of dlib's network; one in seven pairs of persons is nearer, as in the default study.
THRESHOLD, CHANCE = 0.6, 0.15
# Dimensions in which the persons differ, and how much they do in each.
DIMENSIONS = 8
SPREAD = THRESHOLD / np.sqrt(2 * stats.chi2.ppf(CHANCE, DIMENSIONS))
RATE = 0.01
ESTIMATES = (
    *("distance", "accepted", "accepted_bound", "impostor", "alike", "rank_one", "auc"),
    "accepted_own",
)


class Edit(NamedTuple):
    """What an edit does to an embedding: shrink it, move it by a vector, and add noise; or lose it.

    Attributes:
        shrink: Factor of a person's difference from the mean person.
        moved: Length of the vector.
        noise: Standard deviation of the noise.
        lost: Share of the faces that are lost, at random.
    """

    shrink: float
    moved: float
    noise: float
    lost: float


def _distance(variance: float, moved: float) -> stats.rv_continuous:
    """Return the distribution of a squared distance in units of its variance."""
    return stats.ncx2(DIMENSIONS, moved**2 / variance)


@cache
def _truth(edit: Edit, gallery: int) -> dict[str, float]:
    """Compute what the estimates should be, of infinitely many persons."""
    own = (1 - edit.shrink) ** 2 * SPREAD**2 + edit.noise**2
    other = (1 + edit.shrink**2) * SPREAD**2 + edit.noise**2
    between = 2 * (edit.shrink**2 * SPREAD**2 + edit.noise**2)
    limit = THRESHOLD**2
    accepted = _distance(own, edit.moved).cdf(limit / own)
    unedited = stats.chi2(DIMENSIONS, scale=2 * SPREAD**2)
    shape = -(edit.moved**2) / (2 * own)
    middle = (np.arange(20_000) + 0.5) / 20_000
    impostors = _distance(other, edit.moved).ppf(middle) * other
    # Of an edited face, the others of the gallery are further than its own with this probability.
    random = np.random.default_rng(0)
    person = random.normal(0, SPREAD, (100_000, DIMENSIONS))
    edited = edit.shrink * person + random.normal(0, edit.noise, person.shape)
    edited[:, 0] += edit.moved
    nearer = stats.ncx2(DIMENSIONS, (edited**2).sum(axis=1) / SPREAD**2)
    beaten = nearer.cdf(((edited - person) ** 2).sum(axis=1) / SPREAD**2)
    return {
        "distance": np.sqrt(2 * own)
        * special.poch(DIMENSIONS / 2, 0.5)
        * special.hyp1f1(-0.5, DIMENSIONS / 2, shape),
        "accepted": accepted,
        "accepted_bound": (1 - edit.lost) * accepted,
        "impostor": _distance(other, edit.moved).cdf(limit / other),
        "alike": stats.chi2(DIMENSIONS).cdf(limit / between),
        "rank_one": np.mean((1 - beaten) ** (gallery - 1)),
        "auc": np.mean(_distance(own, edit.moved).cdf(impostors / own)),
        "accepted_own": _distance(own, edit.moved).cdf(unedited.ppf(RATE) / own),
    }


def _persons(n: int, name: str, edit: Edit, **instead: str) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        random = np.random.default_rng(seed)
        keys = [f"{image:07d}" for image in range(n)]
        person = random.normal(0, SPREAD, (n, DIMENSIONS))
        edited = edit.shrink * person + random.normal(0, edit.noise, person.shape)
        edited[:, 0] += edit.moved
        edited[random.random(n) < edit.lost] = np.nan
        table = identity.measure(
            {0.0: (keys, person), 1.0: (keys, edited)},
            threshold=THRESHOLD,
            false_accept_rate=RATE,
        )
        row, truth = table.set_index("alpha").loc[1.0], _truth(edit, n)
        return {each: (row[f"{each}_low"], truth[each], row[f"{each}_high"]) for each in ESTIMATES}

    return Simulation("identity", f"{n:,} persons, {name}", draw, instead)


UNEDITED, SMALL, LARGE = Edit(1, 0, 0.01, 0), Edit(0.9, 0.15, 0.12, 0), Edit(0.7, 0.2, 0.13, 0.1)
OTHERS = Edit(0.3, 0.75, 0.08, 0.5)
# As the descriptions of the columns have it.
ALL = "up to 100 %: every face keeps its identity, in each study"
FEW = "83 to 100 %: fewer than five faces are in the share"
SIMULATIONS = [
    _persons(
        *(80, "almost as at alpha 0", UNEDITED),
        **dict.fromkeys(("accepted", "accepted_bound", "rank_one", "auc", "accepted_own"), ALL),
    ),
    _persons(80, "edited a little", SMALL),
    _persons(80, "edited much, a tenth of the faces lost", LARGE),
    _persons(300, "edited much, a tenth of the faces lost", LARGE),
    _persons(
        *(80, "edited beyond recognition, half of the faces lost", OTHERS),
        **dict.fromkeys(("accepted_bound", "accepted_own"), FEW),
    ),
]
