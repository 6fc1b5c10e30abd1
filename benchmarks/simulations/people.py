"""People's answers: slopes of models of them, rates of images and of alphas, and consistency."""

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from scipy import special

from mnemo.results.people import consistency, human_models, memorability, rates
from mnemo.statistics import reliability

_ALPHAS = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])
_NAMED = {"experiment": "game", "kind": "memory-game", "edit": "memorable"}


def _answers(participant: object, image: object, alpha: object, hit: object) -> pd.DataFrame:
    """Lay out the repeats of a memory game."""
    columns = {"participant": participant, "image": image, "alpha": alpha, "correct": hit}
    return pd.DataFrame(columns).assign(**_NAMED, role="repeat", lag=80, simulated=True)


def _slope(
    participants: int, targets: int, seeds: int, slope: float, spread: float = 1
) -> Simulation:
    """A model of hits; participants and images differ by 0.8 and 0.6 log odds times the spread."""

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        participant = np.repeat(np.arange(participants), targets)
        image = generator.random((participants, seeds)).argsort(axis=1)[:, :targets].ravel()
        alpha = generator.integers(len(_ALPHAS), size=len(image))
        own = spread * generator.normal(0, 0.8, participants)
        memorable = spread * generator.normal(0, 0.6, (seeds, len(_ALPHAS)))
        odds = 0.6 + slope * _ALPHAS[alpha] + own[participant] + memorable[image, alpha]
        hit = generator.random(len(image)) < special.expit(odds)
        table = human_models.measure(_answers(participant, image, _ALPHAS[alpha], hit))
        [row] = table.to_dict("records")
        ends = row["standardised_low"], row["standardised_high"]
        # The mean over studies, whose alphas differ a little.
        standardised = slope * float(_ALPHAS.std())
        return {
            "slope": (row["low"], slope, row["high"]),
            "standardised": (ends[0], standardised, ends[1]),
        }

    setting = f"{participants} participants, {targets} targets each, of {seeds:,} seeds"
    setting += f" at 5 alphas, slope {slope:g}"
    if not spread:
        setting += ", participants and images alike"
    return Simulation("human_models", setting, draw, {})


def _rate(n: int, share: float, role: str = "repeat", **instead: str) -> Simulation:
    """An image's hit rate or false-alarm rate, with participants who differ by 0.8 log odds."""
    again = role == "repeat"
    name = "hit_rate" if again else "false_alarm_rate"
    nodes, weights = np.polynomial.hermite_e.hermegauss(50)
    truth = float(special.expit(special.logit(share) + 0.8 * nodes) @ weights / weights.sum())

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        odds = special.logit(share) + generator.normal(0, 0.8, n)
        right = (generator.random(n) < special.expit(odds)) == again
        answers = _answers(np.arange(n), "0000000", 0.1, right).assign(role=role)
        [row] = memorability.measure(answers).to_dict("records")
        return {name: (row[f"{name}_low"], truth, row[f"{name}_high"])}

    setting = f"{n} answers, {name.replace('_', ' ')} {truth:.2f}, participants differ"
    return Simulation("memorability", setting, draw, instead)


def _by_alpha(
    measure: str, participants: int, targets: int, seeds: int, spread: float = 1, **instead: str
) -> Simulation:
    """A measure at alpha 0.2, and its difference from alpha 0; what differs as for `_slope`.

    At first presentations, participants differ by 0.6 log odds, and images by 0.3.
    """
    kind = "forced-choice" if measure == "correct" else "memory-game"
    alphas = np.array([0.0, 0.2])
    # Log odds at both alphas, and how participants and images differ, of each role.
    known = {
        "repeat": (0.6 + 1.92 * alphas, 0.8 * spread, 0.6 * spread),
        "target": (np.full(2, -2.2), 0.6 * spread, 0.3 * spread),
    }
    if kind == "forced-choice":
        known = {"target": (1.2 - 0.08 * alphas, 0.8 * spread, 0.6 * spread)}
    roles = rates.MEASURES[kind][measure]
    nodes, weights = np.polynomial.hermite_e.hermegauss(50)
    shares = {
        role: special.expit(known[role][0][:, None] + np.hypot(*known[role][1:]) * nodes)
        @ (weights / weights.sum())
        for role in roles
    }
    truth = shares["repeat"] - shares["target"] if len(roles) > 1 else shares[roles[0]]

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        participant = np.repeat(np.arange(participants), targets)
        image = generator.random((participants, seeds)).argsort(axis=1)[:, :targets].ravel()
        # An image has five alphas, of which the answers to two are measured.
        alpha = generator.integers(len(_ALPHAS), size=len(image))
        kept = alpha < len(alphas)
        participant, image, alpha = participant[kept], image[kept], alpha[kept]
        parts = []
        for role in roles:
            odds, people, images = known[role]
            own = generator.normal(0, people, participants)[participant]
            memorable = generator.normal(0, images, (seeds, 2))[image, alpha]
            yes = generator.random(len(image)) < special.expit(odds[alpha] + own + memorable)
            right = yes if role == "repeat" or kind == "forced-choice" else ~yes
            parts.append(_answers(participant, image, alphas[alpha], right).assign(role=role))
        table = rates.measure(pd.concat(parts).assign(kind=kind))
        [row] = table[(table["measure"] == measure) & (table["alpha"] > 0)].to_dict("records")
        return {
            name: (row[f"{name}_low"], value, row[f"{name}_high"])
            for name, value in (("rate", truth[1]), ("difference", truth[1] - truth[0]))
        }

    setting = f"{measure}: {participants} participants, {targets} targets each, of {seeds:,} "
    setting += f"seeds at 5 alphas, rate {truth[1]:.2f}, difference {truth[1] - truth[0]:z.2f}"
    if not spread:
        setting += ", participants and images alike"
    return Simulation("human_rates", setting, draw, instead)


def _consistency(participants: int, images: int, spread: float) -> Simulation:
    """Participants who all see all images; the truth is that of as many images as can be drawn."""
    others = 4_000

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        own = generator.normal(0, 0.8, participants)

        def hits(count: int) -> np.ndarray:
            memorable = generator.normal(0, spread, (count, 1))
            return generator.random((count, participants)) < special.expit(0.6 + own + memorable)

        def frame(hit: np.ndarray) -> pd.DataFrame:
            image, participant = (each.ravel() for each in np.indices(hit.shape))
            return _answers(participant, image, 0.1, hit.ravel())

        [row] = consistency.measure(frame(hits(images))).to_dict("records")
        hit = hits(others)
        image, participant = (each.ravel() for each in np.indices(hit.shape))
        sides = reliability.sides(participants, reliability.SPLITS, np.random.default_rng(0))
        halves = reliability.halves_of_answers(
            hit.ravel().astype(float), image, participant, sides, others
        )
        truth = reliability.consistency(halves)
        stepped = float(reliability.spearman_brown(np.array(truth)))
        return {
            name: (row[f"{name}_low"], value, row[f"{name}_high"])
            for name, value in (("consistency", truth), ("reliability", stepped))
        }

    differ = f"images differ by {spread:g} log odds" if spread else "images alike"
    setting = f"{participants} participants, {images} images, {differ}"
    return Simulation("consistency", setting, draw, {})


_FEW = "covers more or less than it claims with few answers"

SIMULATIONS = [
    _slope(20, 30, 150, 1.92),
    _slope(20, 30, 150, 0.0),
    _slope(20, 30, 150, 0.0, spread=0),
    _slope(10, 60, 60, 6.0),
    _slope(100, 60, 400, 1.92),
    _rate(3, 0.65, hit_rate=_FEW),
    _rate(20, 0.65, hit_rate=_FEW),
    _rate(80, 0.65),
    _rate(20, 0.1, role="target", false_alarm_rate=_FEW),
    _rate(80, 0.1, role="target"),
    *(_by_alpha(measure, 20, 60, 1500) for measure in rates.MEASURES["memory-game"]),
    *(_by_alpha(measure, 20, 60, 60) for measure in rates.MEASURES["memory-game"]),
    *(_by_alpha(measure, 100, 60, 300) for measure in rates.MEASURES["memory-game"]),
    _by_alpha("hit_rate", 20, 60, 1500, spread=0),
    _by_alpha("hit_rate", 400, 60, 200),
    _by_alpha("correct", 20, 80, 1500),
    _by_alpha("correct", 20, 80, 80),
    _by_alpha("correct", 100, 80, 400),
    _consistency(20, 100, 0.6),
    _consistency(20, 100, 0.0),
]
