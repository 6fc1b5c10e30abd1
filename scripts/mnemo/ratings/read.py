"""Reading of people's ratings of a set's images, once everything in them is found to be right."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnemo import spreadsheets
from mnemo.errors import MnemoError
from mnemo.ratings.games import RATED, Exclusion, NotPlayedError, answered
from mnemo.ratings.given import Given, opened
from mnemo.ratings.images import Images
from mnemo.ratings.layouts import GAME
from mnemo.ratings.table import HALVES
from mnemo.statistics import reliability
from mnemo.training.layout import RATES

Halves = NDArray[np.floating[Any]]

LOGGER = logging.getLogger(__name__)


def read(
    path: str | Path,
    score: str,
    images: Images,
    *,
    others: bool = False,
    simulated: bool = False,
    exclude: Exclusion | None = Exclusion(),  # noqa: B008
    least: int = 1,
    splits: int = reliability.SPLITS,
    seed: int = 0,
) -> pd.DataFrame:
    """Read people's ratings of a set's images.

    The file has a row for each image, or for each answer; `headings.HEADINGS` says what its columns
    may be called. By image they are `hit_rate` and `false_alarm_rate`, the counts of answers that
    make them, or both; or any rating, under its own name. By answer they are `participant`, `role`
    and `answer` of a memory game, of which the answers to targets and their repeats count; or
    `participant` and a rating, under its own name or as `rating` beside `attribute`.

    Args:
        path: A CSV, .parquet or .xlsx file; or the folder of a memory game in BIDS.
        score: What to take for an image's score: "hit_rate"; "true_hit_rate", hit rate minus
            false-alarm rate (paper 1, table 3); or the name of a rating.
        images: The set's images.
        others: Whether ratings of images that the set lacks are left out; else they are a mistake.
        simulated: Whether answers of simulated people may be among them; else they are a mistake.
        exclude: Whose answers to a memory game are left out; None for nobody's.
        least: Fewest images that must have a score.
        splits: Times that the answers are dealt into two halves.
        seed: Seed of the deals.

    Returns:
        The columns of `table.RATINGS` but for the name of the ratings, a row for each image that
        has a score, in the set's order.

    Raises:
        MnemoError: The file can't be read, or is not right. The message has a line for each kind of
            mistake, with the rows, images and values, and the remedy: a column is missing, unknown
            or there twice; an image is not named, not in the set, or rated twice; a rate is not
            from 0 to 1, or not what its counts make; a count is none; a rating is no number; an
            answer is neither 0 nor 1; a role is unknown. Or fewer images than `least` have a score.
    """
    given = opened(Path(path), score)
    if not simulated and "simulated" in given.cells:
        told = given.cells["simulated"]
        given.wrong(
            "answers of simulated people, since simulated is neither false, 0, no nor empty",
            told.notna() & ~told.astype(str).str.lower().isin(["false", "0", "0.0", "no", ""]),
            "simulated",
            "Set `simulated: true` beside the file, which the report then says, or leave them out.",
        )
    place = given.places(images, others)
    random = np.random.default_rng(seed)
    if "participant" not in given.cells:
        rated = _by_image(given, place, score, splits, random)
    elif score in GAME:
        rated = _by_game(given, place, score, exclude, len(images.keys), splits, random)
    else:
        rated = _by_rating(given, place, len(images.keys), splits, random)
    if given.mistakes:
        raise MnemoError("\n  ".join([f"the ratings in {path} are not right:", *given.mistakes]))
    rated = rated[rated["score"].notna()].sort_index().astype({"answers": "Int64"})
    if rated.empty:
        raise MnemoError(f"{path} rates none of the set's images: give ratings of these.")
    if len(rated) < least:
        raise MnemoError(
            f"{path} rates {len(rated)} of the set's images, and hyperplanes need at least "
            f"{least}: give ratings of more, or lower hyperplanes.folds."
        )
    LOGGER.info("%d of %d images have ratings", len(rated), len(images.keys))
    rated.insert(0, "image", [images.keys[place] for place in rated.index])
    return rated.reset_index(drop=True)


def _by_image(
    given: Given, place: pd.Series, score: str, splits: int, random: np.random.Generator
) -> pd.DataFrame:
    """Lay out a file that has a row for each image."""
    there = place >= 0
    twice = there & place.where(there).duplicated(keep=False)
    given.wrong("images rated twice", twice, "image", "Delete all but one row of an image.")
    numbers = pd.DataFrame(index=given.cells.index)
    if score not in GAME:
        numbers["score"] = given.numbers("rating")
        wrong = there & numbers["score"].isna()
        given.wrong(f"{score} is no number", wrong, "rating", "Correct it, or delete the row.")
        halves = None
    else:
        for rate, of in RATES.items():
            numbers[rate] = _rates(given, rate, *of, there)
        numbers["score"] = _score(numbers, score)
        halves = _halves_of_counts(given, score, there, splits, random)
        if {"hits", "misses"} <= set(given.cells):
            numbers["answers"] = given.numbers("hits") + given.numbers("misses")
    return _rated(numbers[there].set_axis(place[there]), halves)


def _score(rates: pd.DataFrame, score: str) -> "pd.Series[float]":
    """Return the score of images by their rates."""
    falsely = rates["false_alarm_rate"] if score == "true_hit_rate" else 0
    # Rounded, since equal differences of two decimals may differ in the last bit.
    return (rates["hit_rate"] - falsely).round(9)


def _rates(given: Given, rate: str, yes: str, no: str, there: pd.Series) -> pd.Series:
    """Return a rate as it is given, or as its counts make it, and note what is wrong."""
    counted = {yes, no} <= set(given.cells)
    made = pd.Series(np.nan, index=given.cells.index)
    if counted:
        counts = [given.numbers(name) for name in (yes, no)]
        right = pd.Series(True, index=given.cells.index)
        for name, count in zip((yes, no), counts, strict=True):
            fine = count.map(spreadsheets.is_count)
            remedy = "Correct it, or delete the columns of counts."
            given.wrong(f"{name} is not a whole number from 0", there & ~fine, name, remedy)
            right &= fine
        total = counts[0] + counts[1]
        made = (counts[0] / total).where(right & (total > 0))
    if rate not in given.cells:
        if counted:
            nobody = there & right & (total == 0)
            remedy = "Delete the rows of images without answers."
            given.wrong(f"{yes} and {no} are 0", nobody, yes, remedy)
        return made
    value = given.numbers(rate)
    fine = value.map(spreadsheets.is_rate)
    remedy = "Correct it, or delete the row."
    given.wrong(f"{rate} is not a number from 0 to 1", there & ~fine, rate, remedy)
    if counted:
        apart = there & fine & right & ~((made - value).abs() <= spreadsheets.ROUNDING)
        given.mistakes += spreadsheets.line(
            f"{given.path.name}: {rate} is not {yes} / ({yes} + {no})",
            [
                f"row {row} (image {given.cells['image'][row]}: {value[row]:g}, not "
                f"{counts[0][row]:g} / {total[row]:g})"
                for row in value.index[apart]
            ],
            "Correct one or the other.",
        )
    return value


def _halves_of_counts(
    given: Given, score: str, there: pd.Series, splits: int, random: np.random.Generator
) -> Halves | None:
    """Deal counted answers into halves, unless a mistake was found or there are no counts."""
    used = RATES.values() if score == "true_hit_rate" else (RATES["hit_rate"],)
    if given.mistakes or not {name for of in used for name in of} <= set(given.cells):
        return None
    counts = [
        np.column_stack([given.numbers(name)[there].to_numpy(int) for name in of]) for of in used
    ]
    # Of one answer there are no halves.
    enough = np.all([part.sum(axis=1) >= 2 for part in counts], axis=0)
    halves = np.full((2, splits, len(enough)), np.nan)
    halves[:, :, enough] = reliability.halves_of_rates(
        [part[enough] for part in counts], splits, random
    )
    return halves.round(9)


def _by_rating(
    given: Given, place: pd.Series, count: int, splits: int, random: np.random.Generator
) -> pd.DataFrame:
    """Lay out a file that has a row for each rating; one that is empty is none."""
    value = given.numbers("rating")
    there = (place >= 0) & given.cells["rating"].notna()
    wrong = there & value.isna()
    given.wrong("ratings that are no number", wrong, "rating", "Correct it, or delete the row.")
    there &= value.notna()
    _named(given, there)
    at, who = place[there].to_numpy(), pd.factorize(given.cells["participant"][there])[0]
    answers = value[there].to_numpy()
    sides = reliability.sides(int(who.max(initial=-1)) + 1, splits, random)
    by_image = pd.Series(answers).groupby(at)
    numbers = pd.DataFrame({"score": by_image.mean(), "answers": by_image.size()})
    halves = reliability.halves_of_answers(answers, at, who, sides, count)
    return _rated(numbers, halves[:, :, numbers.index].round(9))


def _by_game(
    given: Given,
    place: pd.Series,
    score: str,
    exclude: Exclusion | None,
    count: int,
    splits: int,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Lay out a file that has a row for each answer in a memory game."""
    _named(given, pd.Series(True, index=given.cells.index))
    cells = given.cells.assign(place=place, answer=given.numbers("answer"))
    given.wrong(
        "answers that are neither 0 nor 1",
        ~cells["answer"].isin([0, 1]),
        "answer",
        "Write 1 where the image was taken for a repeat, and 0 where not.",
    )
    try:
        played = answered(cells, exclude)
    except NotPlayedError as why:
        given.wrong(why.what, why.rows, why.column, why.remedy)
        return pd.DataFrame({"score": []})
    played = played[(played["place"] >= 0) & played["role"].isin(RATED)]
    who, people = pd.factorize(played["participant"])
    sides = reliability.sides(len(people), splits, random)
    rates, halves, numbers = {}, {}, pd.DataFrame(index=range(count))
    for rate, role in (("hit_rate", "repeat"), ("false_alarm_rate", "target")):
        chosen = (played["role"] == role).to_numpy()
        answers = played["answer"].to_numpy(float)[chosen]
        at = played["place"].to_numpy()[chosen]
        by_image = pd.Series(answers).groupby(at)
        numbers[rate] = by_image.mean().reindex(numbers.index)
        rates[rate] = by_image.size()
        halves[rate] = reliability.halves_of_answers(answers, at, who[chosen], sides, count)
    numbers["score"] = _score(numbers, score)
    numbers["answers"] = rates["hit_rate"].reindex(numbers.index)
    half = halves["hit_rate"] - (halves["false_alarm_rate"] if score == "true_hit_rate" else 0)
    return _rated(numbers, half.round(9))


def _named(given: Given, there: pd.Series) -> None:
    nobody = there & given.cells["participant"].isna()
    remedy = "Say whose answer it is, or delete the row."
    given.wrong("answers without a participant", nobody, "participant", remedy)


def _rated(numbers: pd.DataFrame, halves: Halves | None) -> pd.DataFrame:
    """Return the columns of `RATINGS` but for the image, indexed by its place in the set."""
    rated = numbers.reindex(columns=["score", "hit_rate", "false_alarm_rate", "answers"])
    for place, name in enumerate(HALVES):
        rated[name] = None if halves is None else list(halves[place].T.astype(np.float32))
    return rated
