"""The images that figures show, of a study that does not keep all: rendered again by themselves.

Which ones the catalogues show is known once all scores are. Functions of `wildcards` read the
wildcards of a job as attributes.
"""

from typing import Any

from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.study.layerwise import Layers
from mnemo.study.paths import Paths
from mnemo.study.sections.edits import Edit


class Shown:
    """The images of one study that figures show.

    Args:
        config: The study.
        paths: Its paths.
    """

    def __init__(self, config: Config, paths: Paths):
        self.config = config
        self.paths = paths
        self.sets = sets.shown_sets(config)

    def files(self, wildcards: Any) -> dict[str, list[str]]:
        """List the latents that they are picked from, and the scores by which they are ranked."""
        edit = self._edit(wildcards)
        if edit is None:
            return {"latents": Layers(self.config, self.paths).latents_shown, "scores": []}
        names, shape = sets.edited(edit), self.config.shapes_of(edit)[0]
        return {
            "latents": self.paths.shards("latents", names),
            "scores": self.paths.scores(names, [self.config.shown(edit)], [shape]),
        }

    def keys(self, wildcards: Any) -> list[str]:
        """Return the keys of those that are shown whatever their scores are: the first ones."""
        edit = self._edit(wildcards)
        if edit is None:
            return Layers(self.config, self.paths).keys_shown
        return sets.first_keys(self.config, edit.of, self.config.figures.strips)

    def alphas(self, wildcards: Any) -> list[float]:
        """Return the alphas of the edit; none for the edits of layers."""
        edit = self._edit(wildcards)
        return list(edit.alphas) if edit else []

    def _edit(self, wildcards: Any) -> Edit | None:
        """Return the edit that a set of images shows; None for the edits of layers."""
        name = wildcards.set.split("/")[1]
        return None if name == sets.LAYERS else self.config.edit(name)
