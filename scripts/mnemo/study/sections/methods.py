"""Methods: all directions of a study, compared at equal effect."""

from typing import Annotated

from pydantic import Field, PositiveFloat

from mnemo.inversion.registry import PERCEPTUAL
from mnemo.study.sections.base import Section, known


class Methods(Section):
    """The comparison of all edits of generated images, at equal gain and at equal image change."""

    gain: PositiveFloat = Field(
        0.5,
        description="Gain at which edits are compared: a mean change of the score, in standard "
        "deviations of the assessor's scores of the set fit.",
    )
    change: PositiveFloat | None = Field(
        None,
        description="Image change at which edits are compared: a mean perceptual distance; if "
        "null, the largest that all of them reach.",
    )
    perceptual: Annotated[str, known("perceptual distance", PERCEPTUAL)] = Field(
        "resnet152-early",
        description="Perceptual distance between an edited image and the unedited one, as in the "
        "section layerwise.",
        json_schema_extra={"enum": list(PERCEPTUAL)},
    )
