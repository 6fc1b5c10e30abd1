"""The Methods of a paper, made from what a study ran.

Each number is read from the study's public tables or, where it is a setting, from its resolved
config. A sentence stands only if the study has what it is about.
"""

from collections.abc import Mapping
from pathlib import Path

from mnemo.publish.finished import Finished
from mnemo.publish.sections import (
    assessors,
    directions,
    edits,
    people,
    realness,
    software,
    statistics,
    stimuli,
)
from mnemo.publish.text import Text, bibtex, latex, markdown, paragraph

__all__ = ["Text", "bibtex", "describe", "latex", "markdown"]


def describe(folder: Path, versions: Mapping[str, str]) -> Text:
    """Write the Methods of a finished study.

    Args:
        folder: The study's results, or what is published of them: the public tables and
            `config.yaml`, of which nothing else is read.
        versions: The version of each program that the study ran with, by the name of its package,
            and of `python`. What has no version is named without.

    Returns:
        The text, which `markdown`, `latex` and `bibtex` render.

    Raises:
        MnemoError: The study is not finished, or a file can't be read.
    """
    study = Finished(folder)
    measured = [name for name in ("realness", "identity") if study.has(name)]
    parts = {
        "Stimuli and generator": stimuli.sentences(study),
        "Assessors": assessors.sentences(study),
        "Directions": directions.sentences(study),
        "Edits and controls" if study.has("controls") else "Edits": edits.sentences(study),
        " and ".join(measured).capitalize(): realness.sentences(study),
        "People": people.sentences(study),
        "Statistics": statistics.sentences(study),
        "Software and reproducibility": software.sentences(study, versions),
    }
    paragraphs = (paragraph(title, sentences) for title, sentences in parts.items())
    return Text(tuple(each for each in paragraphs if each.spans))
