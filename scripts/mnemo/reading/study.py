"""A study's results: its tables, directions, latents and pictures."""

import json
import shlex
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import yaml
from pydantic import ValidationError

from mnemo import latents, tables
from mnemo.errors import MnemoError
from mnemo.reading.direction import Direction
from mnemo.reading.pictures import Pictures
from mnemo.reading.tables import Tables
from mnemo.results.registry import RESULTS
from mnemo.study.config import Config
from mnemo.study.paths import Paths
from mnemo.study.sections.base import Shape, Space
from mnemo.study.sections.edits import alpha_name
from mnemo.version import FORMAT, __version__


class AbsentTableError(MnemoError, AttributeError):
    """A study has no such table, or has not made it yet."""


class Study(Tables):
    """The results of a study, wherever their folder lies; they are read, and never written to.

    Each public table is an attribute, such as `study.scores`.

    Attributes:
        folder: The results folder.
        config: The study with every default filled in.

    Args:
        folder: The results folder, such as `results/demo`.

    Raises:
        MnemoError: It is no results folder, or one of another version of Mnemo.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).expanduser()
        self.config = _config(self.folder)
        self._paths = Paths(self.config)

    # Tables

    @property
    def tables(self) -> list[str]:
        """The public tables that are made."""
        return [name for name in RESULTS if self._table(name).is_file()]

    @property
    def missing(self) -> list[str]:
        """The public tables that the study asks for and that are not made yet."""
        return [name for name in self._paths.tables if not self._table(name).is_file()]

    def table(
        self, name: str, columns: Iterable[str] | None = None, filters: Any = None
    ) -> pd.DataFrame:
        """Read a public table, or a part of it.

        Args:
            name: The table's name, such as `scores`.
            columns: Names of the columns to read; all if None.
            filters: The rows to read, as for `pandas.read_parquet`: `[("alpha", ">", 0)]`, or an
                expression of pyarrow's; all if None.

        Returns:
            The rows.

        Raises:
            MnemoError: The table is unknown, not made yet or damaged, has no such column, or can't
                be filtered so.
        """
        frame: pd.DataFrame = self.arrow(name, columns, filters).to_pandas()
        return frame

    def arrow(
        self, name: str, columns: Iterable[str] | None = None, filters: Any = None
    ) -> pa.Table:
        """Read a public table, or a part of it, as pyarrow's.

        Args:
            name: As for `table`.
            columns: As for `table`.
            filters: As for `table`.

        Returns:
            The rows. The metadata of each field of the schema has its description, unit and range.

        Raises:
            MnemoError: As for `table`.
        """
        path = self._made(name)
        with tables.opened(path, []) as file:
            schema = file.schema_arrow
        chosen = schema.names if columns is None else list(columns)
        has = f"{path} has the columns {', '.join(schema.names)}"
        if absent := [column for column in chosen if column not in schema.names]:
            raise MnemoError(f"{has}; there is no {', '.join(map(str, absent))}.")
        if filters is None:
            return tables.read(path, chosen)
        try:
            rows = pq.filters_to_expression(filters)
            # Without a row, so that what it refuses is no damage of the file.
            pyarrow.dataset.dataset(schema.empty_table()).to_table(filter=rows)
        except (pa.ArrowException, KeyError, TypeError, ValueError) as why:
            first = str(why).partition("\n")[0]
            raise MnemoError(f"{has}; they can't be filtered by {filters!r}: {first}") from why
        with tables.opened(path, []):
            return pq.read_table(
                path, columns=chosen, filters=rows, page_checksum_verification=True
            )

    def _table(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _made(self, name: str) -> Path:
        """Return the file of a public table, which must be made."""
        path = self._table(name)
        if name in RESULTS and path.is_file():
            return path
        if name in self.missing:
            raise AbsentTableError(self._unmade(path))
        known = "asks for" if name in RESULTS else "can have"
        raise AbsentTableError(
            f"the study {self.config.study} {known} no table {name!r}. It has: "
            f"{', '.join(self.tables) or 'none yet'}."
        )

    def _unmade(self, path: Path) -> str:
        target = Path("results", self.config.study, path.relative_to(self.folder))
        config = shlex.quote(str(self.folder / "config.yaml"))
        return (
            f"{path} is not made yet. In Mnemo's folder, where the study is run, this makes it: "
            f"snakemake --cores all {target} --configfile {config}"
        )

    if not TYPE_CHECKING:
        # `Tables` tells a type checker which attributes there are, and this would allow any.
        def __getattr__(self, name: str) -> pd.DataFrame:
            if name in RESULTS:
                return self.table(name)
            kind = type(self).__name__
            raise AttributeError(f"{kind!r} object has no attribute {name!r}", name=name, obj=self)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.tables]

    # Directions

    def direction(self, name: str) -> Direction:
        """Return a direction that edits move along; the table `directions` has all of them.

        Args:
            name: The direction's name.

        Returns:
            The direction.

        Raises:
            MnemoError: There is no such direction, or the table is not made yet or damaged.
        """
        rows = {row["name"]: row for row in self.arrow("directions").to_pylist()}
        if name not in rows:
            raise MnemoError(
                f"the study {self.config.study} has no direction {name!r}. It has: "
                f"{', '.join(rows)}."
            )
        return Direction.of(rows[name])

    # Sets

    def latents(
        self,
        set: str,
        space: Space | None = None,
        *,
        edit: str | None = None,
        alpha: float | None = None,
    ) -> pd.DataFrame:
        """Read the latents of a set.

        Args:
            set: As for `images`.
            space: The latent space: z, w, or w_plus, with the w of each layer one after another.
                None where the set has latents in one space alone.
            edit: As for `images`.
            alpha: As for `images`.

        Returns:
            A row of float32 for each image, by its key. Their signed distances from a direction's
            hyperplane are `latents @ direction.normal + direction.intercept`.

        Raises:
            MnemoError: As for `images`; or the set has no latents in the space.
        """
        name, _ = self._edited(set, edit, alpha)
        spaces = list(get_args(Space))
        shards = [tables.read(path, ["image", *spaces]) for path in self._shards(name, "latents")]
        whole = pa.concat_tables(shards)
        held = [each for each in spaces if not whole[each].null_count]
        if space not in held and (space is not None or len(held) != 1):
            raise MnemoError(
                f"latents of {name}: give the space {' or '.join(map(repr, held))}; {space!r} "
                "is not one of them."
            )
        rows = latents.matrix(whole, space or held[0], name)
        return pd.DataFrame(rows, index=pd.Index(whole["image"].to_pylist(), name="image"))

    def images(
        self,
        set: str,
        *,
        edit: str | None = None,
        alpha: float | None = None,
        shape: Shape = "square",
    ) -> Pictures:
        """Return the pictures of a set, none of which is read yet.

        Args:
            set: The unedited set, such as `eval`; `originals` are photographs as they were taken,
                and `photos` as the generator renders them.
            edit: The edit that moves the set; None for the unedited images, or where one edit alone
                has the alpha.
            alpha: How far it moves them, one of the edit's alphas.
            shape: Whole images, `square`, or faces cut out on white, `oval`, without those of
                images in which no face was found.

        Returns:
            The pictures, by place or by their images' keys.

        Raises:
            MnemoError: There is no such set, edit, alpha or shape; or a file is not made yet, or is
                damaged.
        """
        name, words = self._edited(set, edit, alpha)
        if shape not in get_args(Shape):
            raise MnemoError(f"there is no shape {shape!r}: {' or '.join(get_args(Shape))}")
        return Pictures.of(f"{words}, {shape}", self._shards(name, shape))

    def _shards(self, name: str, folder: str) -> list[Path]:
        """Return the shards of a set, all of which must be made."""
        shards = self._paths.shards(folder, [name])
        paths = [self.folder / shard.removeprefix("<results>/") for shard in shards]
        for path in paths:
            if not path.is_file():
                raise MnemoError(self._unmade(path))
        return paths

    def _edited(self, name: str, edit: str | None, alpha: float | None) -> tuple[str, str]:
        """Return the folder of a set, and which set it is in words."""
        if name not in self.config.given:
            raise MnemoError(
                f"the study {self.config.study} has no set {name!r}. It has: "
                f"{', '.join(self.config.given)}."
            )
        if edit is None and not alpha:
            return name, name
        fitting = [
            each
            for each in self.config.edits
            if each.of == name and edit in (None, each.name) and alpha in each.alphas
        ]
        if alpha is None or len(fitting) != 1:
            count = "several" if fitting else "none"
            raise MnemoError(
                f"{count} of the study's edits is of {name!r}, edit={edit!r}, alpha={alpha!r}: "
                f"{self._edits()}."
            )
        at = alpha_name(alpha)
        return f"{name}/{fitting[0].name}/{at}", f"{name}, {fitting[0].name} at alpha {at}"

    def _edits(self) -> str:
        return "; ".join(
            f"{edit.name} of {edit.of} at alpha {', '.join(map(alpha_name, edit.alphas))}"
            for edit in self.config.edits
        )

    # What the study has

    def _has(self) -> dict[str, str]:
        """Say what the study has besides its tables."""
        sets = (f"{name} ({images.count:,})" for name, images in self.config.given.items())
        return {
            "not made yet": ", ".join(self.missing),
            "directions": ", ".join(direction.name for direction in self.config.directions),
            "edits": self._edits(),
            "sets": ", ".join(sets),
        }

    def __repr__(self) -> str:
        has = {"tables": ", ".join(self.tables), **self._has()}
        lines = [f"  {what}: {words}" for what, words in has.items() if words]
        return "\n".join([f"Study {self.config.study} in {self.folder}", *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td><code>{name}</code></td><td>{escape(RESULTS[name].question)}</td></tr>"
            for name in self.tables
        )
        rest = "".join(
            f"<p>{what}: {escape(words)}</p>" for what, words in self._has().items() if words
        )
        return (
            f"<p><b>{self.config.study}</b> in {escape(str(self.folder))}</p>"
            f"<table><tr><th>table</th><th>a question that it answers</th></tr>{rows}</table>{rest}"
        )


def _config(folder: Path) -> Config:
    """Read the config of a results folder, and make sure that it is one."""
    marker, file = folder / "study.json", folder / "config.yaml"
    if not marker.is_file():
        why = "it has no study.json" if folder.is_dir() else "there is no such folder"
        inside = ", ".join(sorted(str(path.parent) for path in folder.glob("*/study.json")))
        raise MnemoError(
            f"{folder} is not the results folder of a study: {why}. Name one such as results/demo"
            + (f"; in it are: {inside}." if inside else ".")
        )
    try:
        marked = json.loads(marker.read_text(encoding="utf-8"))
        study, version = marked["study"], marked["format"]
    except (ValueError, KeyError, TypeError) as why:
        raise MnemoError(
            f"{marker} is damaged ({why}). Run the study again, which says what to do about it."
        ) from why
    if version != FORMAT:
        raise MnemoError(
            f"{folder} has results in the layout {version}, and Mnemo {__version__} reads the "
            f"layout {FORMAT}. Open it with the version of Mnemo that made it."
        )
    if not file.is_file():
        raise MnemoError(
            f"{file} is not made yet. In Mnemo's folder, where the study is run, this makes it: "
            f"snakemake --cores all results/{study}/config.yaml, with the study's --configfile"
        )
    try:
        return Config.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ValueError, yaml.YAMLError) as why:
        found = [
            f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}"
            for mistake in (why.errors() if isinstance(why, ValidationError) else [])
        ]
        raise MnemoError(
            f"{file} is not what Mnemo {__version__} writes ({'; '.join(found) or why}). Open the "
            "folder with the version of Mnemo that made it; or delete this file, and run the study "
            "again, which only writes it anew."
        ) from why
