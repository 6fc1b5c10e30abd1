"""A results folder: whose it is, so that nothing of another study is replaced.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mnemo import files, names
from mnemo.assessors import cards
from mnemo.assessors.registry import ASSESSORS
from mnemo.errors import MnemoError
from mnemo.experiment.settings import needed
from mnemo.photos import folder
from mnemo.ratings import layouts
from mnemo.study import experiments
from mnemo.study.config import Config
from mnemo.training import layout
from mnemo.version import FORMAT

#: Sizes of shards, which are fixed once a study has results. One follows from `images.keep` where a
#: study doesn't give it.
SIZES = ("shard_size", "score_shard_size")


def check_files(config: Config) -> None:
    """Make sure that the files which a study names are there, before any work starts.

    Args:
        config: The study.

    Raises:
        MnemoError: Some are not; the message has a line for each.
    """
    named = [
        ("generator.weights", config.generator.weights),
        *(
            (f"directions.{index}.file", direction.file)
            for index, direction in enumerate(config.directions)
        ),
        *((f"ratings.{name}.file", each.file) for name, each in config.ratings.items()),
        *(
            (f"experiments.{name}.answers", experiments.file_of_answers(each))
            for name, each in config.experiments.items()
        ),
        ("sets.fit.latents", config.sets.fit.latents),
        ("photos.latents", config.photos.latents if config.photos else None),
        *((f"assessor_weights.{name}", path) for name, path in config.assessor_weights.items()),
        *([("training.initial", config.training.initial)] if config.training else []),
        *(
            [("training.database", str(Path(config.training.database, layout.SCORES)))]
            if config.training and config.training.database
            else []
        ),
    ]
    absent: dict[str, list[str]] = {}
    for key, path in named:
        bids = key.startswith("ratings.") and path and os.path.isdir(path)  # noqa: PTH112
        if bids and any(Path(str(path)).glob(layouts.FILES)):
            continue
        if path and not os.path.isfile(path):  # noqa: PTH113 (Path.is_file fails at a long name)
            absent.setdefault(path, []).append(key)
    if absent:
        lines = [
            f"  {path} ({', '.join(keys)}){_seen_instead(path)}" for path, keys in absent.items()
        ]
        raise MnemoError("\n".join(["the study names files that are not there:", *lines]))
    # Snakemake would take what is in braces for a wildcard.
    if braced := [f"  {path} ({key})" for key, path in named if path and {*path} & {*"{}"}]:
        raise MnemoError(
            "\n".join(["the study names files with braces, { or }: rename them", *braced])
        )
    for name, each in config.experiments.items():
        if each.photographs:
            key, wanted = f"experiments.{name}.photographs", sum(needed(each.design).values())
            try:
                found = len(folder.pictures(each.photographs))
            except MnemoError as why:
                raise MnemoError(f"{key}: {why}. Name a folder of photographs.") from why
            # How many each class has is known once the images have been drawn.
            if found < wanted:
                raise MnemoError(
                    f"{key}: {each.photographs} has {found:,} pictures, but a participant may see "
                    f"{wanted:,} generated images, each beside another photograph: add "
                    f"{wanted - found:,}, or lower experiments.{name}.settings.most_series."
                )
    for name, path in config.assessor_weights.items():
        if name not in ASSESSORS and cards.architecture(path) is None:
            raise MnemoError(
                f"{path} (assessor_weights.{name}) is not an assessor that Mnemo trained: it has "
                "no card. Name the assessor.safetensors that `snakemake train` made, or if it is "
                f"one of Mnemo's assessors, name that: {', '.join(ASSESSORS)}."
            )


def _seen_instead(path: str) -> str:
    """Say which files beside an absent one have names that look the same, or that it's a folder."""
    with suppress(OSError, ValueError):
        if Path(path).is_dir():
            return ": it is a folder"
        name = Path(path).name
        beside = sorted(each.name for each in Path(path).parent.iterdir())
        if found := names.alike([name], beside)[name]:
            # Names that look the same differ in ASCII.
            return f": {', '.join(map(ascii, found))} is there, and not {name!a}"
    return ""


def check_results(config: Config, folder: str | Path) -> None:
    """Make sure that a results folder is this study's, before anything in it is replaced.

    Args:
        config: The study.
        folder: Its results folder; one that is absent or empty is fine.

    Raises:
        MnemoError: The folder was written by another study, by a version of Mnemo whose files
            this one can't continue, or by something else. Or it is behind a link to nowhere, or
            a file.
    """
    folder = Path(folder)
    for place in (folder, *folder.parents):
        if place.is_symlink() and not place.exists():
            raise MnemoError(
                f"{place} is a link to {place.readlink()}, which is not there: attach that disk, "
                "or correct the link."
            )
        if place.exists() and not place.is_dir():
            raise MnemoError(f"{place} is a file, where the results' folder goes. Move it away.")
    marker = folder / "study.json"
    remedy = f"Give this study another name (key `study`), or move {folder} away."
    # What has only been planned can still become any study.
    if not any(path.name not in (marker.name, "logs") for path in folder.glob("*")):
        return
    if not marker.is_file():
        raise MnemoError(f"{folder} is not empty, and has no {marker.name} of Mnemo's. {remedy}")
    try:
        found = json.loads(marker.read_text())
    except ValueError as why:
        raise MnemoError(f"{marker} is damaged ({why}). {remedy}") from why
    ours = identity(config)
    # A set can be added to a study, or taken away.
    seeds, others = ours["first_seeds"], found.get("first_seeds")
    if isinstance(others, dict):
        ours["first_seeds"], found["first_seeds"] = {**others, **seeds}, {**seeds, **others}
    for key, value in ours.items():
        if found.get(key) != value:
            again = f" To go on with it, set {key}: {found.get(key)}." if key in SIZES else ""
            raise MnemoError(
                f"{folder} was written with {key} {found.get(key)!r}, and this study has "
                f"{value!r}. {remedy}{again}"
            )


def mark_results(config: Config, folder: str | Path, weights: Mapping[str, str]) -> None:
    """Mark a results folder as this study's, for `check_results`.

    Args:
        config: The study.
        folder: Its results folder.
        weights: The sha256 of each weights file that was locked on first use and is there. Those
            with a published sha256 need no mark: when it changes, what they made is made again.

    Raises:
        MnemoError: What is there was made with other weights, which Snakemake can't tell; or the
            folder can't be written to.
    """
    marker = Path(folder, "study.json")
    known = json.loads(marker.read_text()).get("weights", {}) if marker.is_file() else {}
    for name, sha256 in weights.items():
        if known.get(name, sha256) != sha256:
            raise MnemoError(
                f"{folder} was made with weights of {name} whose sha256 is {known[name]}, and "
                f"those that are there now have {sha256}. Give this study another name (key "
                f"`study`), or move {folder} away."
            )
    marked = {**identity(config), "weights": {**known, **weights}}
    text = json.dumps(marked, indent=2) + "\n"
    if not marker.is_file() or marker.read_text() != text:
        try:
            marker.parent.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            raise files.refused(marker.parent, why) from why
        with files.whole(marker) as partial:
            partial.write_text(text)


def identity(config: Config) -> dict[str, Any]:
    """Return what can't change while a results folder stays the same study's.

    Args:
        config: The study.

    Returns:
        What `study.json` holds. Other settings may change: the rules that they reach run again.
    """
    return {
        "format": FORMAT,
        "study": config.study,
        "generator": config.generator.name,
        "shard_size": config.shard_size,
        "score_shard_size": config.score_shard_size,
        "first_seeds": {name: images.first_seed for name, images in config.sets.given.items()},
    }
