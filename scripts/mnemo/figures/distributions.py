"""The distributions figure: the distribution of the scores of the set fit."""

import pandas as pd
from matplotlib.figure import Figure

from mnemo.figures import parts, style


@style.applied()
def draw(scores: pd.DataFrame) -> Figure:
    """Draw the distributions of scores of unedited images, squares and ovals (Figure 3).

    Args:
        scores: Rows of `scores.SCORES` of one set.

    Returns:
        A figure with one panel per assessor.
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
