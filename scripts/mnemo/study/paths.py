"""The paths of a study's files, which its rules and its plan ask for.

Paths begin with `<results>`, which Snakemake fills in. Functions of `wildcards` are Snakemake's
input functions: they read the wildcards of a job as attributes.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, product
from pathlib import Path
from typing import Any

from mnemo.assessors import registry as assessors
from mnemo.directions.planes import Plane
from mnemo.photos.folder import SET
from mnemo.ratings import layouts
from mnemo.results.registry import RESULTS
from mnemo.study import contrasts, experiments, learned, sets
from mnemo.study.config import Config
from mnemo.study.sections.edits import Direction, Edit
from mnemo.study.sections.measures import OWN
from mnemo.training import layout

#: The tables that one job measures for each edit.
DOSE_RESPONSE = ("dose_response", "slopes", "local_slopes", "calibration")
#: The tables of a training.
TRAINING = ("training", "curves", "predictions")
#: The public tables that one job measures for the whole study; the others are joined from parts.
MEASURED_WHOLE = (
    *("agreement", "transfer", "training", "contrasts", "findings", "reproduction"),
    *("layers", "layer_effects", "methods", "method_contrasts", "cosines"),
    "assessor_validity",
)
#: The tables of experiments that all kinds have, and those of the memory game alone.
OF_EXPERIMENTS = ("trials", "participants", "human_rates", "human_models")
OF_GAMES = ("memorability", "consistency")
#: The tables that the findings are read from, as far as a study has them.
FINDINGS_FROM = ("hyperplanes", "slopes", "transfer", "contrasts", "realness", "identity")
#: The tables that are set beside the paper's, as far as a study has them.
REPRODUCED_FROM = (
    *("agreement", "hyperplanes", "training", "dose_response", "slopes", "realness"),
    "layer_effects",
)


class Paths:
    """Where the files of one study are.

    Attributes:
        config: The study.
        tables: The public tables that it has.
        merged: Those of them that are joined from parts, and the parts of a training.
        shown: Those that the report shows.

    Args:
        config: The study.
    """

    def __init__(self, config: Config):
        self.config = config
        self.tables = [name for name, result in RESULTS.items() if result.wanted(config)]
        trained = TRAINING if config.training else ()
        self.merged = [
            name
            for name in RESULTS
            if name not in MEASURED_WHOLE and (name in self.tables or name in trained)
        ]
        self.shown = [
            name for name in self.tables if RESULTS[name].title and RESULTS[name].shown(config)
        ]

    # Sets and shards

    def shards(self, folder: str, names: Iterable[str], size: int | None = None) -> list[str]:
        """List the shards of a folder of some sets.

        Args:
            folder: latents, square, oval, faces, features/<extractor>, or
                embeddings/<embedder>.
            names: The sets.
            size: Images in a shard; the study's `shard_size` when None.
        """
        size = size or self.config.shard_size
        return [
            f"<results>/{name}/{folder}/{shard}.parquet"
            for name in names
            for shard in sets.cut(sets.base(self.config, name).count, size)
        ]

    def picked(self, name: str, folder: str) -> str:
        """Return the file of a set of `sets.shown_sets`: latents, square or oval."""
        return f"<results>/{name}/{folder}/00000.parquet"

    def images(self, bases: Iterable[str]) -> list[str]:
        """List the shards of images of some unedited sets, and of all that edits make of them."""
        moved = [*self.edited, *sets.control_sets(self.config), *sets.layer_sets(self.config)]
        cut = [name for name in (*bases, *moved) if self.has_ovals(name)]
        return [*self.shards("square", [*bases, *moved]), *self.shards("oval", cut)]

    def has_ovals(self, name: str) -> bool:
        """Return whether a set's faces are cut to ovals, which are scored or trained on."""
        first, *edit = name.split("/")
        if not edit and first not in ("fit", "originals"):
            trained = self.config.trained if first == "train" else None
            return trained is not None and bool(trained.teachers) and "oval" in trained.shapes
        return "oval" in sets.shapes(self.config, name)

    def scores(
        self,
        names: Sequence[str],
        scorers: Sequence[str] | None = None,
        shapes: Sequence[str] | None = None,
    ) -> list[str]:
        """List the scores of some sets.

        Args:
            names: The sets.
            scorers: Their assessors; all of the study when None. Of people there are only the
                scores that `sets.has_scores` knows.
            shapes: Their shapes; all in which a set is scored when None.
        """
        return [
            f"<results>/{name}/scores/{assessor}/{shape}/{shard}.parquet"
            for assessor in (self.config.assessors if scorers is None else scorers)
            for shape in (self.config.shapes if shapes is None else shapes)
            for name in names
            if sets.has_scores(self.config, name, assessor, shape)
            and (shapes is not None or shape in sets.shapes(self.config, name))
            for shard in self._score_shards(name, assessor)
        ]

    def _score_shards(self, name: str, assessor: str) -> Iterable[str]:
        if assessor in self.config.ratings:
            # One job reads them all.
            return ["00000"]
        count = sets.scored(self.config, name, assessor).count
        return sets.cut(count, self.config.score_shard_size)

    @property
    def edited(self) -> list[str]:
        """All the sets that edits make."""
        return [name for edit in self.config.edits for name in sets.edited(edit)]

    @property
    def scored(self) -> list[str]:
        """All the sets whose scores the study's tables hold."""
        taken = ["originals"] if "originals" in self.config.given else []
        return ["fit", *taken, *self.edited]

    @property
    def ovals(self) -> list[str]:
        """Those of them that have ovals."""
        return [name for name in self.scored if "oval" in sets.shapes(self.config, name)]

    def seeds(self, wildcards: Any) -> list[int]:
        """Return the seeds of a shard: its first, and the one after its last."""
        return self._seeds(wildcards.base, wildcards.shard)

    def seeds_to_mix(self, wildcards: Any) -> list[int]:
        """Return the seeds of a shard of the set fit, as `seeds` does."""
        return self._seeds("fit", wildcards.shard)

    def places(self, wildcards: Any) -> list[int]:
        """Return the places of a shard's images in their set: the first, and the end."""
        places = sets.of_shard(self.config, wildcards.base, wildcards.shard)
        return [places.start, places.stop]

    def keys_without_seeds(self, wildcards: Any) -> list[str]:
        """Return the keys of a shard's images, where a file gives their latents."""
        return sets.keys_without_seeds(wildcards.base, range(*self.places(wildcards)))

    def _seeds(self, base: str, shard: str) -> list[int]:
        images, places = sets.base(self.config, base), sets.of_shard(self.config, base, shard)
        drawn = sets.seeds(images, places)
        return [drawn.start, drawn.stop]

    def images_to_score(self, wildcards: Any) -> list[str]:
        """List the shards of images that one shard of scores covers."""
        count = sets.scored(self.config, wildcards.set, wildcards.assessor).count
        return self._covered(wildcards.shape, wildcards, count)

    def images_to_measure(self, wildcards: Any) -> list[str]:
        """List the shards of images whose visual factors one job measures."""
        count = sets.base(self.config, wildcards.set).count
        return self._covered(wildcards.shape, wildcards, count)

    def images_to_extract(self, wildcards: Any) -> list[str]:
        """List the images that a shard of features, embeddings or image changes covers."""
        return self._covered("square", wildcards, sets.base(self.config, wildcards.set).count)

    def images_unedited(self, wildcards: Any) -> list[str]:
        """List the shards of unedited images that one shard of image changes compares with."""
        config, size = self.config, self.config.shard_size
        name, versions = sets.unedited(config, wildcards.set)
        edited = sets.base(config, wildcards.set).count
        rows = sets.places(wildcards.shard, edited, config.score_shard_size)
        first, end = rows.start // versions, -(-rows.stop // versions)
        shards = list(sets.cut(sets.base(config, name).count, size))[
            first // size : -(-end // size)
        ]
        return [f"<results>/{name}/square/{shard}.parquet" for shard in shards]

    def _covered(self, folder: str, wildcards: Any, count: int) -> list[str]:
        sizes = self.config.score_shard_size, self.config.shard_size
        covered = sets.within(wildcards.shard, count, *sizes)
        return [f"<results>/{wildcards.set}/{folder}/{shard}.parquet" for shard in covered]

    def scores_of_parts(self, wildcards: Any) -> list[str]:
        """List the two shards of scores whose difference is wanted."""
        return [
            f"<results>/{wildcards.set}/scores/{part}/{wildcards.shape}/{wildcards.shard}.parquet"
            for part in assessors.entry(wildcards.assessor).parts or ()
        ]

    # Photographs

    @property
    def _batch(self) -> int:
        return self.config.photos.batch if self.config.photos else 1

    # People's ratings

    @property
    def ratings(self) -> list[str]:
        """The tables of people's ratings."""
        given = self.config.ratings.items()
        return [f"<results>/ratings/{name}/{each.shape}.parquet" for name, each in given]

    @property
    def seeds_of_fit(self) -> list[int] | None:
        """The seeds of the set fit, its first, and the one after its last; None without."""
        images = self.config.sets.fit
        return None if images.latents else [images.first_seed, images.first_seed + images.count]

    def files_of_ratings(self, wildcards: Any) -> list[str]:
        """List the files of people's ratings: one, or those of a folder in BIDS."""
        file, own = Path(self.config.ratings[wildcards.people].file), self.config.sets.fit.latents
        files = sorted(map(str, file.glob(layouts.FILES))) if file.is_dir() else [str(file)]
        # It may have names by which the ratings call the images.
        return [*files, own] if own else files

    # Hyperplanes and directions

    @property
    def hyperplanes(self) -> list[str]:
        """The files of all hyperplanes."""
        return [_hyperplane(plane) for plane in self.config.grid]

    @property
    def held_out_to_contrast(self) -> list[str]:
        """The files of hits of the hyperplanes that are compared."""
        pairs = contrasts.hyperplanes(self.config)
        planes = dict.fromkeys(chain.from_iterable(pairs))
        return [f"<results>/held_out/{plane.name}.parquet" for plane in planes]

    def scores_to_fit(self, wildcards: Any) -> list[str]:
        """List the scores that a hyperplane is fitted on."""
        return self.scores(["fit"], [wildcards.assessor], [wildcards.shape])

    def hyperplane_of_direction(self, wildcards: Any) -> str:
        """Return the file of the hyperplane whose normal a direction is made of."""
        own = self.config.named_direction(wildcards.direction)
        return _hyperplane(own.plane())

    def hyperplanes_held(self, wildcards: Any) -> list[str]:
        """List the hyperplanes of the attributes that a direction holds constant."""
        own = self.config.named_direction(wildcards.direction)
        return self._planes(own, own.hold)

    def hyperplanes_of_attributes(self, wildcards: Any) -> list[str]:
        """List the hyperplanes of the attributes that a direction is compared with."""
        own = self.config.named_direction(wildcards.direction)
        return self._planes(own, self.config.attributes_of(own))

    def refits_of_hyperplane(self, wildcards: Any) -> str:
        """Return the refits of the hyperplane whose normal a direction is made of."""
        return _refits(self.hyperplane_of_direction(wildcards))

    def refits_held(self, wildcards: Any) -> list[str]:
        """List the refits of the attributes that a direction holds constant."""
        return list(map(_refits, self.hyperplanes_held(wildcards)))

    def refits_of_attributes(self, wildcards: Any) -> list[str]:
        """List the refits of the attributes that a direction is compared with."""
        return list(map(_refits, self.hyperplanes_of_attributes(wildcards)))

    def _planes(
        self, own: Direction, scorers: Iterable[str], shapes: Iterable[str] | None = None
    ) -> list[str]:
        """List hyperplanes of some assessors that are like a direction's own."""
        like = product(scorers, [str(own.shape)] if shapes is None else shapes)
        return [_hyperplane(own.plane(*each)) for each in like]

    def file_of_direction(self, wildcards: Any) -> str:
        """Return the user's file that a direction is read from."""
        return str(self.config.named_direction(wildcards.direction).file)

    def direction_of_edit(self, wildcards: Any) -> str:
        """Return the file of the direction that an edit moves along."""
        return f"<results>/directions/{self.config.edit(wildcards.edit).along}.parquet"

    # Controls

    def _controlled_by(self, wildcards: Any) -> Plane:
        """Return the hyperplane whose permuted scores an edit's controls are fitted on.

        It is the edit's own; for a direction that is no hyperplane's, the first one in its space,
        of the assessor that it was learned with.
        """
        edit = self._edit(wildcards)
        along, grid = self.config.direction(edit), self.config.hyperplanes
        if along.method == "hyperplane":
            return along.plane()
        own = along.assessor if along.method == "learned" else None
        assessor = own or self.config.models[0]
        shape = self.config.shapes_of(edit)[0]
        return Plane(along.space, assessor, shape, grid.thresholds[0], grid.estimators[0])

    def direction_of_controls(self, wildcards: Any) -> str:
        """Return the file of the normal to whose side the control of brightness moves.

        It is that of the edit's hyperplane, before anything is held constant: a direction that
        holds brightness moves to neither side.
        """
        along = self.config.direction(self._edit(wildcards))
        if along.method == "hyperplane":
            return _hyperplane(along.plane())
        return f"<results>/directions/{along.name}.parquet"

    def scores_of_controls_fit(self, wildcards: Any) -> list[str]:
        """List the scores that are permuted for an edit's controls."""
        plane = self._controlled_by(wildcards)
        return self.scores(["fit"], [plane.assessor], [plane.shape])

    def brightness_of_edit(self, wildcards: Any) -> list[str]:
        """Return the hyperplane of brightness, if it is among an edit's controls."""
        if "brightness" not in sets.controls_of(self.config):
            return []
        return [_hyperplane(self._controlled_by(wildcards)._replace(assessor="brightness"))]

    def threshold_of_controls(self, wildcards: Any) -> str:
        """Return the threshold of the hyperplanes of an edit's controls."""
        return self._controlled_by(wildcards).threshold

    def estimator_of_controls(self, wildcards: Any) -> str:
        """Return what the hyperplanes of an edit's controls are fitted with."""
        return self._controlled_by(wildcards).estimator

    def keys_of_controls(self, wildcards: Any) -> list[str]:
        """Return the keys of the images that an edit's controls move: the first of their set."""
        name = self._edit(wildcards).of
        count = sets.controlled(self.config, name)
        return sets.first_keys(self.config, name, count)

    def latents_to_control(self, wildcards: Any) -> list[str]:
        """List the shards with the latents that controls move."""
        count = sets.controlled(self.config, wildcards.base)
        shards = sets.cut(count, self.config.shard_size)
        return [f"<results>/{wildcards.base}/latents/{shard}.parquet" for shard in shards]

    def rows_of_controls(self, wildcards: Any) -> list[int]:
        """Return the rows of a shard among all of a set of controls: its first, and its end."""
        name = sets.control_set(self.config, self._edit(wildcards))
        places = sets.of_shard(self.config, name, wildcards.shard)
        return [places.start, places.stop]

    def scores_of_controls(self, wildcards: Any) -> list[str]:
        """List the scores of an edit's controls."""
        edit = self._edit(wildcards)
        shapes = self.config.shapes_of(edit)
        name = sets.control_set(self.config, edit)
        return self.scores([name], self.config.scorers, shapes)

    def scores_unedited(self, wildcards: Any) -> list[str]:
        """List the scores of an edit's images at alpha 0 that its controls are compared with."""
        edit = self._edit(wildcards)
        count = sets.controlled(self.config, edit.of)
        return [
            f"<results>/{edit.of}/{edit.name}/0/scores/{scorer}/{shape}/{shard}.parquet"
            for scorer in self.config.scorers
            for shape in self.config.shapes_of(edit)
            for shard in sets.cut(count, self.config.score_shard_size)
        ]

    # Edits

    def scores_of_edit(self, wildcards: Any) -> list[str]:
        """List all scores of an edit."""
        return self.scores(sets.edited(self._edit(wildcards)))

    def scores_to_calibrate(self, wildcards: Any) -> list[str]:
        """List the scores of the set fit whose deviation is the unit of an edit's calibration."""
        return self.scores(
            ["fit"], [self.config.judge(self.config.direction(self._edit(wildcards)))]
        )

    def refits_of_direction(self, wildcards: Any) -> list[str]:
        """List the refits of the direction of an edit: one file, or none if its error is unknown.

        Nobody knows that of a direction from a file, or of one that was learned, or what an error
        does in some layers alone.
        """
        edit = self._edit(wildcards)
        known = self.config.direction(edit).method == "hyperplane" and edit.layers is None
        return [f"<results>/refits/directions/{edit.along}.parquet"] if known else []

    def refits_of_scores(self, wildcards: Any) -> list[str]:
        """List the refits of all scores of an edit in its direction's space, where they matter."""
        if not self.refits_of_direction(wildcards):
            return []
        edit, config = self._edit(wildcards), self.config
        planes = self._planes(config.direction(edit), config.models, config.shapes_of(edit))
        return list(map(_refits, planes))

    @property
    def scores_transferred(self) -> list[str]:
        """The scores of the edits along hyperplanes' normals as they are."""
        plain = filter(self.config.is_plain, self.config.edits)
        return self.scores([name for edit in plain for name in sets.edited(edit)])

    def scores_of_attributes(self, wildcards: Any) -> list[str]:
        """List the scores of an edit, and of the set fit, by the assessors of held attributes."""
        names = [*sets.edited(self._edit(wildcards)), "fit"]
        return self.scores(names, self.config.attributes)

    def scores_with_factors(self, wildcards: Any) -> list[str]:
        """List the scores of an edit by the assessors and the visual factors."""
        return self.scores(sets.edited(self._edit(wildcards)), self.config.scorers)

    @property
    def factors_unedited(self) -> list[str]:
        """The visual factors of the set fit."""
        return self.scores(["fit"], self.config.measured_factors)

    def embeddings_of_edit(self, wildcards: Any) -> list[str]:
        """List the embeddings of an edit's faces."""
        return self.embeddings(sets.edited(self._edit(wildcards)))

    def embeddings(self, names: Iterable[str]) -> list[str]:
        """List the embeddings of the faces of some sets, where identity is measured."""
        if not self.config.identity:
            return []
        folder = f"embeddings/{self.config.identity.features}"
        return self.shards(folder, names, self.config.score_shard_size)

    @property
    def features_of_photographs(self) -> list[str]:
        """The features of the photographs that realness is measured against, if it is."""
        names = {None: [], OWN: ["originals"]}
        return self.features(names.get(self.config.realness.reference, [SET]))

    def features(self, names: Iterable[str]) -> list[str]:
        """List the features of some sets."""
        folder = f"features/{self.config.realness.features}"
        return self.shards(folder, names, self.config.score_shard_size)

    def features_of_edit(self, wildcards: Any) -> list[str]:
        """List the features of an edit's images."""
        return self.features(sets.edited(self._edit(wildcards)))

    def features_of_floor(self, wildcards: Any) -> list[str]:
        """List the features of as many images of the set floor as an edit moves."""
        folder = f"features/{self.config.realness.features}"
        count = sets.base(self.config, self._edit(wildcards).of).count
        cut = sets.cut(count, self.config.score_shard_size)
        return [f"<results>/floor/{folder}/{shard}.parquet" for shard in cut]

    def logits(self, features: Iterable[str]) -> list[str]:
        """List the logits beside features; none if realness has no Inception Score."""
        own, *logits = (f"/features/{each}/" for each in self.config.realness.extractors)
        return [path.replace(own, beside) for beside in logits for path in features]

    def _edit(self, wildcards: Any) -> Edit:
        return self.config.edit(wildcards.edit)

    # Training

    @property
    def database(self) -> str:
        """What is watched of the database to train on: the one that is made, or a spreadsheet."""
        given = self.config.training.database if self.config.training else None
        return str(Path(given, layout.SCORES)) if given else "<results>/training/database"

    @property
    def training(self) -> list[str]:
        """What the stage `train` makes."""
        tables = [f"<results>/{table}.parquet" for table in TRAINING]
        return [*tables, "<results>/figures/training.svg"]

    # Tables, figures and pages

    def parts_of_table(self, wildcards: Any) -> list[str]:
        """List the files that a public table joins."""
        config, table = self.config, wildcards.table
        edits = [edit.name for edit in config.edits]
        match table:
            case "scores":
                return self.scores(self.scored, [*config.scorers, *config.ratings])
            case "ratings":
                return self.ratings
            case "faces":
                kept = config.images.keep == "all"
                return self.shards("oval" if kept else "faces", self.ovals)
            case "photos":
                return self.shards("square", ["originals"])
            case "inversions":
                parts = sets.cut(sets.base(config, "photos").count, self._batch)
                return [f"<results>/photos/inversions/{part}.parquet" for part in parts]
            case "hyperplanes":
                return self.hyperplanes
            case "directions":
                return [f"<results>/directions/{each.name}.parquet" for each in config.directions]
            case "learning":
                return [
                    f"<results>/learning/{each.name}.parquet" for each in learned.of_study(config)
                ]
            case "conditions":
                fitted = [each for each in config.directions if each.method == "hyperplane"]
                compared = [each.name for each in fitted if config.attributes_of(each)]
                return [f"<results>/conditions/{name}.parquet" for name in compared]
            case "lost_faces":
                losing = [edit.name for edit in config.edits if config.loses_ovals(edit)]
                return [f"<results>/lost_faces/{edit}.parquet" for edit in losing]
            case "curves" | "predictions":
                runs = config.training.runs if config.training else ()
                return [f"<results>/training/{run}/{table}.parquet" for run in runs]
            case "realness":
                real = [edit.name for edit in filter(config.measures_realness, config.edits)]
                return [f"<results>/realness/{edit}.parquet" for edit in real]
            case name if name in (*OF_EXPERIMENTS, *OF_GAMES):
                kind = "memory-game" if name in OF_GAMES else None
                answered = experiments.answered(config, kind)
                return [f"<results>/people/{each}/{name}.parquet" for each in answered]
            case name if name in DOSE_RESPONSE:
                return [f"<results>/dose_response/{edit}/{table}.parquet" for edit in edits]
            case _:
                return [f"<results>/{table}/{edit}.parquet" for edit in edits]

    @property
    def directions_of_edits(self) -> list[str]:
        """The directions of all edits, which turn alphas into distances."""
        names = dict.fromkeys(edit.along for edit in self.config.edits)
        return [f"<results>/directions/{name}.parquet" for name in names]

    def directions_of_table(self, wildcards: Any) -> list[str]:
        """List the directions of all edits, if a table's rows are about edits at some alpha."""
        return self.directions_of_edits if RESULTS[wildcards.table].by_alpha else []

    @property
    def tables_of_findings(self) -> list[str]:
        """The tables that the findings are read from."""
        return [f"<results>/{table}.parquet" for table in FINDINGS_FROM if table in self.tables]

    @property
    def tables_of_paper(self) -> list[str]:
        """The tables that are set beside the paper's."""
        return [f"<results>/{table}.parquet" for table in REPRODUCED_FROM if table in self.tables]


def _hyperplane(plane: Plane) -> str:
    """Return the file of a hyperplane."""
    return f"<results>/hyperplanes/{plane.name}.parquet"


def _refits(hyperplane: str) -> str:
    """Return the file of a hyperplane's refits."""
    return hyperplane.replace("<results>/hyperplanes/", "<results>/refits/")
