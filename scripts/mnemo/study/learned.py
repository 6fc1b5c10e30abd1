"""The learned directions of a study: how each is learned, and what must hold for it.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Iterator
from typing import Any

from mnemo.assessors.registry import ASSESSORS, entry
from mnemo.directions.learning.settings import Settings
from mnemo.study import rated
from mnemo.study.config import Config
from mnemo.study.sections.edits import Direction


def of_study(config: Config) -> list[Direction]:
    """List the directions that a study learns."""
    return [each for each in config.directions if each.method == "learned"]


def settings(config: Config, direction: Direction) -> Settings:
    """Return how a direction is learned: with the truncation of the set fit.

    As in GANalyze, where the study chooses its images' classes at random, all are learned on.
    """
    generator = config.generator
    return direction.settings(
        config.preset,
        psi=config.truncation_psi("fit"),
        noise=generator.noise,
        classes=generator.class_indices if generator.classes else (),
    )


def _has_gradient(assessor: str) -> bool:
    """Return whether a gradient flows from an assessor's score to the image."""
    known = entry(assessor)
    return known.differentiable and bool(known.module)


def impossible(sections: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Find what is in the way of learning a study's directions.

    Args:
        sections: The sections `directions`, `generator`, `assessors`, `ratings` and `preset`.

    Yields:
        For each mistake its path, the value given, and what is allowed.
    """
    generator, ratings = sections["generator"], sections["ratings"]
    known = rated.models(sections)
    learned = 0
    for index, direction in enumerate(sections["directions"]):
        if direction.method != "learned":
            continue
        learned += 1
        path, assessor = f"directions.{index}", direction.assessor
        if assessor in ratings:
            allowed = "no gradient flows from people's ratings to the image: fit a hyperplane"
            yield f"{path}.assessor", assessor, allowed
        elif assessor is not None and assessor not in known:
            yield f"{path}.assessor", assessor, f"the study's assessors are {', '.join(known)}"
        elif assessor is not None and not _has_gradient(assessor):
            having = ", ".join(filter(_has_gradient, ASSESSORS))
            allowed = f"no gradient flows from its score to the image; these have one: {having}"
            yield f"{path}.assessor", assessor, f"{allowed}, and those that Mnemo trained"
        kept = direction.settings(sections["preset"]).kept
        if kept != "nothing" and direction.space != "z":
            allowed = f"a latent has a length to keep in z alone: in {direction.space}, nothing"
            yield f"{path}.learning.kept", kept, allowed
    # What learning would see and the study would not.
    for key, plain, why in (
        ("rows", None, "must be absent: a direction is learned from whole images"),
        ("truncation_cutoff", None, "must be absent: a direction is learned with none"),
        ("noise", "const", "must be const: drawn anew, noise changes the score by itself"),
    ):
        value = getattr(generator, key)
        if learned and value != plain:
            yield f"generator.{key}", value, f"{why} (method: learned)"


def beyond(sections: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Find edits that go further along a learned direction than it was learned for.

    Args:
        sections: The sections `directions`, `edits` and `preset`.

    Yields:
        As for `impossible`.
    """
    names = [each.name for each in sections["directions"]]
    for index, edit in enumerate(sections["edits"]):
        place = names.index(edit.along) if edit.along in names else None
        if place is None or (direction := sections["directions"][place]).method != "learned":
            continue
        low, high = direction.settings(sections["preset"]).alphas
        if min(edit.alphas) < low or max(edit.alphas) > high:
            allowed = (
                f"must be from {low:g} to {high:g}, the alphas that {edit.along} is learned with, "
                f"in the unit of the score by {direction.assessor} "
                f"(directions.{place}.learning.alphas)"
            )
            yield f"edits.{index}.alphas", list(edit.alphas), allowed
