"""The names of a study's hyperplanes. This module imports nothing heavy, as studies do."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

#: The estimator whose name hyperplanes leave out.
LOGISTIC: Final = "logistic"


class Plane(NamedTuple):
    """Which hyperplane of a study's grid.

    Attributes:
        space: Its latent space.
        assessor: Assessor of the scores that it separates.
        shape: Shape of the images scored.
        threshold: The threshold that separates high from low scores.
        estimator: What it is fitted with.
    """

    space: str
    assessor: str
    shape: str
    threshold: str
    estimator: str = LOGISTIC

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "Plane":
        """Return the hyperplane of a row of a table that has these columns."""
        return cls(*(row[name] for name in cls._fields))

    @property
    def name(self) -> str:
        """Its name, and its file in a study's folders, such as `w/resmem/oval/median-ridge`."""
        by = "" if self.estimator == LOGISTIC else f"-{self.estimator}"
        return "/".join(self[:4]) + by
