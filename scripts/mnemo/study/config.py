"""What a study may contain: one closed model."""

import json
from itertools import product
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveInt, model_validator
from pydantic.config import JsonDict

from mnemo.assessors.registry import DEFAULT_FACTORS, FACTORS, Entry, entry
from mnemo.directions.planes import Plane
from mnemo.study.sections.base import Name, Preset, Section, Shape, known, unique
from mnemo.study.sections.edits import Controls, Direction, Edit, Hyperplanes
from mnemo.study.sections.experiments import Experiment
from mnemo.study.sections.generator import Generator
from mnemo.study.sections.images import Images, ImageSet, Ovals, Sets
from mnemo.study.sections.layerwise import Layerwise
from mnemo.study.sections.measures import Calibration, Figures, Identity, Realness, Statistics
from mnemo.study.sections.methods import Methods
from mnemo.study.sections.photos import Photos
from mnemo.study.sections.publish import Publish
from mnemo.study.sections.ratings import AssessorName, Ratings
from mnemo.study.sections.training import Training

#: What the schema of a study says of an assessor.
_NAMED: JsonDict = {"type": "string"}
_RATED: JsonDict = {"type": "object", "required": ["name", "ratings"]}


class Config(Section):
    """A study."""

    study: Name = Field(description="Name of the study; results go to results/<study>.")
    preset: Preset = Field(
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
        "with its network loaded once; a multiple of shard_size. By default shard_size where "
        "images.keep is not all.",
    )
    sets: Sets
    photos: Photos | None = Field(
        None,
        description="Photographs that edits move, found in the generator's latent space "
        "(`snakemake photos`); none if absent.",
    )
    images: Images = Images()  # type: ignore[call-arg]
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1), AfterValidator(unique)] = Field(
        ("square", "oval"), description="Shapes that the assessors score."
    )
    ovals: Ovals = Ovals()  # type: ignore[call-arg]
    assessors: Annotated[tuple[AssessorName, ...], Field(min_length=1), AfterValidator(unique)] = (
        Field(
            description="Models that score the images, which docs/assessors.md lists, and people, "
            "as {name: people, ratings: file} with what else `ratings` has.",
            json_schema_extra={"items": {"anyOf": [_NAMED, _RATED]}},
        )
    )
    ratings: dict[Name, Ratings] = Field(
        {},
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: not given,
        description="People's ratings of images of the set fit, by the name that they have among "
        "the assessors.",
    )
    factors: Annotated[
        tuple[Annotated[str, known("visual factor", FACTORS)], ...], AfterValidator(unique)
    ] = Field(
        DEFAULT_FACTORS,
        description="Visual factors of every scored image, measured from its pixels, its face's "
        "landmarks or its main object's mask: what edits change of them is in the table factors, "
        "and a direction can hold them constant. docs/assessors.md lists them.",
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
    layerwise: Layerwise | None = Field(
        None,
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: given is None,
        description="Edits of each layer of a StyleGAN alone (`snakemake layers`); none if absent.",
    )
    realness: Realness = Realness()  # type: ignore[call-arg]
    identity: Identity | None = Field(
        None, description="Measures whether edits keep the person's identity; not if absent."
    )
    methods: Methods | None = Field(
        None,
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: given is None,
        description="Comparison of all edits of generated images at equal gain and at equal image "
        "change (`snakemake methods`); {} for the defaults, none if absent.",
    )
    experiments: dict[Name, Experiment] = Field(
        {},
        # As if there were no such key, so that what a study without it has finished stays so.
        exclude_if=lambda given: not given,
        description="Experiments with people (`snakemake experiment`), by their names.",
    )
    statistics: Statistics = Statistics()  # type: ignore[call-arg]
    calibration: Calibration = Calibration()  # type: ignore[call-arg]
    figures: Figures = Figures()  # type: ignore[call-arg]
    publish: Publish | None = Field(
        None,
        exclude_if=lambda given: given is None,
        description="What the study's crate says of itself (`snakemake publish`), and whether the "
        "generated images are in it.",
    )

    @model_validator(mode="after")
    def _with_floor(self) -> "Config":
        """Give the set floor its default count."""
        if self.sets.floor.count is None:
            moved = [self.given[edit.of].count for edit in self.edits if edit.of in self.given]
            largest = max(moved, default=1)
            floor = self.sets.floor.model_copy(update={"count": largest})
            # The study is frozen from here on.
            self.__dict__["sets"] = self.sets.model_copy(update={"floor": floor})
        return self

    @model_validator(mode="after")
    def _with_few_at_once(self) -> "Config":
        """Have a job of scores read one file of images, where these don't stay, by default."""
        if self.images.keep != "all" and "score_shard_size" not in self.model_fields_set:
            self.__dict__["score_shard_size"] = self.shard_size
        return self

    @property
    def given(self) -> dict[str, ImageSet]:
        """The unedited sets that the study has, by name.

        Of photographs there are two: `originals`, as they were taken, and `photos`, as the
        generator renders them. Neither is there while their number is unknown.
        """
        if self.photos is None or self.photos.count is None:
            return self.sets.given
        taken = ImageSet.model_construct(count=self.photos.count, first_seed=None)
        names = ("originals", "photos") if self.photos.folder else ("photos",)
        return {**self.sets.given, **dict.fromkeys(names, taken)}

    @property
    def space_of_photos(self) -> str:
        """The latent space that photographs are inverted in, or that their latents are in."""
        space = self.photos.space if self.photos else None
        return space or self.generator.entry.spaces[-1]

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
    def models(self) -> tuple[str, ...]:
        """The assessors that are models, which score any image: all but people's ratings."""
        return tuple(name for name in self.assessors if name not in self.ratings)

    @property
    def scorers(self) -> tuple[str, ...]:
        """The models, and the visual factors, each of which scores any image as they do."""
        return tuple(dict.fromkeys([*self.models, *self.factors]))

    def about(self, assessor: str) -> Entry:
        """Return what is known of an assessor of the study, people's ratings among them."""
        people = self.ratings.get(assessor)
        return people.entry if people else entry(assessor)

    @property
    def measured_factors(self) -> tuple[str, ...]:
        """The visual factors that are measured: those of the study, and those among assessors."""
        return tuple(name for name in FACTORS if name in self.scorers)

    def factors_of(self, source: str) -> tuple[str, ...]:
        """Return those that are measured from a source, as in `registry.Entry.factor`."""
        return tuple(name for name in self.measured_factors if entry(name).factor == source)

    @property
    def of_assessors(self) -> list[Plane]:
        """The hyperplanes of the grid: of each assessor, in the shapes that it has scores of."""
        grid = self.hyperplanes
        axes = product(grid.spaces, self.assessors, self.shapes, grid.thresholds, grid.estimators)
        planes = [Plane(*each) for each in axes]
        return [
            plane
            for plane in planes
            if plane.assessor not in self.ratings
            or plane.shape == self.ratings[plane.assessor].shape
        ]

    @property
    def grid(self) -> list[Plane]:
        """Every hyperplane.

        They are those of the grid, and, where a direction was found, those of the visual factors.
        """
        of_factors = [
            each.plane(factor)
            for each in self.directions
            if each.method == "hyperplane"
            for factor in self.factors
        ]
        return list(dict.fromkeys([*self.of_assessors, *of_factors]))

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
        """Return the model whose scores an edit's strip shows."""
        return edit.assessor or self.judge(self.direction(edit))

    def judge(self, direction: Direction) -> str:
        """Return the model that scores what is moved along a direction: what it was found with.

        Of people's ratings, who have seen no edit, it is the first model of the same quality. It is
        the study's first where there is none, and for a direction from a file that names none of
        the study's.
        """
        own = direction.assessor
        if own in self.models:
            return own
        alike = self.changed_along(direction) if own in self.ratings else []
        return [*alike, *self.models][0]

    def changed(self, edit: Edit) -> list[str]:
        """List the models whose scores an edit should change, as `changed_along` its direction."""
        return self.changed_along(self.direction(edit))

    def changed_along(self, direction: Direction) -> list[str]:
        """List the models whose scores a direction should change: those of its quality.

        For a direction from a file that names no assessor they are those of memorability.
        """
        own = direction.assessor
        quality = self.about(own).quality if own else "memorable"
        return [each for each in self.models if entry(each).quality == quality]

    @property
    def layers(self) -> dict[str, tuple[int, ...]]:
        """The layers that each part of the layerwise edits moves, by its name; none without."""
        return self.layerwise.moved(self.generator.entry.layers) if self.layerwise else {}

    @property
    def shown_of_layers(self) -> str:
        """The model whose scores the page of the layers shows, as `shown` for an edit."""
        layerwise = self.layerwise
        return self.judge(self.named_direction(layerwise.direction)) if layerwise else ""

    def shapes_of(self, edit: Edit) -> tuple[Shape, ...]:
        """Return the shapes of an edit's images that are scored."""
        return edit.shapes or self.shapes

    def loses_ovals(self, edit: Edit) -> bool:
        """Return whether an edit's faces can be lost, so that they have no oval."""
        return self.preset == "corrected" and "oval" in self.shapes_of(edit)

    def measures_realness(self, edit: Edit) -> bool:
        """Return whether an edit has distances of realness: that of a few photographs has none."""
        images = self.given[edit.of].count
        return edit.of != "photos" or images >= 2 * self.realness.groups

    def truncation_psi(self, base: str) -> float:
        """Return the truncation psi of an unedited set."""
        if base not in self.sets.given:
            return self.generator.truncation_psi
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
