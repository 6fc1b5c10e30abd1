"""People's ratings of images, which are an assessor beside the models."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mnemo.assessors.registry import Entry
from mnemo.experiment.settings import MemoryGame
from mnemo.ratings.layouts import GAME
from mnemo.study.sections.base import Name, Section, Shape


class Exclusion(Section):
    """Which series of a memory game are left out, as in GANalyze."""

    missed: float = Field(
        MemoryGame.most_missed,
        ge=0,
        le=1,
        description="Largest share of vigilance repeats that may be missed.",
    )
    false_alarms: float = Field(
        MemoryGame.most_false_alarms,
        ge=0,
        le=1,
        description="Largest share of first presentations that may be taken for repeats.",
    )


class Ratings(Section):
    """Ratings of images of the set fit by people."""

    file: str = Field(
        min_length=1,
        description="CSV, parquet or xlsx file with a row for each image or each answer; or the "
        "folder of a memory game in BIDS. docs/people.md lists the columns.",
    )
    score: str = Field(
        "hit_rate",
        min_length=1,
        description="People's score of an image: hit_rate; true_hit_rate, hit rate minus "
        "false-alarm rate; or the name of a rating in the file.",
    )
    shape: Shape = Field(
        "square", description="Shape of the images that people saw: whole, or the oval of the face."
    )
    others: bool = Field(
        False,
        description="Whether ratings of images that are not in the set fit are left out; they are "
        "a mistake if not.",
    )
    simulated: bool = Field(
        False,
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: not given,
        description="Whether the answers are those of simulated people, which the report then "
        "says; a file that has them is refused if not.",
    )
    exclude: Exclusion | None = Field(
        Exclusion(),  # type: ignore[call-arg]
        description="Whose answers to a memory game are left out; nobody's if null.",
    )

    @property
    def entry(self) -> Entry:
        """What is known of the ratings as of any assessor; nothing bounds a rating."""
        game = self.score in GAME
        of = GAME.get(self.score, f"mean rating of {self.score}")
        by = "simulated people (no real answers)" if self.simulated else "people"
        return Entry(
            description=f"{of} by {by}, of the images of the set fit that they saw; they have "
            "rated no edited image",
            low=None,
            high=None,
            quality="memorable" if game else self.score.replace("_", " "),
            differentiable=False,
            gpu=False,
        )


def apart(given: Any) -> Any:
    """Rewrite a study whose list of assessors says where people's ratings are.

    Args:
        given: A study, in which an assessor may be `{name: people, ratings: file}`, with what else
            `Ratings` has.

    Returns:
        The study with that assessor's name in its place, and the rest under `ratings`.
    """
    listed = given.get("assessors") if isinstance(given, dict) else None
    ratings = given.get("ratings", {}) if isinstance(given, dict) else None
    if not isinstance(listed, list | tuple) or not isinstance(ratings, dict):
        return given
    names, found = [], dict(ratings)
    for each in listed:
        name = each.get("name") if isinstance(each, dict) else None
        if not isinstance(name, str) or name in found or "ratings" not in each:
            names.append(each)
            continue
        names.append(name)
        found[name] = {
            {"ratings": "file"}.get(key, key): value for key, value in each.items() if key != "name"
        }
    return {**given, "assessors": names, **({"ratings": found} if found else {})}


def _name(given: Any) -> Any:
    if isinstance(given, dict):
        raise ValueError(
            "must be a name, or {name: ..., ratings: file} of people's ratings that are not given "
            "under `ratings` too"
        )
    return given


#: The name of an assessor. What else could be said of it in the list has become `ratings`.
AssessorName = Annotated[Name, BeforeValidator(_name)]
