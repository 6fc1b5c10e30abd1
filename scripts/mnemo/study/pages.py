"""The figures and pages of a study's report, and the files that they are drawn from.

Functions of `wildcards` read the wildcards of a job as attributes.
"""

from collections.abc import Iterable
from itertools import product
from typing import Any

from mnemo.figures.registry import FIGURES
from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.study.paths import Paths
from mnemo.study.sections.edits import alpha_name

#: The figures of the whole study that the paper has too.
IN_PAPER = ("distributions", "agreement", "accuracy", "training", "drift", "layers")
#: The pages that every study has beside those of its tables.
WHOLE_PAGES = ("reproduction", "weights")


class Pages:
    """The figures and pages of one study's report.

    Args:
        config: The study.
        paths: Its paths.
    """

    def __init__(self, config: Config, paths: Paths):
        self.config = config
        self.paths = paths

    @property
    def figures_of_paper(self) -> list[str]:
        """The figures that are counterparts of the paper's: some, and all of each edit."""
        whole = {f"<results>/figures/{name}.svg" for name in IN_PAPER}
        of_edits = tuple(f"<results>/figures/{edit.name}/" for edit in self.config.edits)
        return [path for path in self.figures if path in whole or path.startswith(of_edits)]

    @property
    def counterparts(self) -> list[str]:
        """The same figures, by their files in the study's folder of results."""
        return [path.removeprefix("<results>/") for path in self.figures_of_paper]

    def tables_of_figure(self, wildcards: Any) -> list[str]:
        """List the tables that a figure of the whole study is drawn from."""
        return [f"<results>/{table}.parquet" for table in FIGURES[wildcards.figure].tables]

    def files_of_photos(self, wildcards: Any) -> dict[str, list[str]]:
        """List the files that the figure of an edit of photographs is drawn from.

        They are the photographs as they were taken, the edited ones at alpha 0 and at the ends, and
        the scores of both.
        """
        edit, config = self.config.edit(wildcards.edit), self.config
        ends = dict.fromkeys([min(edit.alphas), max(edit.alphas)])
        recovered, *edited = (
            f"photos/{edit.name}/{alpha_name(alpha)}"
            for alpha in (0, *(end for end in ends if end))
        )
        assessor, shape = config.shown(edit), config.shapes_of(edit)[0]
        return {
            "aligned": self.paths.shards(shape, ["originals"]),
            "recovered": self.paths.shards(shape, [recovered]),
            "edited": self.paths.shards(shape, edited),
            "scores": self.paths.scores(["originals", recovered, *edited], [assessor], [shape]),
        }

    def scores_to_draw(self, wildcards: Any) -> list[str]:
        """List the scores that a figure of dose and response is drawn from."""
        return self.paths.scores(
            sets.edited(self.config.edit(wildcards.edit)), [wildcards.assessor]
        )

    def keys_of_strip(self, wildcards: Any) -> list[str]:
        """Return the keys of the faces that a strip shows: the first of their set.

        Of photographs there are none: it shows the first that can be used.
        """
        name, count = self.config.edit(wildcards.edit).of, self.config.figures.strips
        return [] if name == "photos" else sets.first_keys(self.config, name, count)

    def _strips(self, wildcards: Any) -> int:
        """Return the number of images from the first on that a strip is chosen from."""
        name = self.config.edit(wildcards.edit).of
        count = sets.base(self.config, name).count
        return count if name == "photos" else min(self.config.figures.strips, count)

    def files_of_strip(self, wildcards: Any) -> dict[str, list[str]]:
        """List the shards that hold the faces of a strip, by shape, and those of their scores."""
        edit, config = self.config.edit(wildcards.edit), self.config
        shapes = config.shapes_of(edit)
        scored = [f"scores/{config.shown(edit)}/{shape}" for shape in shapes]
        return {
            **{shape: self._first([shape], wildcards, config.shard_size) for shape in shapes},
            "scores": self._first(scored, wildcards, config.score_shard_size),
        }

    def _first(self, folders: Iterable[str], wildcards: Any, size: int) -> list[str]:
        """List the shards of an edit that hold the faces of its strip."""
        return [
            f"<results>/{edited}/{folder}/{shard}.parquet"
            for folder in folders
            for edited in sets.edited(self.config.edit(wildcards.edit))
            for shard in sets.cut(self._strips(wildcards), size)
        ]

    @property
    def figures(self) -> list[str]:
        """All figures of the study."""
        config = self.config
        whole = [name for name, figure in FIGURES.items() if figure.wanted(config)]
        edits = [edit.name for edit in config.edits]
        return [
            "<results>/figures/distributions.svg",
            *(f"<results>/figures/{name}.svg" for name in whole),
            *(f"<results>/figures/{edit}/strip.png" for edit in edits),
            *(
                f"<results>/figures/{edit}/dose_response/{assessor}.svg"
                for edit, assessor in product(edits, config.assessors)
            ),
            *(
                f"<results>/figures/{edit.name}/realness.svg"
                for edit in filter(config.measures_realness, config.edits)
            ),
            *(f"<results>/figures/{name}.png" for name in self._pictures_of_photos),
        ]

    @property
    def _pictures_of_photos(self) -> list[str]:
        """The figures of photographs: as they were recovered, and as each edit moves them."""
        config = self.config
        moved = [f"{edit.name}/photos" for edit in config.edits if edit.of == "photos"]
        return ["recovered", *moved] if "originals" in config.given else []

    @property
    def pages(self) -> list[str]:
        """All pages of the report."""
        others = [name for name in ("faces", "layers") if name in self.paths.tables]
        return [
            *(f"<results>/pages/{edit.name}/strip.html" for edit in self.config.edits),
            *(f"<results>/pages/{name}.html" for name in self._pictures_of_photos),
            *(
                f"<results>/pages/{name}.html"
                for name in [*self.paths.shown, *others, *WHOLE_PAGES]
            ),
        ]
