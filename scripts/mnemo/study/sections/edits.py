"""Hyperplanes, the directions that edits move along, edits, and their controls."""

from math import inf
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from mnemo.directions.learning.settings import Kept, Settings, Start, choose
from mnemo.directions.planes import LOGISTIC, Plane
from mnemo.study.sections.base import (
    Estimator,
    Name,
    Preset,
    Section,
    Shape,
    Space,
    Threshold,
    twice,
    unique,
)

#: Folders that a set has, and controls, as which an edit can't be called.
RESERVED = (
    *("latents", "square", "oval", "scores", "features", "embeddings", "controls"),
    "layers",
    *("random", "permuted", "brightness"),
)
#: An alpha names a folder, so it has few digits.
LARGEST_ALPHA = 1000
ALPHA_DECIMALS = 6
_BY = {"ridge": " by ridge regression", "svm": " by a linear SVM"}


def _alphas(values: tuple[float, ...]) -> tuple[float, ...]:
    wrong = twice(values)
    if 0 not in values:
        wrong.append("must contain 0, the unedited images that the others are compared with")
    wrong += unnameable(values)
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(value + 0.0 for value in values)


def unnameable(values: tuple[float, ...]) -> list[str]:
    """Say why some alphas can't name folders; nothing if they can."""
    wrong = []
    if any(abs(value) > LARGEST_ALPHA for value in values):
        wrong.append(f"must be from -{LARGEST_ALPHA} to {LARGEST_ALPHA}")
    if any(value != round(value, ALPHA_DECIMALS) for value in values):
        wrong.append(f"at most {ALPHA_DECIMALS} decimals, since an alpha names a folder")
    return wrong


def alpha_name(alpha: float) -> str:
    """Return the name of the folder of an edited set.

    Args:
        alpha: One of an edit's alphas.

    Returns:
        The alpha in fixed point, without trailing zeros.
    """
    # Adding 0.0 takes the sign off a negative zero.
    return f"{alpha + 0.0:.{ALPHA_DECIMALS}f}".rstrip("0").rstrip(".")


def _rising(values: tuple[float, float] | None) -> tuple[float, float] | None:
    if values is not None and not values[0] < values[1]:
        raise ValueError("must rise from the first to the second")
    return values


def _strength(given: Any) -> Any:
    if given == "auto":
        return given
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = 0
    if not 0 < number < inf:
        raise ValueError("must be a number above 0, or auto")
    return number


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"the name is taken by a folder or a control: {', '.join(RESERVED)}")
    return name


class Hyperplanes(Section):
    """The grid of hyperplanes: every assessor and shape of the study, and these."""

    spaces: Annotated[tuple[Space, ...], Field(min_length=1), AfterValidator(unique)] = Field(
        ("z",), description="Latent spaces to fit in; w_plus is w tiled over all layers."
    )
    thresholds: Annotated[tuple[Threshold, ...], Field(min_length=1), AfterValidator(unique)] = (
        Field(("mean", "median"), description="Rules that cut high from low scores.")
    )
    estimators: Annotated[tuple[Estimator, ...], Field(min_length=1), AfterValidator(unique)] = (
        Field(
            (LOGISTIC,),
            # As if there were no such key, so that what a study without it has finished stays so.
            exclude_if=lambda given: given == (LOGISTIC,),
            description="What is fitted: logistic regression, ridge regression of the scores "
            "themselves, or a linear SVM.",
        )
    )
    folds: int = Field(5, ge=2, le=20, description="Folds of the cross-validation.")
    repeats: PositiveInt = Field(
        2, description="Repetitions of the cross-validation, each with other folds."
    )
    permutations: PositiveInt = Field(
        99,
        description="Label shuffles of the control; no p-value is below 1 / (1 + permutations).",
    )
    regularisation: Annotated[PositiveFloat | Literal["auto"], BeforeValidator(_strength)] = Field(
        1.0,
        description="Inverse strength C of the L2 penalty, as scikit-learn means it; auto chooses "
        "it for each fit by a cross-validation within the images fitted on.",
    )


class Learning(Section):
    """How a direction is learned; a key that is absent has the default of the direction's preset.

    The defaults are those of `directions.learning.settings`: of faithful those of GANalyze.
    """

    steps: PositiveInt | None = Field(
        None,
        description="Largest number of steps; so that 400,000 latents are seen: faithful 100,000, "
        "corrected 12,500 from each start, which mostly end earlier.",
    )
    batch: PositiveInt | None = Field(
        None, description="Latents in a step; faithful 4, corrected 32."
    )
    rate: PositiveFloat | None = Field(
        None, description="Adam's learning rate; faithful 0.0002, corrected 0.2."
    )
    alphas: Annotated[tuple[float, float] | None, AfterValidator(_rising)] = Field(
        None,
        description="Smallest and largest alpha that it learns with, in the unit of the assessor's "
        "score, uniform between them; -0.5 and 0.5. Edits go no further.",
    )
    kept: Kept | None = Field(
        None,
        description="What a latent keeps while learning moves it: norm, its length, as in "
        "GANalyze's TensorFlow code; batch_norm, the length of the whole batch, as in its PyTorch "
        "code; nothing, as in the paper, and as edits move it. Faithful norm, corrected nothing.",
    )
    start: Start | None = Field(
        None,
        description="What it starts from: zeros, as in GANalyze's TensorFlow code, or normal "
        "numbers, as in its PyTorch code; zeros.",
    )
    clipped: bool | None = Field(
        None,
        description="Whether the loss has the score as the assessor clips it, beyond which there "
        "is no gradient; faithful true, corrected false.",
    )
    restarts: PositiveInt | None = Field(
        None,
        description="Number of starts, each on other latents, of which the best on held-out "
        "latents counts; faithful 1, corrected 2.",
    )
    held_out: PositiveInt | None = Field(
        None,
        description="Latents on which the loss is measured and no step is taken; faithful 64, "
        "corrected 128.",
    )
    every: PositiveInt | None = Field(
        None,
        description="Steps between two measurements of that loss; faithful 1,000, corrected 10.",
    )
    patience: NonNegativeInt | None = Field(
        None,
        description="Measurements without a smaller held-out loss after which a start ends, at the "
        "direction with the smallest; 0 takes all steps, and the last direction. Faithful 0, "
        "corrected 5.",
    )
    seed: int | None = Field(
        None, ge=0, lt=2**32, description="Seed of all that is drawn at random; 0."
    )
    at_once: PositiveInt | None = Field(
        None,
        description="Images computed at once, for the memory that there is: it changes no result "
        "by more than rounding. Of 256 pixels or less 16 on a CPU and 32 on a GPU; fewer of larger "
        "images.",
    )


class Direction(Section):
    """A unit vector in a latent space that edits move along."""

    name: Name = Field(description="Name of the direction.")
    method: Literal["hyperplane", "file", "learned"] = Field(
        description="Where it comes from: the normal of one hyperplane of the grid, a file, or "
        "learning through the generator and an assessor (GANalyze)."
    )
    space: Space = Field(description="Latent space of the direction.")
    assessor: Name | None = Field(
        None, description="Assessor of the hyperplane, or that the direction is learned with."
    )
    shape: Shape | None = Field(
        None, description="Shape of the images that the hyperplane was fitted on."
    )
    threshold: Threshold | None = Field(None, description="Threshold of the hyperplane.")
    estimator: Estimator | None = Field(
        None,
        exclude_if=lambda given: given is None,
        description="What the hyperplane is fitted with; logistic if absent.",
    )
    hold: Annotated[tuple[Name, ...], AfterValidator(unique)] = Field(
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
    preset: Preset | None = Field(
        None,
        exclude_if=lambda given: given is None,
        description="How the direction is learned: faithful, as GANalyze's code does it, or "
        "corrected; the study's preset if absent. The assessor scores in the study's preset.",
    )
    learning: Learning | None = Field(
        None,
        exclude_if=lambda given: given is None,
        description="In what learning differs from the preset; nothing if absent.",
    )

    def settings(self, preset: Preset, **of_study: Any) -> Settings:
        """Return how a learned direction is learned.

        Args:
            preset: The study's preset.
            of_study: What else the study decides: `psi`, `noise` and `classes`.

        Returns:
            The settings of the direction's preset, with what it changes.
        """
        changed = self.learning.model_dump(exclude={"at_once"}) if self.learning else {}
        changed = {key: value for key, value in changed.items() if value is not None}
        return choose(self.preset or preset, space=self.space, **changed, **of_study)

    def plane(self, assessor: str | None = None, shape: str | None = None) -> Plane:
        """Return the direction's hyperplane, or that of another assessor or shape beside it."""
        own = assessor or str(self.assessor), shape or str(self.shape)
        return Plane(self.space, *own, str(self.threshold), self.estimator or LOGISTIC)

    @property
    def words(self) -> str:
        """What the direction is, in words."""
        if self.method == "file":
            part = "the direction" if self.component is None else f"component {self.component}"
            return f"{part} of {self.file}"
        if self.method == "learned":
            return (
                f"the direction that was learned for the scores by {self.assessor}, which an alpha "
                "of 0.1 should raise by 0.1"
            )
        by = _BY.get(self.estimator or LOGISTIC, "")
        way = (
            f"the normal of the hyperplane fitted{by} on the {self.threshold} of the scores by "
            f"{self.assessor} of {self.shape} images"
        )
        if self.hold:
            way += f", projected to hold {', '.join(self.hold)} constant"
        return way


class Edit(Section):
    """A move of one set along one direction."""

    name: Annotated[Name, AfterValidator(_not_reserved)] = Field(description="Name of the edit.")
    of: Literal["fit", "eval", "reference", "photos"] = Field(
        "eval", description="Set that is moved; photos are the photographs of the section photos."
    )
    along: Name = Field(description="Direction that the set is moved along.")
    alphas: Annotated[tuple[float, ...], Field(min_length=2), AfterValidator(_alphas)] = Field(
        description="How far to move along the unit vector: the distance, if all layers move; "
        "along a learned direction, how much the assessor's score should rise, if all layers move. "
        "0 is the unedited image."
    )
    layers: Annotated[tuple[NonNegativeInt, ...] | None, AfterValidator(unique)] = Field(
        None, description="Layers of a StyleGAN that move, from 0, the coarsest; all if absent."
    )
    assessor: Name | None = Field(
        None,
        description="Assessor whose scores the strip of faces shows; if absent, that of the "
        "direction's hyperplane, or the study's first.",
    )
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1), AfterValidator(unique)] | None = (
        Field(
            None, description="Shapes of the edited images that are scored; the study's if absent."
        )
    )


class Controls(Section):
    """Edits that should change little, against which the effect of each edit is read."""

    count: PositiveInt = Field(
        50, description="Images of the edited set that are moved, the first ones; all if fewer."
    )
