"""The pairs that a study compares on the same images: of edits, hyperplanes and assessors."""

from itertools import combinations
from typing import Any

from mnemo.assessors.registry import entry
from mnemo.directions.planes import Plane
from mnemo.study.config import Config
from mnemo.study.sections.edits import Direction, Edit


def edits(config: Config) -> list[dict[str, Any]]:
    """List the pairs of edits that move the same set in the same space, by alphas of one unit.

    Args:
        config: The study.

    Returns:
        For each pair the names `a` and `b`, of which `a` holds more attributes constant, or else
        comes first in the study; `held`, the attributes that `a` holds over those that both hold,
        where the edits differ in nothing else; and `own`, the assessor that both directions were
        found with, None if they have none in common.
    """
    pairs = []
    for pair in combinations(config.edits, 2):
        a, b = ordered(config, *pair)
        first, second = config.direction(a), config.direction(b)
        if (a.of, *_unit(first)) != (b.of, *_unit(second)):
            continue
        held = [name for name in first.hold if name not in second.hold]
        own = first.assessor if first.assessor == second.assessor else None
        alike = _apart_from_hold(config, a) == _apart_from_hold(config, b)
        alike = alike and {*second.hold} <= {*first.hold}
        pairs.append({"a": a.name, "b": b.name, "held": held if alike else [], "own": own})
    return pairs


def ordered(config: Config, a: Edit, b: Edit) -> tuple[Edit, Edit]:
    """Return two edits, first the one that holds more attributes, or else as they are."""
    held = [len(config.direction(edit).hold) for edit in (a, b)]
    return (b, a) if held[1] > held[0] else (a, b)


def _unit(direction: Direction) -> tuple[str, str | None]:
    """Return the space of a direction, and whose score its alphas are in; none for distances."""
    return direction.space, direction.assessor if direction.method == "learned" else None


def _apart_from_hold(config: Config, edit: Edit) -> tuple[Any, ...]:
    """Return what an edit moves along and where, without what it holds constant."""
    return config.direction(edit).model_dump(exclude={"name", "hold"}), edit.layers


def hyperplanes(config: Config) -> list[tuple[Plane, Plane]]:
    """List the pairs of hyperplanes that differ in one respect.

    It is the space, the shape, the estimator, or the assessor, among assessors of the same quality.
    Two thresholds are not compared, because they give the images other labels.

    Args:
        config: The study.

    Returns:
        The pairs, in the order of the grid.
    """
    pairs = combinations(config.of_assessors, 2)
    return [(a, b) for a, b in pairs if _comparable(config, a, b)]


def _comparable(config: Config, a: Plane, b: Plane) -> bool:
    differs = [one != other for one, other in zip(a, b, strict=True)]
    alike = config.about(a.assessor).quality == config.about(b.assessor).quality
    return sum(differs) == 1 and a.threshold == b.threshold and alike


def assessors(config: Config) -> list[tuple[str, str]]:
    """List the pairs of models of the same quality.

    Args:
        config: The study.

    Returns:
        The pairs, in the order of the study.
    """
    pairs = combinations(config.models, 2)
    return [(a, b) for a, b in pairs if entry(a).quality == entry(b).quality]


def units(config: Config) -> dict[str, str]:
    """Return the unit of each assessor's score; `score` for one without a unit."""
    return {name: entry(name).unit or "score" for name in config.scorers}
