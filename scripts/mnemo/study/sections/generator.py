"""The generator of a study."""

from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt, ValidationInfo

from mnemo.generators.imagenet import class_index, names
from mnemo.generators.registry import ARCHITECTURES, DEFAULTS, GENERATORS, Entry, entry
from mnemo.study.sections.base import Name, Section, known, unique
from mnemo.study.sections.images import Truncation


def _generator_named(name: str, info: ValidationInfo) -> str:
    """Check that a generator is one of Mnemo's, or is described as one of the user's own."""
    # An architecture that is mistaken is absent, and reported by itself.
    architecture = info.data.get("architecture", "")
    if name in GENERATORS and architecture:
        raise ValueError(
            "is the name of a generator of Mnemo's: give yours another, or leave out architecture"
        )
    if name not in GENERATORS and architecture is None:
        raise ValueError(
            f"no generator is called so; known: {', '.join(GENERATORS)}; for a generator of your "
            "own, also give architecture, resolution and weights"
        )
    return name


def _of_own_generator(value: Any, info: ValidationInfo) -> Any:
    """Check a key that describes a generator of the user's own."""
    if "architecture" not in info.data:
        return value
    architecture, key = info.data["architecture"], info.field_name
    if value is None and architecture and key in ("resolution", "weights"):
        raise ValueError("must be given for a generator of your own")
    if value is None or key == "weights":
        return value
    if architecture is None:
        raise ValueError("belongs to a generator of your own: give its architecture too")
    if key == "resolution" and (value < 4 or value & (value - 1)):
        raise ValueError("must be a power of two, from 4")
    if key not in ("resolution", *DEFAULTS[architecture]):
        lacks = {"w_dim": "w", "class_count": "classes"}[str(key)]
        raise ValueError(f"a {architecture} has no {lacks}")
    return value


Own = AfterValidator(_of_own_generator)


class Generator(Section):
    """The generator and how its latents are drawn."""

    # Before the keys whose checks depend on it.
    architecture: Annotated[str, known("architecture", ARCHITECTURES)] | None = Field(
        None,
        description="Architecture of a generator of your own; absent for one of Mnemo's.",
        json_schema_extra={"enum": [*ARCHITECTURES, None]},
    )
    name: Annotated[Name, AfterValidator(_generator_named)] = Field(
        description="Generator of the images: one of Mnemo's, or any other name for one of your "
        "own, with architecture, resolution and weights.",
        json_schema_extra={"anyOf": [{"enum": list(GENERATORS)}, {"type": "string"}]},
    )
    resolution: Annotated[PositiveInt | None, Own] = Field(
        None,
        validate_default=True,
        description="Height and width of the images of a generator of your own, in pixels.",
    )
    z_dim: Annotated[PositiveInt | None, Own] = Field(
        None,
        description="Dimensions of z of a generator of your own; if absent, 512 for a StyleGAN, "
        "100 for a DCGAN, 120 for a BigGAN of 128 pixels, 140 for one of 256, 128 for others.",
    )
    w_dim: Annotated[PositiveInt | None, Own] = Field(
        None, description="Dimensions of w of a StyleGAN of your own; 512 if absent."
    )
    class_count: Annotated[int | None, Field(ge=1, le=2**15), Own] = Field(
        None, description="Number of classes of a BigGAN of your own; 1000 if absent."
    )
    truncation_psi: Truncation = Field(
        1.0, description="Truncation psi of every set that does not say its own; 1 is none."
    )
    truncation_cutoff: PositiveInt | None = Field(
        None, description="Layers of a StyleGAN that are truncated, the first ones; all if absent."
    )
    noise: Literal["const", "random"] = Field(
        "const",
        description="Noise of a StyleGAN: the maps that came with its weights, the same in every "
        "image, or maps drawn anew for each image and alpha.",
    )
    classes: Annotated[tuple[str | int, ...], AfterValidator(unique)] = Field(
        (),
        description="Classes of a BigGAN's images, by index, or if it has 1000 by ImageNet's name; "
        "all if empty.",
    )
    random_classes: PositiveInt | None = Field(
        None,
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: given is None,
        description="In place of classes, how many of a BigGAN's classes are chosen at random: "
        "always the same ones. A direction is learned on all classes.",
    )
    rows: tuple[NonNegativeInt, PositiveInt] | None = Field(
        None,
        description="Rows of the images that are kept: the first, and the first below that is not; "
        "all if absent. A car of StyleGAN2 is padded to a square with black.",
    )
    weights: Annotated[str | None, Own] = Field(
        None,
        validate_default=True,
        description="The weights file of a generator of your own, or a file of the same shape in "
        "place of the catalogue's, in any layout that is known.",
    )

    @property
    def entry(self) -> Entry:
        """What is known of the generator without loading it."""
        if self.architecture is None or self.resolution is None:
            return GENERATORS[self.name]
        sizes = {"z_dim": self.z_dim, "w_dim": self.w_dim, "class_count": self.class_count}
        return entry(self.name, self.architecture, self.resolution, **sizes)

    @property
    def kept_rows(self) -> tuple[int, int]:
        """Rows of the images that are kept: the first, and the first below that is not."""
        return self.rows or (0, self.entry.resolution)

    @property
    def class_indices(self) -> tuple[int, ...]:
        """Indices of the classes that take turns; none for a generator without classes."""
        count = self.entry.class_count
        if self.random_classes is None:
            return tuple(class_index(name, count) for name in self.classes or range(count))
        # In the order of their digests, which is random and the same everywhere.
        shuffled = sorted(range(count), key=lambda each: sha256(f"class {each}".encode()).digest())
        return tuple(sorted(shuffled[: self.random_classes]))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes that take turns; their indices where they are not ImageNet's."""
        known = names() if self.entry.class_count == len(names()) else None
        return tuple(known[each] if known else f"class {each}" for each in self.class_indices)
