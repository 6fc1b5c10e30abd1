"""What a study publishes: which files, which tables are recomputed from them, and what is private.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from mnemo.crates import layout
from mnemo.errors import MnemoError
from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.study.models import Models
from mnemo.study.paths import TRAINING, Paths
from mnemo.study.sections.measures import OWN

#: Those of sets of photographs: what describes a face in numbers can identify its owner.
MEASURED_OF_PHOTOS = ("scores", "image_change")
#: Tables that can't be recomputed from what is measured of images.
NOT_RECOMPUTED = ("faces", "photos", "inversions", "ratings", "learning", *TRAINING)
#: Those too that are measured of the features and embeddings of photographs.
OF_PHOTOGRAPHS = ("realness", "identity")
#: Rules that only publishing runs.
_OWN_RULES = ("publish_study",)
#: What takes the place of the path of something private.
PRIVATE = "private"


class Publishing:
    """What one study publishes.

    Args:
        config: The study.
        paths: Its paths.
    """

    def __init__(self, config: Config, paths: Paths):
        self.config = config
        self._paths = paths

    @property
    def has_photographs(self) -> bool:
        """Whether the study has photographs, which must not leave."""
        return self.config.photos is not None

    @property
    def shards(self) -> list[str]:
        """The shards of images that are published."""
        names = self.image_sets
        ovals = [name for name in self._paths.ovals if name in names]
        return [*self._paths.shards("square", names), *self._paths.shards("oval", ovals)]

    def contents(self, models: Models) -> dict[str, Any]:
        """Return the params of the job that packs the crate, as `publish.pack.Contents` has them.

        Args:
            models: The models of the study.
        """
        config = self.config
        simulated = [
            *(each.simulated is not None for each in config.experiments.values()),
            *(each.simulated for each in config.ratings.values()),
        ]
        return {
            "about": config.publish.model_dump(mode="json") if config.publish else {},
            "config": self.public,
            "weights": models.listed(),
            "tables": self.tables,
            "recomputed": self.recomputed,
            "folders": self.folders(),
            "files": self.files(),
            "shards": [path.removeprefix("<results>/") for path in self.shards],
            "pictures": not self.has_photographs,
            "left_out": self.left_out(),
            "simulated": any(simulated),
        }

    @property
    def sets(self) -> list[str]:
        """All sets of images, those of photographs among them."""
        config = self.config
        bases = [name for name in config.given if name != "originals"]
        taken = ["originals"] if "originals" in config.given else []
        edited = [name for edit in config.edits for name in sets.edited(edit)]
        return [*taken, *bases, *edited, *sets.control_sets(config), *sets.layer_sets(config)]

    def folders(self) -> list[str]:
        """List the folders of the results with what is published of what the models measured."""
        config = self.config
        found = [
            f"{name}/{folder}"
            for name in self.sets
            for folder in (MEASURED_OF_PHOTOS if _is_private(name) else layout.MEASURED)
        ]
        if config.sets.fit.latents:
            found.append("fit/latents")
        if config.layerwise:
            found.append("layers/steps")
        if config.ratings:
            found.append("ratings")
        return found

    def files(self) -> list[str]:
        """List further files of the results that nothing but the user, or long work, can give."""
        config = self.config
        given = [
            f"directions/{each.name}.parquet"
            for each in config.directions
            if each.method != "hyperplane"
        ]
        answers = [
            f"people/{name}/{table}.parquet"
            for name, each in config.experiments.items()
            if each.answered
            for table in ("trials", "participants")
        ]
        return [*given, *answers]

    @property
    def image_sets(self) -> list[str]:
        """The sets whose images are published."""
        wanted = self.config.publish is not None and self.config.publish.images
        return [name for name in self.sets if wanted and not _is_private(name)]

    @property
    def tables(self) -> list[str]:
        """The public tables that are published."""
        # Its images have the names of the files of the database.
        hidden = (
            {"predictions"} if self.config.training and self.config.training.database else set()
        )
        return [name for name in self._paths.tables if name not in hidden]

    @property
    def as_published(self) -> list[str]:
        """Those that are not recomputed when the crate is verified."""
        photographs = self.has_photographs or self.config.realness.reference is not None
        fixed = {*NOT_RECOMPUTED, *(OF_PHOTOGRAPHS if photographs else ())}
        return [name for name in self.tables if name in fixed]

    @property
    def recomputed(self) -> list[str]:
        """Those that are recomputed when the crate is verified."""
        return [name for name in self.tables if name not in self.as_published]

    @property
    def public(self) -> dict[str, Any]:
        """The study without the paths of the user's own files, which say where and who they are.

        Names of files stay; not those of photographs, of the folders that they are in, and of
        databases of them.
        """
        return _without_paths(self.config.model_dump(mode="json"))

    def check(self, rules: Iterable[str]) -> None:
        """Make sure that the study can be published.

        Args:
            rules: The scripts of the jobs that would run.

        Raises:
            MnemoError: The study does not say who publishes it, or is not finished.
        """
        if self.config.publish is None:
            raise MnemoError(
                "this study does not say who publishes it. Give it a section, such as\n"
                "publish: {title: What makes faces memorable, authors: [{name: Ada Lovelace}]}"
            )
        missing = Counter(rule for rule in rules if rule and rule not in _OWN_RULES)
        if missing:
            listed = ", ".join(f"{count:,} x {rule}" for rule, count in sorted(missing.items()))
            raise MnemoError(
                f"the study {self.config.study} is not finished; {missing.total():,} jobs are "
                f"missing: {listed}. Finish it with `snakemake --cores all`, with the options of "
                "this command, and publish it then."
            )

    def left_out(self) -> list[dict[str, str]]:
        """List what the crate does not have, each with the reason."""
        config = self.config
        found = {
            "weights of the models": "their publishers' licences; weights.csv names each with its "
            "sha256, publisher and licence",
            "latents": "they follow from the seeds and the generator's weights",
            "logs and benchmarks": "they name the machine, and no result depends on them",
        }
        if not self.image_sets:
            found["shards of images"] = (
                "publish.images is false; they follow from the seeds and the generator's weights"
            )
        if self.has_photographs:
            found |= {
                "photographs, aligned or inverted, with their latents": "persons can be recognised",
                "names of the photographs' files": "they may name the persons",
                "features and embeddings of photographs": "persons can be identified by them",
                "report, pages and figures with pictures": "they show the photographs",
            }
        if config.realness.folder:
            found["photographs of the reference, with their features"] = (
                "they are the user's own, and persons can be recognised"
            )
        if any(each.photographs for each in config.experiments.values()):
            found["photographs of the experiments"] = "they are the user's own"
        if config.experiments:
            found[
                "folders of the experiments, with the participants' identifiers at recruitment"
            ] = "participants go by pseudonyms, and only the lab can tell who they are"
        if config.training and config.training.database:
            found["images of the database, with the predictions that name them"] = (
                "the licence of the database forbids it (10k US Adult Faces)"
            )
        if config.training:
            found["trained assessors"] = "weights are not part of a crate"
        return [{"what": what, "reason": reason} for what, reason in found.items()]


def _is_private(name: str) -> bool:
    return name.split("/")[0] in sets.PHOTOS


def _without_paths(study: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the paths in a study."""
    public = {**study}
    # Who publishes, and whether images stay, decides no result.
    public.pop("publish", None)
    public["images"] = {**public["images"]}
    public["images"].pop("keep", None)
    for place, key, keep in _PATHS:
        for section in list(_sections(public, place)):
            if isinstance(section.get(key), str) and section[key] != OWN:
                section[key] = PurePath(section[key]).name if keep else PRIVATE
    weights = public.get("assessor_weights") or {}
    public["assessor_weights"] = {
        name: f"resources/weights/{PurePath(path).name}" for name, path in weights.items()
    }
    if public["generator"].get("weights"):
        own = PurePath(public["generator"]["weights"]).name
        public["generator"] = {**public["generator"], "weights": f"resources/weights/{own}"}
    return public


#: Keys of a study that hold the user's paths: the section, the key, and whether the file's name
#: may stay. `*` stands for every item.
_PATHS = (
    ("sets.fit", "latents", True),
    ("photos", "folder", False),
    ("photos", "latents", False),
    ("realness", "reference", False),
    ("training", "database", False),
    ("training", "initial", True),
    ("ratings.*", "file", True),
    ("directions.*", "file", True),
    ("experiments.*", "photographs", False),
    ("experiments.*", "answers", True),
)


def _sections(study: Any, place: str) -> Iterator[dict[str, Any]]:
    """Find the sections at a place of a study."""
    found = [study]
    for step in place.split("."):
        inner: list[Any] = []
        for each in found:
            if step != "*":
                inner += [each[step]] if isinstance(each, dict) and each.get(step) else []
            else:
                inner += each.values() if isinstance(each, dict) else each
        found = inner
    yield from (each for each in found if isinstance(each, dict))
