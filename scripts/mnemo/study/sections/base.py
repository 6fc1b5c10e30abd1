"""What sections are made of: their base, and the values that several have."""

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Shape = Literal["square", "oval"]
Threshold = Literal["mean", "median"]
Estimator = Literal["logistic", "ridge", "svm"]
Space = Literal["z", "w", "w_plus"]
Preset = Literal["corrected", "faithful"]
#: A name is part of file names: of one name and a lock's ending, or of several on a cluster, which
#: have 255 bytes at most.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]


def known(what: str, names: Any) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"no {what} is called so; known: {', '.join(names)}")
        return name

    return AfterValidator(check)


def twice(values: tuple[Any, ...]) -> list[str]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    return [f"given twice: {', '.join(twice)}"] if twice else []


def unique(values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if values and (wrong := twice(values)):
        raise ValueError(*wrong)
    return values


class Section(BaseModel):
    """A part of the study; a key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, given: Any, field: ValidationInfo) -> Any:
        """Refuse true and false where they would count as 1 and 0."""
        expected = cls.model_fields[str(field.field_name)].annotation
        kinds = [expected, *get_args(expected)]
        truth = bool in [*kinds, *(inner for kind in kinds for inner in get_args(kind))]
        listed = [given]
        if get_origin(expected) is dict and isinstance(given, dict):
            listed = list(given.values())
        listed = [each for one in listed for each in (one if isinstance(one, list) else [one])]
        if not truth and any(isinstance(value, bool) for value in listed):
            raise ValueError("true and false are not allowed here")
        return given
