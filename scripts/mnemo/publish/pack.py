"""A study's crate: everything that somebody else needs to read, cite and verify it."""

import datetime
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mnemo import hashes
from mnemo.crates import environment, layout
from mnemo.publish import answers, cards, content, croissant, methods, rocrate


@dataclass(frozen=True)
class Contents:
    """What a study publishes, as `study.publishing` decides it.

    Attributes:
        about: The section `publish` of the study.
        config: The study without private paths.
        weights: What is known of each weights file, by name.
        tables: The public tables.
        recomputed: Those that are recomputed when the crate is verified.
        folders: Folders of the results with what was measured of the images.
        files: Further files of that kind.
        shards: Shards of images.
        pictures: Whether the report, the pages and the figures with pictures may leave.
        left_out: What does not leave (`what`, `reason`).
        simulated: Whether participants or raters are simulated.
    """

    about: Mapping[str, Any]
    config: Mapping[str, Any]
    weights: Mapping[str, Mapping[str, Any]]
    tables: Sequence[str]
    recomputed: Sequence[str]
    folders: Sequence[str]
    files: Sequence[str]
    shards: Sequence[str]
    pictures: bool
    left_out: Sequence[Mapping[str, str]]
    simulated: bool


def pack(results: Path, crate: Path, contents: Contents, root: Path) -> None:
    """Write a study's crate.

    Args:
        results: The study's results, finished.
        crate: The folder to write to, in place of an earlier crate.
        contents: What is published.
        root: Mnemo's folder.

    Raises:
        MnemoError: A table is missing or damaged, or names a person.
    """
    about = {**contents.about}
    about["description"] = about["description"] or f"Results of the study {about['title']}"
    shutil.rmtree(crate, ignore_errors=True)
    crate.mkdir(parents=True)
    content.copy_tables(results, crate, contents.tables)
    content.copy_measurements(results, crate, contents.folders, contents.files)
    content.copy_images(results, crate, [results / each for each in contents.shards])
    content.copy_report(results, crate, pictures=contents.pictures)
    known = {
        name: {**each, "sha256": hashes.known(each["sha256"]) if each.get("sha256") else ""}
        for name, each in contents.weights.items()
    }
    described = {**environment.described(root), "recomputed": list(contents.recomputed)}
    texts = {
        layout.CONFIG: yaml.safe_dump(dict(contents.config), sort_keys=False),
        layout.WEIGHTS: content.list_weights(known),
        layout.LEFT_OUT: content.as_csv([dict(each) for each in contents.left_out]),
        layout.ENVIRONMENT: json.dumps(described, indent=1) + "\n",
        "requirements.txt": _requirements(described["versions"]),
    }
    _write(crate, texts)
    cards.directions(crate)
    answers.write(crate)
    text = methods.describe(results, described["versions"])
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    study = str(contents.config["study"])
    _write(
        crate,
        {
            "METHODS.md": methods.markdown(text),
            "methods.tex": methods.latex(text),
            "references.bib": methods.bibtex(text),
            "croissant.json": croissant.describe(
                crate, about, study=study, limits=cards.LIMITS, date=date, version="1.0.0"
            ),
            "README.md": cards.dataset(
                crate,
                about,
                study=study,
                generator=str(contents.config["generator"]["name"]),
                methods=methods.markdown(text),
                left_out=list(contents.left_out),
                simulated=contents.simulated,
            ),
        },
    )
    rocrate.describe(crate, about, weights=known, environment=described, date=date)


def _requirements(versions: Mapping[str, str]) -> str:
    """Write the exact versions of all packages as pip reads them."""
    others = {"python", "mnemo"}
    return "".join(
        f"{name}=={version}\n" for name, version in versions.items() if name not in others
    )


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
