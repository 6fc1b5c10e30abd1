"""Experiments with people: what must hold for them in a study, and which images they show.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from mnemo.experiment.settings import needed
from mnemo.study import rated
from mnemo.study.config import Config
from mnemo.study.sections.edits import alpha_name
from mnemo.study.sections.experiments import Experiment

#: The sets of an experiment's images that no edit of the study is of.
SETS = ("fillers", "vigilance")
#: Bytes that a trial takes in a file of answers, about.
BYTES = 10


def impossible(sections: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Find what is in the way of experiments.

    Args:
        sections: The sections `experiments`, `edits`, `sets`, `assessors` and `ratings`.

    Yields:
        For each mistake its path, the value given, and what is allowed.
    """
    edits, given = {each.name: each for each in sections["edits"]}, sections["sets"].given
    for name, own in sections["experiments"].items():
        path = f"experiments.{name}"
        if own.edit not in edits:
            yield f"{path}.edit", own.edit, f"the study's edits are {', '.join(edits)}"
            continue
        edit = edits[own.edit]
        if extra := [alpha for alpha in own.alphas or () if alpha not in edit.alphas]:
            has = ", ".join(f"{alpha:g}" for alpha in edit.alphas)
            yield f"{path}.alphas", extra, f"the edit {edit.name} has {has}"
        follows = own.simulated.assessor if own.simulated else None
        if follows is not None and follows not in (known := rated.models(sections)):
            allowed = f"the study's assessors are {', '.join(known)}"
            yield f"{path}.simulated.assessor", follows, allowed
        for images, count in needed(own.design).items():
            source = edit.of if images == "targets" else images
            if count == 0 or source == "photos":
                continue
            there = given[source].count if source in given else 0
            if there < count:
                allowed = (
                    f"needs {count:,} images, so that a participant sees none twice in "
                    f"most_series = {own.design.most_series} series; enlarge the set, or lower "
                    f"experiments.{name}.settings.most_series"
                )
                yield f"sets.{source}.count", there, allowed
    seen = {each for own in sections["experiments"].values() for each in needed(own.design)}
    for source in SETS:
        if source in given and source not in seen:
            yield f"sets.{source}", given[source].count, "no experiment shows them: leave it out"


def file_of_answers(experiment: Experiment) -> str | None:
    """Return the file with people's answers to an experiment; None without."""
    given = experiment.answers
    # As Path.is_dir would say it, but of a long name too.
    inside = given and os.path.isdir(given)  # noqa: PTH112
    return str(Path(given, "trials.parquet")) if given and inside else given


def stimuli(config: Config, name: str) -> dict[str, list[str]]:
    """List the sets whose images an experiment shows.

    Fillers are edited as the targets are, so that nobody can tell one from the other (GANalyze,
    3.4).

    Args:
        config: The study.
        name: The experiment.

    Returns:
        The sets of the targets, the fillers and the vigilance images.
    """
    own = config.experiments[name]
    edit, counts = config.edit(own.edit), needed(own.design)
    moved = [f"{edit.name}/{alpha_name(alpha)}" for alpha in alphas(config, own)]
    far = own.vigilance_alpha
    easy = "vigilance" if far is None else f"vigilance/{edit.name}/{alpha_name(far)}"
    return {
        "targets": [f"{edit.of}/{each}" for each in moved],
        "fillers": [f"fillers/{each}" for each in moved] if counts["fillers"] else [],
        "vigilance": [easy] if counts.get("vigilance") else [],
    }


def shown(config: Config) -> list[str]:
    """List the sets of images that only experiments with answers show."""
    return list(
        dict.fromkeys(
            each
            for name, own in config.experiments.items()
            if own.answered
            for names in stimuli(config, name).values()
            for each in names
            if each.split("/")[0] in SETS
        )
    )


def images(config: Config, name: str) -> int:
    """Count the images of an experiment, without its photographs."""
    names = [each for listed in stimuli(config, name).values() for each in listed]
    return sum(config.given[each.split("/")[0]].count for each in names)


def trials(config: Config, name: str) -> int:
    """Estimate how many trials of an experiment are answered."""
    own = config.experiments[name]
    if own.simulated:
        return own.simulated.participants * own.simulated.series * own.design.length
    with suppress(OSError):
        return Path(file_of_answers(own) or "").stat().st_size // BYTES
    return 0


def alphas(config: Config, experiment: Experiment) -> tuple[float, ...]:
    """Return the alphas that an experiment shows."""
    return experiment.alphas or config.edit(experiment.edit).alphas


def answered(config: Config, kind: str | None = None) -> list[str]:
    """List the experiments that there are answers to, of one kind or of any."""
    return [
        name
        for name, own in config.experiments.items()
        if own.answered and kind in (None, own.kind)
    ]
