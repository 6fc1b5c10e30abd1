"""The figures and pages of a study's report, and the files that they are drawn from.

Functions of `wildcards` read the wildcards of a job as attributes.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from mnemo.figures.registry import FIGURES
from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.study.paths import Paths
from mnemo.study.sections.edits import Edit

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
        recovered, *edited = sets.edited(edit, (0, *filter(None, ends)))
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

    def files_of_strip(self, wildcards: Any) -> dict[str, list[str]]:
        """List the shards that hold the faces of a strip, by shape, and those of their scores."""
        edit, config = self.config.edit(wildcards.edit), self.config
        shapes, names = config.shapes_of(edit), sets.edited(edit)
        scored = [f"scores/{config.shown(edit)}/{shape}" for shape in shapes]
        return {
            **{
                shape: self._shown(edit, shape) or self._first([shape], names, config.shard_size)
                for shape in shapes
            },
            "scores": self._first(scored, names, config.score_shard_size),
        }

    def _shown(self, edit: Edit, shape: str) -> list[str]:
        """Return the file of the images of an edit that figures show, where not all are kept."""
        own = f"{edit.of}/{edit.name}/{sets.SHOWN}"
        return [self.paths.picked(own, shape)] if own in sets.shown_sets(self.config) else []

    def _first(self, folders: Iterable[str], names: Sequence[str], size: int) -> list[str]:
        """List the shards of edited sets that hold the images of a strip.

        Photographs are chosen from all, since only some can be used.
        """
        count = sets.base(self.config, names[0]).count
        if not names[0].startswith("photos/"):
            count = min(self.config.figures.strips, count)
        return [
            f"<results>/{name}/{folder}/{shard}.parquet"
            for folder in folders
            for name in names
            for shard in sets.cut(count, size)
        ]

    @property
    def catalogued(self) -> list[Edit]:
        """The edits that have a catalogue: those of generated images."""
        return [edit for edit in self.config.edits if edit.of != "photos"]

    @property
    def side_by_side(self) -> list[Edit]:
        """The edits on the page that compares them: those of the first set that several move."""
        sets_moved = [edit.of for edit in self.catalogued]
        of = next((name for name in sets_moved if sets_moved.count(name) > 1), None)
        return [edit for edit in self.catalogued if edit.of == of]

    def files_of_catalogue(self, wildcards: Any) -> dict[str, list[str]]:
        """List the shards of the images of an edit, in its first shape, and of their scores."""
        edit = self.config.edit(wildcards.edit)
        shape, names = self.config.shapes_of(edit)[0], sets.edited(edit)
        return {
            "images": self._shown(edit, shape) or self.paths.shards(shape, names),
            "scores": self.paths.scores(names, [self.config.shown(edit)], [shape]),
        }

    @property
    def keys_side_by_side(self) -> list[str]:
        """The keys of the images that are shown under several edits: the first of their set."""
        edits = self.side_by_side
        return sets.first_keys(self.config, edits[0].of, self.config.figures.strips)

    @property
    def files_side_by_side(self) -> dict[str, list[str]]:
        """The shards that hold them, in each edit's first shape, and those of their scores."""
        config = self.config
        images, scores = [], []
        for edit in self.side_by_side:
            shape, ends = config.shapes_of(edit)[0], {min(edit.alphas), 0.0, max(edit.alphas)}
            names = sets.edited(edit, sorted(ends))
            scored = f"scores/{config.shown(edit)}/{shape}"
            images += self._shown(edit, shape) or self._first([shape], names, config.shard_size)
            scores += self._first([scored], names, config.score_shard_size)
        return {"images": images, "scores": scores}

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
                for edit, assessor in product(edits, config.models)
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
            *(f"<results>/pages/{edit.name}/catalogue.html" for edit in self.catalogued),
            *(["<results>/pages/properties.html"] if self.side_by_side else []),
            *(f"<results>/pages/{name}.html" for name in self._pictures_of_photos),
            *(
                f"<results>/pages/{name}.html"
                for name in [*self.paths.shown, *others, *WHOLE_PAGES]
            ),
        ]
