"""The figures of a study: finished tables and pictures in, a matplotlib figure out."""

from mnemo.figures.assessors import training
from mnemo.figures.distances import identity, realness
from mnemo.figures.edits import dose_response, drift
from mnemo.figures.faces import CELL, gather, strip
from mnemo.figures.hyperplanes import accuracy, transfer
from mnemo.figures.scores import agreement, distributions
from mnemo.figures.style import save

__all__ = [
    "CELL",
    "accuracy",
    "agreement",
    "distributions",
    "dose_response",
    "drift",
    "gather",
    "identity",
    "realness",
    "save",
    "strip",
    "training",
    "transfer",
]
