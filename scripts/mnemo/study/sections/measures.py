"""What is measured of edits, and how."""

from typing import Annotated

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveFloat, model_validator

from mnemo.features.registry import IDENTITY, REALNESS
from mnemo.study.sections.base import Name, Section, known, unique

#: What names the study's own photographs as the reference of realness, and no folder.
OWN = "photos"


class Realness(Section):
    """How realness is measured."""

    features: Annotated[str, known("feature extractor", REALNESS)] = Field(
        "resnet152", description="Feature extractor.", json_schema_extra={"enum": list(REALNESS)}
    )
    groups: int = Field(
        20, ge=5, le=100, description="Groups of images that the jackknife leaves out in turn."
    )
    neighbours: int = Field(
        5,
        ge=1,
        le=100,
        description="Nearest neighbours that an image's ball reaches to, for precision, recall, "
        "density and coverage.",
    )
    reference: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Photographs that realness is measured against beside the generator's own "
        "images: the path of a folder, whose pictures are cut to the centre and resized to what "
        "the generator renders; or photos, those of the section photos, as they are aligned; the "
        "generator's own images alone if null.",
    )

    @property
    def extractors(self) -> tuple[str, ...]:
        """The extractors of what realness is measured on: features, and logits where there are."""
        logits = REALNESS[self.features].logits
        return (self.features, logits) if logits else (self.features,)

    @property
    def folder(self) -> str | None:
        """The folder of photographs that realness is measured against, if it is against one."""
        return None if self.reference == OWN else self.reference

    @property
    def references(self) -> tuple[str, ...]:
        """What realness is measured against, as the table names it."""
        photographs = {None: (), OWN: ("photos",)}.get(self.reference, ("folder",))
        return "generator", *photographs


class Identity(Section):
    """Whether an edited face is still that of the same person."""

    features: Annotated[str, known("face-recognition network", IDENTITY)] = Field(
        "dlib-face",
        description="Face-recognition network whose embeddings are compared.",
        json_schema_extra={"enum": list(IDENTITY)},
    )
    threshold: PositiveFloat | None = Field(
        None,
        description="Distance of two embeddings below which the faces are one person's; by default "
        "the network's published one: "
        + "; ".join(
            f"{f'{each.threshold:g}' if each.threshold else 'none'} for {name}"
            for name, each in IDENTITY.items()
        )
        + ". Without one, what needs it is null.",
    )
    false_accept_rate: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Share of pairs of different unedited faces below the generator's own "
        "threshold, which is found from this share.",
    )

    @model_validator(mode="after")
    def _with_threshold(self) -> "Identity":
        """Give a network its published threshold, where there is one and the study has none."""
        if self.threshold is None:
            # The section is frozen from here on.
            self.__dict__["threshold"] = IDENTITY[self.features].threshold
        return self


class Statistics(Section):
    """Intervals and their randomness."""

    confidence: float = Field(0.95, gt=0.5, lt=1, description="Confidence of every interval.")
    resamples: int = Field(1000, ge=100, description="Bootstrap resamples.")
    seed: NonNegativeInt = Field(0, description="Seed of folds, resamples and shuffles.")


class Calibration(Section):
    """Changes of score for which the study looks for an alpha."""

    changes: Annotated[tuple[float, ...], AfterValidator(unique)] = Field(
        (-0.5, 0.5),
        description="Wanted changes of the mean score against alpha 0, by the assessor that an "
        "edit's direction was found with, in standard deviations of its scores of the set fit; "
        "in_units has changes in the score's own unit.",
    )
    in_units: dict[Name, Annotated[tuple[float, ...], AfterValidator(unique)]] = Field(
        {},
        description="Wanted changes in an assessor's own unit, such as years of age, by assessor.",
    )


class Figures(Section):
    """What the figures show."""

    strips: int = Field(
        6,
        ge=1,
        le=50,
        description="Images in the strip of an edit, and on the page with all edits side by side: "
        "the first ones.",
    )
    catalogue: int = Field(
        8,
        ge=1,
        le=50,
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: given == 8,
        description="Images in each part of the catalogue of an edit: those whose score increases "
        "most, those around the median, and those whose score increases least.",
    )
