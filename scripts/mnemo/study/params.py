"""What the rules' params are, from the wildcards of a job.

Functions of `wildcards` read the wildcards of a job as attributes.
"""

from typing import Any

from mnemo.assessors import registry as assessors
from mnemo.figures.registry import FIGURES
from mnemo.results.registry import RESULTS
from mnemo.study.config import Config, Direction


class Params:
    """The params of one study's jobs.

    Args:
        config: The study.
    """

    def __init__(self, config: Config):
        self.config = config

    def truncation_psi(self, wildcards: Any) -> float:
        """Return the truncation psi of the set that a job works on."""
        name = wildcards.get("base") or wildcards.set
        return self.config.truncation_psi(name.split("/")[0])

    def layers(self, wildcards: Any) -> list[int] | None:
        """Return the layers that an edit moves; None for all."""
        chosen = self.config.edit(wildcards.edit).layers
        return None if chosen is None else list(chosen)

    def shapes(self, wildcards: Any) -> list[str]:
        """Return the shapes of an edit's images that are scored."""
        return list(self.config.shapes_of(self.config.edit(wildcards.edit)))

    def assessor(self, wildcards: Any) -> str:
        """Return the assessor whose scores an edit's strip shows."""
        return self.config.shown(self.config.edit(wildcards.edit))

    def quality(self, wildcards: Any) -> str:
        """Return the quality that an edit should increase; none if its direction is borrowed."""
        if self.config.direction(self.config.edit(wildcards.edit)).method == "file":
            return ""
        return assessors.entry(self.assessor(wildcards)).quality

    def held(self, wildcards: Any) -> list[str]:
        """Return the attributes that an edit holds constant."""
        return list(self.config.direction(self.config.edit(wildcards.edit)).hold)

    def direction(self, wildcards: Any) -> dict[str, Any]:
        """Return what the study says of a direction."""
        return _described(self.config.named_direction(wildcards.direction))

    def attributes(self, wildcards: Any) -> list[str]:
        """Return the attributes that a direction is compared with."""
        return list(self.config.attributes_of(self.config.named_direction(wildcards.direction)))

    @property
    def plain(self) -> list[dict[str, Any]]:
        """The hyperplanes of the edits that move all layers along a normal as it is."""
        return [
            {"edit": edit.name, **_described(self.config.direction(edit))}
            for edit in self.config.edits
            if self.config.is_plain(edit)
        ]

    def folds(self, wildcards: Any) -> int | None:
        """Return the number of folds that a training's test belongs to; None for the holdout."""
        training = self.config.training
        return training.folds if training and wildcards.run != "holdout" else None

    def category_of_figure(self, wildcards: Any) -> str:
        """Return the report's heading of a figure."""
        return FIGURES[wildcards.figure].category

    def labels_of_figure(self, wildcards: Any) -> dict[str, str]:
        """Return the report's labels of a figure."""
        return {"result": FIGURES[wildcards.figure].title}

    def category_of_table(self, wildcards: Any) -> str:
        """Return the report's heading of a table."""
        return RESULTS[wildcards.table].category

    def labels_of_table(self, wildcards: Any) -> dict[str, str]:
        """Return the report's labels of a table."""
        return {"result": RESULTS[wildcards.table].title}


def _described(direction: Direction) -> dict[str, Any]:
    """Return what the study says of a direction.

    A key that was added later is left out where it is not used, so that no finished job runs again.
    """
    said = direction.model_dump(mode="json")
    later = {"component": None, "allow_weak": False}
    return {key: value for key, value in said.items() if key not in later or value != later[key]}
