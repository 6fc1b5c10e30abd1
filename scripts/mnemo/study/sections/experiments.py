"""Experiments with people, whose images are a study's edits."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    StrictInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from mnemo.experiment.settings import KINDS, Kind, Settings, names
from mnemo.study.sections.base import Name, Section, unique
from mnemo.study.sections.edits import unnameable


def _nameable(alpha: float | None) -> float | None:
    if alpha is not None and (wrong := unnameable((alpha,))):
        raise ValueError("; ".join(wrong))
    return alpha


class Simulated(Section):
    """Simulated participants, to try an experiment and its analysis without people."""

    participants: PositiveInt = Field(description="Number of simulated participants.")
    series: PositiveInt = Field(1, description="Series that each plays, at most.")
    slope: float = Field(
        0,
        description="How much better they answer at a higher alpha: the increase in log odds of a "
        "correct answer for an increase of alpha by 1.",
    )
    assessor: Name | None = Field(
        None,
        description="Assessor of the study whose scores their memory follows, besides alpha; none "
        "if absent.",
    )
    strength: float = Field(
        1.0,
        description="How closely: the increase in log odds of a correct answer for a score that is "
        "higher by a standard deviation of the images' scores.",
    )
    inattentive: float = Field(
        0, ge=0, le=1, description="Share of them who always answer the same."
    )
    seed: NonNegativeInt = Field(0, description="Seed of their answers.")


class Exclude(Section):
    """Which series the analysis leaves out, where that differs from the experiment's settings."""

    most_missed: float | None = Field(
        None, ge=0, le=1, description="Largest share of vigilance repeats that may be missed."
    )
    most_false_alarms: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Largest share of first presentations that may be taken for repeats.",
    )
    least_correct: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Least share of vigilance pairs of a forced choice that must be right.",
    )


class Experiment(Section):
    """An experiment with people, which an edit's images are shown in."""

    kind: Kind = Field(
        description="memory-game, the visual memory game: is an image recognised when it comes "
        "again? forced-choice: which image of a pair is the generated one, not the photograph? "
        "(GANalyze, 3.4 and 3.3.2)"
    )
    edit: Name = Field(description="Edit whose images are tested.")
    alphas: Annotated[tuple[float, ...] | None, AfterValidator(unique)] = Field(
        None, min_length=1, description="Alphas of the edit that are shown; all if absent."
    )
    settings: dict[str, bool | int | float | tuple[StrictInt, StrictInt]] = Field(
        {},
        description="What differs from the paper's design, such as most_series: 2; "
        "docs/experiments.md lists the settings.",
    )
    photographs: str | None = Field(
        None,
        min_length=1,
        description="Folder of the photographs of a forced choice; for a generator with several "
        "classes, with a folder for each, by its name or index.",
    )
    vigilance_alpha: Annotated[float | None, AfterValidator(_nameable)] = Field(
        None,
        description="Alpha at which the edit moves the images of the set vigilance, so far that "
        "they are easily recognised as generated; they are not edited if absent.",
    )
    seed: NonNegativeInt = Field(0, description="Seed of all that is drawn at random.")
    answers: str | None = Field(
        None,
        min_length=1,
        description="Answers of people: the folder, or its trials.parquet, that `python -m "
        "mnemo.experiment export` wrote.",
    )
    exclude: Exclude = Field(
        Exclude(),  # type: ignore[call-arg]
        description="Which series the analysis leaves out, where that differs from the settings, "
        "by which participants were blocked. It changes no stimuli.",
    )
    simulated: Simulated | None = Field(
        None, description="Simulated participants, in place of people's answers."
    )

    @model_validator(mode="after")
    def _possible(self) -> "Experiment":
        known = names(self.kind)
        if unknown := sorted(set(self.settings) - set(known)):
            raise ValueError(
                f"settings: the {self.kind} has no {', '.join(unknown)}; known: {', '.join(known)}"
            )
        usual = KINDS[self.kind]()
        for key, value in self.settings.items():
            if isinstance(value, bool) and not isinstance(getattr(usual, key), bool):
                raise ValueError(f"settings: {key}: true and false are not allowed here")
        try:
            made = self.design
        except ValidationError as invalid:
            wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in invalid.errors()]
            raise ValueError(f"settings: {'; '.join(wrong)}") from None
        wrong = [*made.mistakes()]
        if self.answers and self.simulated:
            wrong.append("give either answers or simulated")
        if (self.photographs is not None) != (self.kind == "forced-choice"):
            wrong.append("a forced choice needs photographs, and a memory game has none")
        if self.vigilance_alpha is not None and self.kind != "forced-choice":
            wrong.append("vigilance_alpha is for a forced choice")
        if self.simulated and self.simulated.series > made.most_series:
            wrong.append(
                f"simulated.series {self.simulated.series} is above most_series {made.most_series}"
            )
        wrong += [f"exclude: the {self.kind} has no {key}" for key in {*self.limits} - {*known}]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def limits(self) -> dict[str, Any]:
        """The limits of valid series that differ from the settings."""
        return self.exclude.model_dump(exclude_none=True)

    @cached_property
    def design(self) -> Settings:
        """The paper's settings, with what differs from them."""
        given: dict[str, Any] = dict(self.settings)
        return TypeAdapter(KINDS[self.kind]).validate_python(given)

    @property
    def answered(self) -> bool:
        """Whether there are answers to analyse."""
        return self.answers is not None or self.simulated is not None
