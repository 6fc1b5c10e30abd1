"""People's ratings as assessors: what must hold for them in a study.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Iterator
from typing import Any

from mnemo.assessors.registry import ASSESSORS


def models(sections: dict[str, Any]) -> list[str]:
    """Return the assessors that are models, and score any image.

    Args:
        sections: The sections `assessors` and `ratings`.
    """
    return [name for name in sections["assessors"] if name not in sections["ratings"]]


def impossible(sections: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Find what is in the way of people's ratings being assessors.

    Args:
        sections: The sections `assessors`, `ratings`, `assessor_weights` and `training`.

    Yields:
        For each mistake its path, the value given, and what is allowed.
    """
    training = sections["training"]
    taken = {
        **dict.fromkeys(ASSESSORS, "is the name of an assessor"),
        **dict.fromkeys(sections["assessor_weights"], "has weights of your own (assessor_weights)"),
        **({training.name: "is trained by this study"} if training else {}),
    }
    for name, ratings in sections["ratings"].items():
        if name in taken:
            allowed = f"{taken[name]}: give the people's ratings another name"
            yield f"ratings.{name}", ratings.file, allowed
        elif name not in sections["assessors"]:
            allowed = f"the study's assessors are {', '.join(sections['assessors'])}: add {name}"
            yield f"ratings.{name}", ratings.file, allowed
    if not models(sections):
        allowed = "must have a model too, which scores the edits: people have rated none"
        yield "assessors", list(sections["assessors"]), allowed


def in_shapes(sections: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Find shapes that people did not see.

    Args:
        sections: The sections `directions`, `ratings` and `shapes`.

    Yields:
        As for `impossible`.
    """
    ratings, shapes = sections["ratings"], sections["shapes"]
    for name, each in ratings.items():
        if each.shape not in shapes:
            allowed = f"the study's shapes are {', '.join(shapes)}"
            yield f"ratings.{name}.shape", each.shape, allowed
    for index, direction in enumerate(sections["directions"]):
        people = ratings.get(direction.assessor)
        if people and direction.shape in shapes and direction.shape != people.shape:
            allowed = f"{direction.assessor} saw images that are {people.shape}"
            yield f"directions.{index}.shape", direction.shape, allowed
