"""Figures of the scores of unedited images."""

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mnemo.figures import parts, style

#: Pairs of scores that are listed one below the other; more are a matrix.
LISTED = 15


@mpl.rc_context(style.STYLE)
def distributions(scores: pd.DataFrame) -> Figure:
    """Draw how scores of the unedited images are distributed, oval against square (Figure 3).

    Args:
        scores: Rows of `tables.SCORES` of one set.

    Returns:
        A figure with a panel for each assessor.
    """
    names = list(scores["assessor"].unique())
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = Figure(
        (style.WIDTH if columns > 1 else style.WIDTH / 2, 2.4 * rows), layout="constrained"
    )
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        own = scores[scores["assessor"] == name]
        grid = parts.grid(own["score"])
        for shape in parts.shapes(own):
            values = own.loc[own["shape"] == shape, "score"].to_numpy(float)
            density = parts.density(values, grid)
            label = f"{shape}, n = {len(values)}\nmean {values.mean():.2f}, SD {values.std():.3f}"
            panel.plot(
                grid, density, color=style.COLOURS[shape], linestyle=style.LINES[shape], label=label
            )
            panel.fill_between(grid, density, color=style.COLOURS[shape], alpha=0.12, linewidth=0)
        panel.set(title=name, xlabel="score", ylabel="density")
        panel.set_ylim(bottom=0, top=1.5 * panel.get_ylim()[1])
        panel.legend(loc="upper left", borderaxespad=0, handlelength=1.8)
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    return figure


@mpl.rc_context(style.STYLE)
def agreement(pairs: pd.DataFrame, confidence: float) -> Figure:
    """Draw how far assessors and shapes agree on the ranks of the same images (Table 1).

    Args:
        pairs: Rows of `tables.AGREEMENT`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a line for each pair and a mark for each correlation; of many pairs a matrix,
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
    # Which of a pair comes first in the table says nothing of its place in the matrix.
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
    told = (
        "below the diagonal Spearman's rank correlation, above it Kendall's tau-b\n"
        f"n = {parts.counts(pairs['n'])}; hatched: the {parts.percent(confidence)} interval "
        "contains 0"
    )
    if width < parts.NARROW:
        told += "; intervals are in the table"
    panel.set_xlabel(told)
    return figure
