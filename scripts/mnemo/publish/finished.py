"""A finished study as others get it: its public tables and its resolved config."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import yaml

from mnemo import tables
from mnemo.assessors.registry import FACTORS
from mnemo.errors import MnemoError
from mnemo.publish.text import cite

ORIGINAL = f"Younesi and Mohsenzadeh {cite('younesi2022', 'younesi2026')}"

_ABSENT = object()


class Finished:
    """The folder of a finished study, or the part of it that is published.

    Args:
        folder: The folder, with `config.yaml` and the public tables.

    Raises:
        MnemoError: It has no config that can be read, or lacks a table.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._config = _read(folder / "config.yaml")
        absent = [name for name in self.needed if not self.has(name)]
        if absent:
            raise MnemoError(
                f"{folder} lacks {', '.join(f'{name}.parquet' for name in absent)}: the study is "
                "not finished. Run it again, with the command that it was started with: "
                "snakemake --cores all --configfile STUDY.yaml"
            )

    def config(self, key: str, default: Any = _ABSENT) -> Any:
        """Look up a setting.

        Args:
            key: Its path, such as `generator.name`.
            default: What it is where the config has no such key, as it had in an earlier version;
                a key without one must be there.

        Returns:
            The setting.

        Raises:
            MnemoError: The config lacks it.
        """
        value: Any = self._config
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                if default is not _ABSENT:
                    return default
                raise MnemoError(
                    f"{self.folder / 'config.yaml'} has no {key}: it is not the config that a "
                    "study of Mnemo writes. Give the folder of a finished study, results/<study>."
                )
            value = value[part]
        return value

    def has(self, name: str) -> bool:
        """Return whether the study has a public table."""
        return self._path(name).is_file()

    def table(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Read columns of a public table."""
        frame: pd.DataFrame = tables.read(self._path(name), columns).to_pandas()
        return frame

    def counted(self, name: str, by: Sequence[str]) -> pd.DataFrame:
        """Count the rows of a public table, with one row group of it in memory at a time.

        Args:
            name: The table.
            by: The columns by whose values rows are counted.

        Returns:
            These columns, and `n`; without the combinations that no row has.
        """
        groups = tables.groups(self._path(name), by)
        parts = [group.group_by(by).aggregate([([], "count_all")]) for group in groups]
        whole = pa.concat_tables(parts).group_by(by).aggregate([("count_all", "sum")])
        named = whole.rename_columns([*by, "n"])
        frame: pd.DataFrame = named.sort_by([(each, "ascending") for each in by]).to_pandas()
        return frame

    def metadata(self, name: str) -> dict[str, str]:
        """Read the metadata of a public table."""
        return tables.metadata(self._path(name))

    @property
    def weights(self) -> dict[str, str]:
        """The sha256 of each weights file that the study depends on, as far as it is known."""
        known = json.loads(self.metadata("scores")["mnemo.weights"])
        return {name: digest for name, digest in sorted(known.items()) if digest}

    @property
    def versions(self) -> list[str]:
        """The versions of Mnemo that wrote the tables."""
        return sorted({self.metadata(name)["mnemo.version"] for name in self.needed})

    @property
    def ratings(self) -> dict[str, dict[str, Any]]:
        """What the config says of people's ratings, by their name among the assessors."""
        return dict(self.config("ratings", {}))

    @property
    def models(self) -> list[str]:
        """The assessors that are models."""
        return [name for name in self.config("assessors") if name not in self.ratings]

    @property
    def asked(self) -> bool:
        """Whether people, and not only simulated ones, rated images or played."""
        rated = any(not each.get("simulated", False) for each in self.ratings.values())
        return rated or any(each.get("answers") for each in self.experiments.values())

    @property
    def confidence(self) -> float:
        """The confidence of every interval."""
        return float(self.config("statistics.confidence"))

    @property
    def corrected(self) -> bool:
        """Whether the study's preset is `corrected`, and not `faithful`."""
        return bool(self.config("preset") == "corrected")

    @property
    def original(self) -> str:
        """What the study that this one follows, or is held against, is called."""
        methods = {each["method"] for each in self.config("directions")}
        return ORIGINAL if methods == {"learned"} else "the original study"

    @property
    def experiments(self) -> dict[str, dict[str, Any]]:
        """What the config says of each experiment that has answers."""
        given = self.config("experiments", {}).items()
        return {name: each for name, each in given if each.get("answers") or each.get("simulated")}

    @property
    def trained(self) -> bool:
        """Whether an assessor was trained that scores the images."""
        training = self.config("training", None)
        return bool(training) and training["name"] in self.config("assessors")

    @property
    def photographs(self) -> bool:
        """Whether photographs were aligned and inverted, and not only their latents given."""
        photos = self.config("photos", None)
        return photos is not None and photos["folder"] is not None

    @property
    def ovals(self) -> bool:
        """Whether ovals were scored."""
        return "oval" in self.config("shapes")

    @property
    def loses_ovals(self) -> bool:
        """Whether an edit's faces can be lost, so that they have no oval."""
        shapes = self.config("shapes")
        scored = [shape for edit in self.config("edits") for shape in edit["shapes"] or shapes]
        return self.config("preset") == "corrected" and "oval" in scored

    @property
    def needed(self) -> list[str]:
        """The public tables that a text is made of, as far as a study of this config has them."""
        directions, edits = self.config("directions"), self.config("edits")
        wanted = {
            "scores": True,
            "faces": self.ovals,
            "photos": self.photographs,
            "inversions": self.photographs,
            "ratings": bool(self.ratings),
            "assessor_validity": bool(self.ratings),
            "hyperplanes": True,
            "agreement": True,
            "directions": True,
            "learning": any(each["method"] == "learned" for each in directions),
            "dose_response": True,
            "controls": self.config("controls", None) is not None,
            "slopes": True,
            "calibration": True,
            "factors": any(name in FACTORS for name in [*self.config("factors", []), *self.models]),
            "layers": self.config("layerwise", None) is not None,
            "methods": self.config("methods", None) is not None,
            "lost_faces": self.loses_ovals,
            "contrasts": True,
            # Of few photographs there are no distances.
            "realness": any(edit["of"] != "photos" for edit in edits),
            "identity": self.config("identity", None) is not None,
            "training": self.trained,
            "curves": self.trained,
            "participants": bool(self.experiments),
            "human_rates": bool(self.experiments),
            "human_models": bool(self.experiments),
            "findings": True,
        }
        return [name for name, is_wanted in wanted.items() if is_wanted]

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"


def _read(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MnemoError(
            f"{path} is missing. Give the folder of a finished study, results/<study>."
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as why:
        raise MnemoError(
            f"{path} can't be read ({why}). Delete it and run the study again, which writes it "
            "anew."
        ) from why
    if not isinstance(config, dict):
        raise MnemoError(f"{path} is not a study. Run the study again, which writes it anew.")
    return config
