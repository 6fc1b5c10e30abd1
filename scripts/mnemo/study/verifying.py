"""Verifying a crate: the study that it has, and what takes the place of the work of its models.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mnemo import hashes
from mnemo.assessors.registry import entry
from mnemo.crates import layout
from mnemo.crates.opening import Crate
from mnemo.errors import MnemoError
from mnemo.features.registry import EXTRACTORS
from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.study.publishing import PRIVATE, Publishing

#: The keys of the command line that verify: the crate, how many images of each set are redrawn, and
#: which tables are recomputed.
CRATE, REDRAWN, TABLES = "crate", "redraw", "tables"
#: Folder of the results in which the published tables lie, beside those that are recomputed.
PUBLISHED = "published"
#: Rules that need the user's own files, or much work: verifying runs none of them.
_NOT_RUN = (
    *("render_images", "ovalize_images", "score_images", "measure_factors", "measure_faces"),
    *("measure_objects", "extract_features", "embed_faces", "measure_image_change"),
    *("learn_direction", "import_direction", "read_ratings", "read_answers", "simulate_answers"),
    *("train_assessor", "invert_photos", "align_photos", "read_reference", "export_experiment"),
)


def opened(config: dict[str, Any], files: Sequence[Any]) -> Crate | None:
    """Open the crate that the command line names.

    Args:
        config: Snakemake's configuration.
        files: The files of --configfile.

    Returns:
        The crate; None if none is named.

    Raises:
        MnemoError: There is a study beside it; or as for `Crate`.
    """
    path = config.get(CRATE)
    if path is None:
        return None
    if files:
        raise MnemoError("a crate has a study of its own: leave out --configfile")
    return Crate(str(path))


def study(crate: Crate) -> Config:
    """Return the study of a crate.

    Raises:
        MnemoError: It is not one that this version of Mnemo can read.
    """
    config = crate.config
    realness = config.get("realness")
    if isinstance(realness, dict) and realness.get("reference") == PRIVATE:
        # Those photographs are not in the crate.
        config = {**config, "realness": {**realness, "reference": None}}
    try:
        return checked(config)
    except MnemoError as why:
        raise MnemoError(
            f"{layout.CONFIG} of {crate.path} is not a study of this version of Mnemo. The crate "
            f"was written by Mnemo {crate.environment['versions']['mnemo']}, commit "
            f"{crate.environment.get('commit')}; CHANGELOG.md says what changed between them.\n"
            f"{why}"
        ) from why


def home(crate: Crate) -> Path:
    """Return the folder in which a crate is verified."""
    return Path("verified", crate.digest[:12])


class Verifying:
    """What is verified of one crate.

    Args:
        config: Its study.
        publishing: What the study publishes.
        crate: The crate.
        redrawn: How many images of each set are redrawn.
        tables: Which tables are recomputed, separated by commas; all that can be if None.

    Raises:
        MnemoError: The number is no whole number above 0; a table can't be recomputed; or a table
            of the study is missing from the crate.
    """

    def __init__(
        self,
        config: Config,
        publishing: Publishing,
        crate: Crate,
        redrawn: Any = 20,
        tables: str | None = None,
    ):
        self.config = config
        self.crate = crate
        self.publishing = publishing
        if type(redrawn) is not int or redrawn < 1:
            raise MnemoError(f"{REDRAWN}: {redrawn!r}: must be a whole number above 0")
        self.redrawn = redrawn
        self.tables = tables.split(",") if tables else publishing.recomputed
        if unknown := sorted(set(self.tables) - set(publishing.recomputed)):
            raise MnemoError(
                f"{TABLES}: {', '.join(unknown)}: can't be recomputed; what can: "
                f"{', '.join(publishing.recomputed)}"
            )
        for name in publishing.tables:
            if f"{layout.TABLES}/{name}.parquet" not in crate.files:
                raise MnemoError(
                    f"{crate.path} has no {layout.TABLES}/{name}.parquet, which its study has: the "
                    "study was not finished, or the crate is not whole."
                )

    @property
    def description(self) -> str:
        """The file that tells whether the crate has changed."""
        path = self.crate.path
        return str(path / layout.METADATA if path.is_dir() else path)

    def modules(self, models: Models) -> list[str]:
        """Return the modules that redrawing imports by name."""
        named = [models.generator.module]
        for name in self.scorers(models):
            named += models.modules_of(name)
        named += [EXTRACTORS[each["name"]].module for each in self.extractors(models).values()]
        return list(dict.fromkeys(named))

    @property
    def restored(self) -> dict[str, str]:
        """What is taken from the crate: its files, by their path in the results."""
        measured = self.crate.below(layout.MEASUREMENTS)
        taken = {name.removeprefix(f"{layout.MEASUREMENTS}/"): name for name in measured}
        tables = {
            f"{name}.parquet": f"{layout.TABLES}/{name}.parquet"
            for name in self.publishing.as_published
        }
        published = {
            f"{PUBLISHED}/{name}.parquet": f"{layout.TABLES}/{name}.parquet" for name in self.tables
        }
        return {**tables, **taken, **published}

    @property
    def keys(self) -> dict[str, list[str | int]]:
        """The first seed and the number of the images of each set that is drawn from seeds."""
        config = self.config
        return {
            name: [images.first_seed, images.count]
            for name, images in config.given.items()
            if images.first_seed is not None and name not in sets.imported(config)
        }

    def settings(self) -> dict[str, Any]:
        """Return what redrawing needs to know of the study."""
        config = self.config
        drawn = [name for name in self.keys if name != "train"]
        edits = [edit for edit in config.edits if edit.of in drawn]
        layered = config.sets.fit.layered
        return {
            "sets": {
                name: {
                    "first_seed": self.keys[name][0],
                    # Some assessors score only the first images.
                    "count": min(
                        [self.keys[name][1], *(config.fit_on.values() if name == "fit" else ())]
                    ),
                    "truncation_psi": config.truncation_psi(name),
                }
                for name in drawn
                if not (name == "fit" and layered)
            },
            "edits": {
                edit.name: {
                    "of": edit.of,
                    "along": edit.along,
                    "alphas": list(edit.alphas),
                    "layers": list(edit.layers) if edit.layers is not None else None,
                }
                for edit in edits
            },
            "truncation_cutoff": config.generator.truncation_cutoff,
            "classes": list(config.generator.class_indices),
            "noise": config.generator.noise,
            "preset": config.preset,
            "rows": config.generator.kept_rows,
            "detection_height": config.ovals.detection_height,
            "shapes": {
                name: list(sets.shapes(config, name))
                for name in ["fit", *(made for edit in edits for made in sets.edited(edit))]
            },
        }

    def scorers(self, models: Models) -> dict[str, dict[str, Any]]:
        """Return the weights and the preset of every assessor and factor that is measured again."""
        parts = {part for each in self.differences().values() for part in each}
        names = [*self.config.scorers, *sorted(parts)]
        return {
            name: {
                "files": _paths(models, models.of_assessor(name)),
                "preset": models.preset_of(name),
            }
            for name in dict.fromkeys(names)
            if not entry(name).parts and not models.is_trained(name)
        }

    def differences(self) -> dict[str, list[str]]:
        """Return the assessors whose score is a difference, each with the two that it is of."""
        return {name: list(parts) for name in self.config.scorers if (parts := entry(name).parts)}

    def extractors(self, models: Models) -> dict[str, dict[str, Any]]:
        """Return the name and the weights of each extractor, by the folder of its features."""
        realness = {
            f"features/{name}": {"name": name, "files": _paths(models, EXTRACTORS[name].weights)}
            for name in self.config.realness.extractors
        }
        if self.config.identity is None:
            return realness
        name = self.config.identity.features
        own = {"name": name, "files": _paths(models, EXTRACTORS[name].weights)}
        return {**realness, f"embeddings/{name}": own}

    def check(self, rules: Sequence[str]) -> None:
        """Make sure that nothing but the verification runs.

        Args:
            rules: The rules of the jobs that would run.

        Raises:
            MnemoError: Something else was asked for, or the crate lacks what its tables need.
        """
        if wrong := sorted(set(rules) & set(_NOT_RUN)):
            raise MnemoError(
                f"{self.crate.path} lacks measurements that its tables are made of, or something "
                f"else was asked for than `verify`: {', '.join(wrong)} would have to run. A crate "
                "can only be verified: snakemake verify --cores all --config crate=PATH"
            )


def _paths(models: Models, names: Iterable[str]) -> list[str]:
    """Return the paths of weights files, which Snakemake fills in for inputs alone."""
    return [path.replace("<resources>", str(hashes.FOLDER.parent)) for path in models.files(names)]
