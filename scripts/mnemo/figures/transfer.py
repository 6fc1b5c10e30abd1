"""The transfer figure: how an edit changes the scores of other assessors."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mnemo.figures import parts, style


@style.applied()
def draw(transfer: pd.DataFrame, confidence: float) -> Figure:
    """Draw how edits along one assessor's direction change the scores of the others.

    Args:
        transfer: Rows of `transfer.TRANSFER`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one panel per shape scored, one row per hyperplane and one column per
        assessor: the slope over alpha in standard deviations of the assessor's scores, with its
        interval. A frame marks the slopes of the scores that the hyperplane was fitted on.
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
    # The shapes are side by side if an interval then fits on one line of a cell.
    aside = parts.cell_width(rows, len(columns) * len(shapes)) >= parts.WIDE
    down, across = (1, len(shapes)) if aside else (len(shapes), 1)
    # Slopes always have their intervals, however many columns there are.
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
    label = (
        "slope over alpha, in standard deviations of the assessor's scores, with its "
        f"{parts.percent(confidence)} interval\n"
        "hatched: the interval contains 0; framed: the scores that the hyperplane was fitted on"
    )
    figure.supxlabel(label, fontsize=7)
    return figure


def _origins(transfer: pd.DataFrame) -> pd.Series:
    """Return the names of the edits' rows.

    A name is the assessor and shape that the hyperplane was fitted on, and further properties if
    these are not unique.
    """
    fitted_on = transfer["fitted_on"] + " " + transfer["fitted_shape"]
    more = [name for name in ("space", "threshold", "estimator") if transfer[name].nunique() > 1]
    if transfer["edit"].nunique() > len(
        transfer[["fitted_on", "fitted_shape", *more]].drop_duplicates()
    ):
        more.append("edit")
    return fitted_on + "\n" + transfer[more].agg(", ".join, axis=1) if more else fitted_on
