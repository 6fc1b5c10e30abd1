"""Layerwise edits: each layer of a StyleGAN, or each group of them, moved alone."""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from mnemo.inversion.registry import PERCEPTUAL
from mnemo.study.sections.base import Name, Section, known, twice

#: First and last layer of each group, from 0 (Karras et al. 2019, section 3.1: 4 to 8 pixels, 16 to
#: 32, and 64 to the generator's resolution); None for the last of all.
GROUPS: dict[str, tuple[int, int | None]] = {
    "coarse": (0, 3),
    "middle": (4, 7),
    "fine": (8, None),
}
#: By default a level moves a layer's w by so much, or changes the image by so much.
SIZES = {"norm": 5.0, "image-change": 0.05}
LARGEST_LEVEL = 1000


def _parts(given: Any) -> Any:
    """Read which layers move, each part as text: a layer, a range, or a group."""
    if isinstance(given, str):
        if given not in ("all", "groups"):
            raise ValueError("must be all, groups, or a list of layers, ranges and groups")
        return given
    if not isinstance(given, list | tuple) or not given:
        raise ValueError("must be all, groups, or a list of layers, ranges and groups")
    parts, wrong = [str(part) for part in given], []
    for part in parts:
        ends = [int(end) for end in re.findall(r"\d+", part)]
        if part in GROUPS:
            continue
        if not re.fullmatch(r"(0|[1-9]\d*)(-[1-9]\d*)?", part):
            wrong.append(
                f"{part} is no layer (from 0, the coarsest), no range such as 0-3, and no group "
                f"({', '.join(GROUPS)})"
            )
        elif len(ends) == 2 and ends[0] >= ends[1]:
            wrong.append(f"the range {part} must go from a lower layer to a higher one")
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(parts)


def _levels(values: tuple[float, ...]) -> tuple[float, ...]:
    wrong = twice(values)
    if 0 in values:
        wrong.append("0 is the unedited image, which every level is compared with: leave it out")
    if any(abs(value) > LARGEST_LEVEL for value in values):
        wrong.append(f"must be from -{LARGEST_LEVEL} to {LARGEST_LEVEL}")
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(sorted(values))


class Layerwise(Section):
    """Edits of each layer alone, in steps that are equal for all layers."""

    direction: Name = Field(
        description="Direction, in w or w_plus, along whose part each layer moves."
    )
    layers: Annotated[
        Literal["all", "groups"] | tuple[str, ...],
        BeforeValidator(_parts, json_schema_input_type=Literal["all", "groups"] | list[int | str]),
    ] = Field(
        "all",
        description="What moves alone: each layer (all), each group (groups: coarse is the layers "
        "0 to 3, middle 4 to 7, fine the others), or each of a list of layers, from 0, the "
        'coarsest, ranges such as "0-3", and groups.',
    )
    levels: Annotated[tuple[float, ...], Field(min_length=1), AfterValidator(_levels)] = Field(
        (-3.0, -2.0, -1.0, 1.0, 2.0),
        description="Levels of each layer's edit, in steps of `size`; those of the paper by "
        "default.",
    )
    step: Literal["norm", "image-change"] = Field(
        "norm",
        description="What is equal for all layers: norm, the distance that each moved layer's w "
        "moves; image-change, the mean perceptual distance to the unedited images.",
    )
    size: PositiveFloat | None = Field(
        None,
        description="Step of one level: a distance in w, by default 5, about that of the paper's "
        "authors (20 / sqrt(18) = 4.7 in the layer 10 of their code); or a mean perceptual "
        "distance, by default 0.05.",
    )
    count: PositiveInt = Field(
        3000, description="Images that are edited, the first ones of the set eval."
    )
    perceptual: Annotated[str, known("perceptual distance", PERCEPTUAL)] = Field(
        "resnet152-early",
        description="Perceptual distance between an edited image and the unedited one: "
        "lpips-vgg16, LPIPS, or resnet152-early, its stand-in where VGG16's weights are missing.",
        json_schema_extra={"enum": list(PERCEPTUAL)},
    )

    @model_validator(mode="after")
    def _with_size(self) -> "Layerwise":
        """Give a step its default size, where the study has none."""
        if self.size is None:
            # The section is frozen from here on.
            self.__dict__["size"] = SIZES[self.step]
        return self

    def moved(self, layers: int) -> dict[str, tuple[int, ...]]:
        """Return the layers that each part moves.

        Args:
            layers: Number of the generator's layers.

        Returns:
            Indices of the layers, by the part's name: the layer's number, a range such as 0-3, or a
            group. Those that the generator lacks are left out; `groups` has no group without any.
        """
        if self.layers == "all":
            return {str(layer): (layer,) for layer in range(layers)}
        if self.layers == "groups":
            groups = {name: span(name, layers) for name in GROUPS}
            return {name: moved for name, moved in groups.items() if moved}
        return {part: span(part, layers) for part in self.layers}


def span(part: str, layers: int) -> tuple[int, ...]:
    """Return the layers of a part.

    Args:
        part: A layer's number, a range such as 0-3, or a group.
        layers: Number of the generator's layers.

    Returns:
        Indices of those that the generator has.
    """
    if part in GROUPS:
        first, last = GROUPS[part]
    else:
        ends = [int(end) for end in part.split("-")]
        first, last = ends[0], ends[-1]
    stop = layers if last is None else min(last + 1, layers)
    return tuple(range(first, stop))
