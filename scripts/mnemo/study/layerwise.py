"""The files and params of the jobs of layerwise edits.

Functions of `wildcards` read the wildcards of a job as attributes.
"""

from typing import Any

from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.study.paths import Paths


class Layers:
    """The layerwise edits of one study, which must have some.

    Args:
        config: The study.
        paths: Its paths.
    """

    def __init__(self, config: Config, paths: Paths):
        assert config.layerwise
        self.config = config
        self.paths = paths
        self.settings = config.layerwise

    @property
    def edited(self) -> list[str]:
        """The sets of edited images."""
        return list(map(sets.layer_set, self.config.layers))

    @property
    def unedited(self) -> list[str]:
        """The set of the unedited images."""
        return [sets.layer_set(sets.UNMOVED)]

    @property
    def direction(self) -> str:
        """The file of the direction."""
        return f"<results>/directions/{self.settings.direction}.parquet"

    @property
    def calibrated(self) -> list[str]:
        """The files of the steps of equal image change; none if steps are of equal norm."""
        if self.settings.step == "norm":
            return []
        return [f"<results>/layers/steps/{part}.parquet" for part in self.config.layers]

    def steps_of_layer(self, wildcards: Any) -> list[str]:
        """Return the file of a part's steps, if they are found by a job."""
        own = f"/{wildcards.layer}.parquet"
        return [path for path in self.calibrated if path.endswith(own)]

    def steps(self, wildcards: Any) -> list[float]:
        """Return the steps of a part's levels, if they are known; none if a job finds them."""
        if wildcards.layer == sets.UNMOVED:
            return [0.0]
        return [] if self.calibrated else list(self.equal_steps.values())

    @property
    def equal_steps(self) -> dict[float, float]:
        """The steps of equal norm, by level."""
        return {level: level * float(self.settings.size or 0) for level in self.settings.levels}

    def chosen(self, wildcards: Any) -> list[int] | None:
        """Return the layers that a part moves; None for the unedited images."""
        return (
            list(self.config.layers[wildcards.layer])
            if wildcards.layer in self.config.layers
            else None
        )

    def _rows(self, part: str, shard: str, size: int) -> range:
        """Return the places of a shard's images in a part's set."""
        return sets.places(shard, sets.base(self.config, sets.layer_set(part)).count, size)

    def _faces(self, part: str, rows: range) -> range:
        """Return the places of the images that versions belong to in the set eval."""
        versions = len(sets.levels(self.config, part))
        return range(rows.start // versions, -(-rows.stop // versions))

    def _shards(self, faces: range) -> list[str]:
        """List the shards that hold some images of the set eval, or of the unedited ones."""
        size = self.config.shard_size
        shards = list(sets.cut(self.config.sets.eval.count, size))
        return shards[faces.start // size : -(-faces.stop // size)]

    def latents_to_move(self, wildcards: Any) -> list[str]:
        """List the latents whose images a shard has versions of."""
        rows = self._rows(wildcards.layer, wildcards.shard, self.config.shard_size)
        shards = self._shards(self._faces(wildcards.layer, rows))
        return [f"<results>/eval/latents/{shard}.parquet" for shard in shards]

    def faces(self, wildcards: Any) -> list[int]:
        """Return the rows of these latents that are moved: the first, and the end."""
        size = self.config.shard_size
        faces = self._faces(wildcards.layer, self._rows(wildcards.layer, wildcards.shard, size))
        before = faces.start // size * size
        return [faces.start - before, faces.stop - before]

    def rows(self, wildcards: Any) -> list[int]:
        """Return the places of a shard's rows among all versions of these images."""
        part = wildcards.layer
        rows = self._rows(part, wildcards.shard, self.config.shard_size)
        before = self._faces(part, rows).start * len(sets.levels(self.config, part))
        return [rows.start - before, rows.stop - before]

    @property
    def latents_to_calibrate(self) -> list[str]:
        """The latents on which steps of equal image change are found."""
        return [
            f"<results>/eval/latents/{shard}.parquet"
            for shard in self._shards(range(self.calibrated_on))
        ]

    @property
    def calibrated_on(self) -> int:
        """The number of images on which they are found."""
        return min(sets.CALIBRATED_ON, self.settings.count)

    @property
    def scores(self) -> list[str]:
        """The scores of the edited images."""
        return self.paths.scores(self.edited, self.config.scorers)

    @property
    def scores_unedited(self) -> list[str]:
        """The scores of the unedited images."""
        return self.paths.scores(self.unedited, self.config.scorers)

    @property
    def changes(self) -> list[str]:
        """The image changes of the edited images."""
        return self.paths.shards("image_change", self.edited, self.config.score_shard_size)

    @property
    def shape(self) -> str:
        """The shape of the faces that strips show."""
        return self.config.shapes[0]

    @property
    def keys_shown(self) -> list[str]:
        """The keys of the faces that strips show: the first of the set."""
        return sets.first_keys(self.config, "eval", min(sets.FACES_OF_LAYERS, self.settings.count))

    @property
    def images_shown(self) -> list[str]:
        """The shards that hold the faces of the strips, edited and unedited."""
        if self.config.images.keep != "all":
            return [self.paths.picked(sets.layer_set(sets.SHOWN), self.shape)]
        return self._first(self.shape, self.config.shard_size)

    @property
    def latents_shown(self) -> list[str]:
        """The shards that hold the latents of these faces."""
        return self._first("latents", self.config.shard_size)

    @property
    def scores_shown(self) -> list[str]:
        """The shards that hold their scores."""
        folder = f"scores/{self.config.shown_of_layers}/{self.shape}"
        return self._first(folder, self.config.score_shard_size)

    def _first(self, folder: str, size: int) -> list[str]:
        """List the shards of a folder that hold the versions of the faces shown."""
        shown = len(self.keys_shown)
        return [
            f"<results>/{sets.layer_set(part)}/{folder}/{shard}.parquet"
            for part in (sets.UNMOVED, *self.config.layers)
            for shard in sets.cut(shown * len(sets.levels(self.config, part)), size)
        ]
