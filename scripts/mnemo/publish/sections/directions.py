"""Directions: what edits moved along, how it was found, and how well it was known."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from mnemo.directions.learning.settings import choose
from mnemo.publish import words
from mnemo.publish.finished import Finished
from mnemo.publish.text import cite, code
from mnemo.publish.words import ALPHA, GANALYZE, capital, counted, listing, number

_PLANE = ["space", "assessor", "shape", "threshold", "estimator"]
_ESTIMATES = [f"{name}{end}" for name in ("accuracy", "spearman") for end in ("", "_low", "_high")]
_FITTED = ["cut", "n", "validation", "base_rate", "permutation_p", "regularisation", "layers"]
_MADE = ["name", "method", "hold", "kept", "slope", "slope_low", "slope_high", "foreign", "source"]

Row = dict[Any, Any]


def sentences(study: Finished) -> Iterator[str]:
    """Write the paragraph of a study."""
    made = study.table("directions", [*_MADE, *_PLANE])
    planes = study.table("hyperplanes", [*_PLANE, *_FITTED, *_ESTIMATES])
    normals = made[made["method"] == "hyperplane"]
    # In the order of the directions.
    used = normals[_PLANE].drop_duplicates().merge(planes, on=_PLANE)
    for plane in used.to_dict("records"):
        along = normals[(normals[_PLANE] == [plane[key] for key in _PLANE]).all(axis=1)]
        yield from _hyperplane(study, plane, along.to_dict("records"))
    if len(used):
        yield _tested(study, used)
    if len(planes) > len(used):
        yield (
            f"In all, {counted(len(planes), 'hyperplane was', 'hyperplanes were')} fitted and "
            f"tested in this way, in {_values(planes['space'].map(words.SPACES))}, with the "
            f"{_plural('threshold', planes['threshold'])} {_values(planes['threshold'])}."
        )
    for direction in made[made["method"] == "learned"].to_dict("records"):
        yield from _learned(study, direction)
    for direction in made[made["method"] == "file"].to_dict("records"):
        foreign = ", which was made for another generator or other weights" * direction["foreign"]
        yield (
            f"The direction {code(direction['name'])} in {words.SPACES[direction['space']]} was "
            f"read from the file {code(direction['source'])}{foreign}."
        )


def _values(column: pd.Series) -> str:
    return listing(map(str, column.unique()))


def _plural(word: str, column: pd.Series) -> str:
    return word if column.nunique() == 1 else f"{word}s"


def _hyperplane(study: Finished, plane: Row, along: list[Row]) -> Iterator[str]:
    """Say what a hyperplane separates, what it was fitted on, and which directions it gave."""
    scores, score = words.scores(plane["assessor"], study.ratings)
    cut = f"{plane['threshold']} ({number(plane['cut'])})"
    where = (
        f"on which a regression of the {scores} predicts their {cut}"
        if plane["estimator"] == "ridge"
        else f"that separates images whose {score} is at least the {cut} from the others"
    )
    plain = [code(each["name"]) for each in along if not len(each["hold"])]
    subject = (
        f"The {'direction' if len(plain) == 1 else 'directions'} {listing(plain)} "
        f"{'was' if len(plain) == 1 else 'were'} the unit normal of the hyperplane"
        if plain
        else "Directions were made of the hyperplane"
    )
    yield f"{subject} in {words.SPACES[plane['space']]} {where}."
    chosen = (
        ", chosen by cross-validation within the images of each fit"
        if study.config("hyperplanes.regularisation") == "auto"
        else ""
    )
    yield (
        f"It was fitted to {counted(plane['n'], plane['shape'])} of the fitting set by "
        f"{words.ESTIMATORS[plane['estimator']]}, with an L2 penalty of inverse strength C = "
        f"{number(plane['regularisation'])}{chosen}."
    )
    fit, layers = study.config("sets.fit"), plane["layers"]
    if layers > 1 and not (fit.get("mixing") or fit.get("space") == "w_plus"):
        yield (
            f"Since all {layers} layers of an image have the same w, it was solved as the "
            f"equivalent problem in w, with C multiplied by {layers}; its normal is the same in "
            "every layer."
        )
    for each in along:
        if len(each["hold"]):
            yield _held(study, each)


def _held(study: Finished, direction: Row) -> str:
    """Say how a direction was made to hold attributes constant."""
    names = listing(map(words.short, direction["hold"]))
    many = len(direction["hold"]) > 1
    normals = "normals of the hyperplanes" if many else "normal of the hyperplane"
    how = (
        f"projected onto the orthogonal complement of the {normals} of {names} {cite('shen2020')}"
        if study.corrected
        else f"less its {'projections' if many else 'projection'} onto the {normals} of {names}"
    )
    instead = (
        f" ({study.original} subtracts the projection onto each)"
        if many and study.corrected
        else ""
    )
    return (
        f"To hold {names} constant, the direction {code(direction['name'])} was this normal {how}"
        f"{instead}, which left {number(direction['kept'])} of its length, scaled to unit length."
    )


def _tested(study: Finished, used: pd.DataFrame) -> str:
    """Say how hyperplanes were tested, and how well those that directions are made of did."""
    if (used["validation"] == "holdout").all():
        how = "On the tenth of the images that was held out of the fit"
    else:
        folds, repeats = (study.config(f"hyperplanes.{key}") for key in ("folds", "repeats"))
        times = f"{repeats:,} repetitions of " if repeats > 1 else ""
        how = f"In {times}{folds}-fold cross-validation by seed ({study.original} has one split)"
    said = []
    for plane in used.to_dict("records"):
        _, score = words.scores(plane["assessor"], study.ratings)
        which = f" for the {score} in {plane['space'].replace('_plus', '+')}" * (len(used) > 1)
        aside = [f"guessing the larger class: {number(plane['base_rate'])}"]
        if not pd.isna(plane["permutation_p"]):
            permutations = study.config("hyperplanes.permutations")
            aside.append(
                f"p = {number(plane['permutation_p'])} by "
                f"{counted(permutations, 'permutation')} of the labels"
            )
        if plane["estimator"] == "ridge":
            ranks = words.estimate(plane, "spearman", study.confidence)
            aside.append(f"rank correlation of prediction and {score}: {ranks}")
        accuracy = words.estimate(plane, "accuracy", study.confidence)
        said.append(f"{accuracy}{which} ({'; '.join(aside)})")
    return (
        f"{how}, the share of held-out images on the right side of the hyperplane was "
        f"{listing(said)}."
    )


def _learned(study: Finished, direction: Row) -> Iterator[str]:
    """Say how a direction was learned."""
    name = direction["name"]
    given = next(each for each in study.config("directions") if each["name"] == name)
    changed = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in (given.get("learning") or {}).items()
        if value is not None and key != "at_once"
    }
    preset = given.get("preset") or study.config("preset")
    settings = choose(preset, space=given["space"], **changed)
    curve = study.table("learning", ["direction", "restart", "images"])
    images = curve[curve["direction"] == name].groupby("restart")["images"].max()
    yield (
        f"The direction {code(name)} was learned in {words.SPACES[direction['space']]} as in "
        f"{GANALYZE}: with generator and assessor fixed, Adam {cite('kingma2015')} minimised the "
        f"squared difference between {ALPHA} and the change of the score by "
        f"{words.short(direction['assessor'])}, with {ALPHA} drawn uniformly from "
        f"{' to '.join(map(number, settings.alphas))}, on {counted(images.sum(), 'latent')} in "
        f"batches of {settings.batch:,}."
    )
    if len(images) > 1:
        yield (
            f"Of {counted(len(images), 'start')}, that with the smallest loss on "
            f"{counted(settings.held_out, 'held-out latent')} was kept."
        )
    kept = {
        "nothing": "moved latents were not scaled back to their length",
        "norm": "each moved latent was scaled back to its length",
        "batch_norm": "each batch of moved latents was scaled back to its length",
    }[settings.kept]
    clipped = "scores were clipped" if settings.clipped else "scores were not clipped"
    if settings.kept == "nothing" or not settings.clipped:
        yield f"{capital(kept)} and {clipped}; GANalyze's code does both."
    else:
        yield f"As in GANalyze's code, {kept} and {clipped}."
    yield (
        f"Along this direction, {ALPHA} is in the unit of the score: on other latents, the score "
        f"rose by {words.estimate(direction, 'slope', study.confidence)} for each unit of {ALPHA}."
    )
