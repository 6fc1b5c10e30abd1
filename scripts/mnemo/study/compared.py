"""The edits that a study compares at equal effect, and the files that the comparison reads."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

from mnemo.assessors.registry import entry
from mnemo.directions.planes import LOGISTIC
from mnemo.study import contrasts, sets
from mnemo.study.config import Config
from mnemo.study.paths import Paths
from mnemo.study.sections.edits import Edit


class Compared:
    """The edits of generated images that have positive alphas, of a study with `methods`.

    Only the unedited images and those at positive alphas are compared.

    Args:
        config: The study.
        paths: Its paths.
    """

    def __init__(self, config: Config, paths: Paths):
        assert config.methods
        self.config = config
        self.paths = paths
        self._edits = [
            edit for edit in config.edits if edit.of != "photos" and max(edit.alphas) > 0
        ]

    def _where(self, wanted: Callable[[float], bool]) -> list[str]:
        """List the sets at some of the edits' alphas, edit by edit."""
        return [
            name for edit in self._edits for name in sets.edited(edit, filter(wanted, edit.alphas))
        ]

    @property
    def _sets(self) -> list[str]:
        """The sets at alpha 0 and above."""
        return self._where(lambda alpha: alpha >= 0)

    @property
    def moved(self) -> list[str]:
        """The sets at positive alphas."""
        return self._where(lambda alpha: alpha > 0)

    @property
    def scores(self) -> list[str]:
        """The scores of these sets."""
        return self.paths.scores(self._sets, self.config.scorers)

    @property
    def changes(self) -> list[str]:
        """The image changes of the edited images."""
        return self.paths.shards("image_change", self.moved, self.config.score_shard_size)

    @property
    def embeddings(self) -> list[str]:
        """The embeddings of the faces, where identity is measured."""
        return self.paths.embeddings(self._sets)

    @property
    def realness(self) -> list[str]:
        """The distances of realness of the edits."""
        real = filter(self.config.measures_realness, self._edits)
        return [f"<results>/realness/{edit.name}.parquet" for edit in real]

    @property
    def directions(self) -> list[str]:
        """All directions of the study."""
        return [f"<results>/directions/{each.name}.parquet" for each in self.config.directions]

    @property
    def benchmarks(self) -> list[str]:
        """The benchmark files of the jobs that found the directions."""
        records = dict.fromkeys(record for edit in self._edits for record in self._found_by(edit))
        return [f"<benchmarks>/{record}.tsv" for record in records]

    def _found_by(self, edit: Edit) -> list[str]:
        """List the jobs that found an edit's direction, as their benchmark files are called."""
        own, layered = self.config.direction(edit), self.config.sets.fit.layered
        fit = "fit_mixed_hyperplane" if layered else "fit_hyperplane"
        if own.method == "hyperplane":
            return [f"{fit}/{own.plane(name).name}" for name in (own.assessor, *own.hold)]
        return [] if own.method == "file" else [f"learn_direction/{own.name}"]

    def _method(self, edit: Edit) -> str:
        """Name an edit's method by what sets it apart from a logistic regression's hyperplane."""
        own = self.config.direction(edit)
        if edit.layers is not None:
            return "layers"
        if own.method != "hyperplane":
            return own.method
        if own.hold:
            return "conditioned"
        return "hyperplane" if own.plane().estimator == LOGISTIC else own.plane().estimator

    def _estimator(self, edit: Edit) -> str | None:
        """Name the estimator of an edit's hyperplane."""
        own = self.config.direction(edit)
        return own.plane().estimator if own.method == "hyperplane" else None

    @property
    def pairs(self) -> list[list[str]]:
        """The pairs of edits of the same set, each in the order of `contrasts.edits`."""
        pairs = combinations(self._edits, 2)
        return [
            [edit.name for edit in contrasts.ordered(self.config, *pair)]
            for pair in pairs
            if pair[0].of == pair[1].of
        ]

    @property
    def described(self) -> list[dict[str, Any]]:
        """What each edit is, by which assessors it is judged, and by which attributes."""
        return [
            {
                "edit": edit.name,
                "direction": edit.along,
                "method": self._method(edit),
                "estimator": self._estimator(edit),
                "found_with": self.config.direction(edit).assessor,
                "found_by": self._found_by(edit),
                "assessors": {
                    name: {
                        "confirmed_by": self._confirming(name, edit),
                        "attributes": self._attributes(name),
                    }
                    for name in self.config.changed(edit)
                },
            }
            for edit in self._edits
        ]

    def _confirming(self, name: str, edit: Edit) -> list[str]:
        """List the assessors of the same quality that the direction was not found with.

        One that shares a part with the direction's own, or with the one whose gain is confirmed, as
        a difference of two assessors does, is not independent of it.
        """
        own = self.config.direction(edit).assessor
        known = _parts(name) | (_parts(own) if own else set())
        return [each for each in self.config.changed(edit) if not _parts(each) & known]

    def _attributes(self, name: str) -> list[str]:
        """List the scorers of other qualities, but for the parts of an assessor's score."""
        quality = entry(name).quality
        others = [each for each in self.config.scorers if entry(each).quality != quality]
        return [each for each in others if not _parts(each) & _parts(name)]


def _parts(name: str) -> set[str]:
    """Return an assessor, with the parts of its score if that is a difference."""
    return {name, *(entry(name).parts or ())}
