"""The image sets of a study, and how images are stored and cut out."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from mnemo.study.sections.base import Section, Space

#: Seeds of the first images of sets that give none.
FIRST_SEEDS = {
    "fit": 0,
    "eval": 1_000_000,
    "reference": 2_000_000,
    "train": 3_000_000,
    "floor": 4_000_000,
    "fillers": 5_000_000,
    "vigilance": 6_000_000,
}


Truncation = Annotated[float, Field(ge=0, le=2)]


class ImageSet(Section):
    """A set of generated images, one from each seed."""

    # A study may leave it out: `Sets` gives each set its own.
    model_config = ConfigDict(json_schema_extra=lambda made: made["required"].remove("first_seed"))

    count: PositiveInt = Field(description="Images in the set.")
    first_seed: NonNegativeInt = Field(
        description="Seed of the first image; the others follow it one by one. By default 0 for "
        "fit, 1000000 for eval, 2000000 for reference, 3000000 for train, 5000000 for fillers and "
        "6000000 for vigilance."
    )
    truncation_psi: Truncation | None = Field(
        None, description="Truncation psi of this set; the generator's when absent."
    )

    def first(self, count: int) -> "ImageSet":
        """Return the set of its first images."""
        return self.model_copy(update={"count": min(count, self.count)})


class FitSet(ImageSet):
    """The set that hyperplanes are fitted on."""

    mixing: bool = Field(
        False,
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: not given,
        description="Whether each layer of a StyleGAN gets a w of its own seed (style mixing), so "
        "that a hyperplane in w_plus, the only space then, can differ between layers.",
    )

    latents: str | None = Field(
        None,
        exclude_if=lambda given: given is None,
        description="File of latents in place of seeds, for images that people have rated; count "
        "is their number. docs/interop.md lists the kinds; also a parquet file with a column z, w "
        "or w_plus, and, if it has one, a column image with what the images are called; or a CSV "
        "or parquet file with a column seed, of the images to draw.",
    )
    space: Space | None = Field(
        None,
        exclude_if=lambda given: given is None,
        description="Latent space of the file's latents, where the file doesn't say it.",
    )

    @property
    def layered(self) -> bool:
        """Whether each image has a w of its own for each layer, by mixing or from the file."""
        return self.mixing or (self.latents is not None and self.space == "w_plus")


class Floor(Section):
    """The set of images of the reference's own distribution, whose distance is the floor."""

    count: PositiveInt | None = Field(
        None,
        description="Images in the set; if absent, as many as the largest set that an edit moves.",
    )
    first_seed: NonNegativeInt = Field(
        FIRST_SEEDS["floor"],
        description="Seed of the first image; the others follow it one by one.",
    )
    truncation_psi: Truncation | None = Field(
        None, description="Truncation psi, which must be that of the set reference."
    )


class Sets(Section):
    """The study's image sets."""

    fit: FitSet = Field(description="Images that hyperplanes are fitted on.")
    eval: ImageSet = Field(description="Fresh images that get edited.")
    reference: ImageSet = Field(description="Images that realness is measured against.")
    train: ImageSet | None = Field(
        None, description="Images that a database to train an assessor on is made of."
    )
    fillers: ImageSet | None = Field(
        None,
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: given is None,
        description="Images of experiments with people that are not tested: fillers of the memory "
        "game, and practice. An experiment shows them at the alphas that it tests.",
    )
    vigilance: ImageSet | None = Field(
        None,
        exclude_if=lambda given: given is None,
        description="Images of the forced choice that are easily recognised as generated, such as "
        "those of a large truncation psi.",
    )
    floor: Floor = Field(
        Floor(),  # type: ignore[call-arg]
        description="Further images of the reference's distribution. Their distance from the set "
        "reference, the floor, is what realness is read against.",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_seeds(cls, given: Any) -> Any:
        """Give each set without a first seed its default."""
        if not isinstance(given, dict):
            return given
        return {
            name: {"first_seed": FIRST_SEEDS[name], **images}
            if name in FIRST_SEEDS and isinstance(images, dict)
            else images
            for name, images in given.items()
        }

    @property
    def given(self) -> dict[str, ImageSet]:
        """The sets that the study has, by name; without the floor while its count is unknown."""
        own = {name: getattr(self, name) for name in FIRST_SEEDS if name != "floor"}
        floor = ImageSet.model_construct(**dict(self.floor)) if self.floor.count else None
        return {name: images for name, images in {**own, "floor": floor}.items() if images}


class Images(Section):
    """How images are stored."""

    format: Literal["webp", "png", "jpeg"] = Field(
        "webp",
        description="Encoding: webp and png lose nothing, and webp is quicker and smaller; jpeg "
        "(quality 95) is a third of their size, and changes scores a little.",
    )
    keep: Literal["all", "strips", "none"] = Field(
        "all",
        # As if there were no such key: what is kept changes no result.
        exclude_if=lambda given: given == "all",
        description="Which images stay once everything that reads them is done: all; those that "
        "the strips, catalogues and pages of the report show, and all of photographs (strips); or "
        "none. The others are deleted on the way, so that few lie on the disk at once, and are "
        "rendered again for what is added later. score_shard_size is then shard_size by default.",
    )


class Ovals(Section):
    """How square images become ovals."""

    detection_height: int = Field(
        256,
        ge=48,
        le=2048,
        description="Height in pixels at which MTCNN looks for faces; smaller is faster.",
    )
    least_found: float = Field(
        0.9,
        ge=0,
        le=1,
        description="Smallest share of the faces found at alpha 0 that must be found at another "
        "alpha; where fewer are, the response of ovals is marked as that of survivors.",
    )
