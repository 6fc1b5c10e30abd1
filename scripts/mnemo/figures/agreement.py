"""The agreement figure: how similarly assessors and shapes rank the same images."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mnemo.figures import parts, style

#: Largest number of pairs that are shown as a list; more are shown as a matrix.
LISTED = 15


@style.applied()
def draw(pairs: pd.DataFrame, confidence: float) -> Figure:
    """Draw the rank agreement of assessors and shapes on the same images (Table 1).

    Args:
        pairs: Rows of `agreement.AGREEMENT`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one row per pair and one mark per correlation; for many pairs, a matrix with
        Spearman's correlations below the diagonal and Kendall's above it.
    """
    if len(pairs) > LISTED:
        return _agreement_matrix(pairs, confidence)
    names = [
        f"{row.assessor_a} {row.shape_a} and {row.assessor_b} {row.shape_b}, n = {row.n}"
        for row in pairs.itertuples()
    ]
    figure = Figure((style.WIDTH, 0.8 + 0.36 * len(names)), layout="constrained")
    panel = figure.subplots()
    marks = (
        ("spearman", "Spearman's rank correlation", "o", style.BLUE),
        ("kendall", "Kendall's tau-b", "D", style.VERMILION),
    )
    for shift, (name, label, marker, colour) in zip((-0.13, 0.13), marks, strict=True):
        y = np.arange(len(names)) + shift
        parts.bars(panel, pairs, name, y, label=label, marker=marker, colour=colour, across=True)
    parts.name_rows(panel, names)
    panel.axvline(0, color=style.GREY, linewidth=0.6)
    panel.set_xlabel(f"rank correlation ({parts.percent(confidence)} interval)")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def _agreement_matrix(pairs: pd.DataFrame, confidence: float) -> Figure:
    first = pairs["assessor_a"] + " " + pairs["shape_a"]
    second = pairs["assessor_b"] + " " + pairs["shape_b"]
    names = list(dict.fromkeys(np.column_stack([first, second]).ravel()))
    places = {name: number for number, name in enumerate(names)}
    # The order within a pair in the table does not determine its position in the matrix.
    one, other = (np.array([places[name] for name in side]) for side in (first, second))
    upper, lower = np.minimum(one, other), np.maximum(one, other)
    halves = {"spearman": (lower, upper), "kendall": (upper, lower)}
    cells = pd.concat(
        pd.DataFrame(
            {
                "row": np.take(names, row),
                "column": np.take(names, column),
                "value": pairs[name],
                "low": pairs[f"{name}_low"],
                "high": pairs[f"{name}_high"],
            }
        )
        for name, (row, column) in halves.items()
    )
    width = parts.cell_width(names, len(names))
    height = 0.4 if width >= parts.NARROW else width
    figure = Figure((style.WIDTH, height * len(names) + 1.6), layout="constrained")
    panel = figure.subplots()
    parts.matrix(panel, cells, names, names, width=width, reach=1.0)
    label = (
        "Spearman's rank correlation below the diagonal, Kendall's tau-b above it\n"
        f"n = {parts.counts(pairs['n'])}; hatched: the {parts.percent(confidence)} interval "
        "contains 0"
    )
    if width < parts.NARROW:
        label += "; the table has the intervals"
    panel.set_xlabel(label)
    return figure
