"""Figures of hyperplanes."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mnemo.figures import parts, style


@mpl.rc_context(style.STYLE)
def accuracy(hyperplanes: pd.DataFrame, confidence: float) -> Figure:
    """Draw how well hyperplanes separate held-out seeds, against chance (Tables 2 and 4).

    Args:
        hyperplanes: Rows of `tables.HYPERPLANES`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a line for each hyperplane: its accuracy, the share of the larger class, and
        the accuracy with shuffled labels. n counts images fitted on or held out, as the axis says.
    """
    names = [
        f"{row.space}, {row.assessor}, {row.shape}, {row.threshold}, n = {row.n}"
        for row in hyperplanes.itertuples()
    ]
    figure = Figure((style.WIDTH, 0.8 + 0.24 * len(names)), layout="constrained")
    panel = figure.subplots()
    y = np.arange(len(names))
    label = f"accuracy ({parts.percent(confidence)} interval)"
    parts.bars(panel, hyperplanes, "accuracy", y, label=label, across=True)
    chance: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("base_rate", "share of the larger class", {"marker": "|", "s": 60, "color": "black"}),
        (
            "permuted_accuracy",
            "shuffled labels",
            {"marker": "x", "s": 16, "color": style.VERMILION},
        ),
    )
    for name, label, mark in chance:
        panel.scatter(hyperplanes[name], y, label=label, zorder=3, **mark)
    parts.name_rows(panel, names)
    validated = {
        "cross-validation": "share of the n images on the right side, each when it was held out",
        "holdout": "share on the right side, of the tenth of the n images that was held out",
    }
    panel.set_xlabel("; ".join(validated[name] for name in hyperplanes["validation"].unique()))
    figure.legend(loc="outside upper right", ncols=3)
    return figure


@mpl.rc_context(style.STYLE)
def transfer(transfer: pd.DataFrame, confidence: float) -> Figure:
    """Draw how edits along one assessor's hyperplane change the scores by the others.

    Args:
        transfer: Rows of `tables.TRANSFER`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a row for each hyperplane and a column for each assessor, in a panel for each
        shape scored: the slope over alpha in standard deviations of the assessor's scores, with
        its interval. Slopes of the scores that the hyperplane was fitted on are framed.
    """
    shapes, columns = parts.shapes(transfer), list(transfer["assessor"].unique())
    cells = transfer.assign(
        row=_origins(transfer),
        column=transfer["assessor"],
        value=transfer["standard_slope"],
        low=transfer["standard_slope_low"],
        high=transfer["standard_slope_high"],
    )
    rows = list(cells["row"].unique())
    # The shapes stand side by side where an interval then has room in a cell.
    aside = parts.cell_width(rows, len(columns) * len(shapes)) >= parts.WIDE
    down, across = (1, len(shapes)) if aside else (len(shapes), 1)
    # However many columns there are, no slope stands without its interval.
    width = max(parts.cell_width(rows, len(columns) * across), parts.NARROW)
    height = down * (0.42 * len(rows) + 0.04 * max(map(len, columns)) + 0.5) + 0.6
    figure = Figure((style.WIDTH, height), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    reach = cells["value"].abs().max()
    for panel, shape in zip(panels, shapes, strict=True):
        own = cells[cells["shape"] == shape]
        parts.matrix(panel, own, rows, columns, width=width, reach=reach)
        fitted_on = own[(own["fitted_on"] == own["assessor"]) & (own["fitted_shape"] == shape)]
        for row, column in zip(fitted_on["row"], fitted_on["column"], strict=True):
            corner = columns.index(column) - 0.5, rows.index(row) - 0.5
            panel.add_patch(Rectangle(corner, 1, 1, fill=False, linewidth=1.4, zorder=3))
        panel.set_xlabel(f"scored as {shape}, n = {parts.counts(own['n'])}")
    panels[0].set_ylabel("hyperplane fitted\non the scores by")
    told = (
        "slope over alpha, in standard deviations of the assessor's scores, with its "
        f"{parts.percent(confidence)} interval\n"
        "hatched: the interval contains 0; framed: scored as what the hyperplane was fitted on"
    )
    figure.supxlabel(told, fontsize=7)
    return figure


def _origins(transfer: pd.DataFrame) -> pd.Series:
    """Name edits by what their hyperplanes were fitted on, and by more where that names several."""
    fitted_on = transfer["fitted_on"] + " " + transfer["fitted_shape"]
    more = [name for name in ("space", "threshold") if transfer[name].nunique() > 1]
    if transfer["edit"].nunique() > len(
        transfer[["fitted_on", "fitted_shape", *more]].drop_duplicates()
    ):
        more.append("edit")
    return fitted_on + "\n" + transfer[more].agg(", ".join, axis=1) if more else fitted_on
