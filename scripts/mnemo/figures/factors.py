"""The factors figure: how visual factors change along edits (GANalyze, Figure 3B)."""

import pandas as pd
from matplotlib.figure import Figure

from mnemo.figures import parts, style

#: Height of a panel, in inches.
HEIGHT = 3.0


@style.applied()
def draw(factors: pd.DataFrame, confidence: float) -> Figure:
    """Draw how each visual factor changes along each edit (GANalyze, Figure 3B).

    Args:
        factors: Rows of `factors.FACTORS`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one panel per edit and shape, and in each one line per factor, named at its
        end: the mean change from alpha 0 in standard deviations of the factor in the set fit. A
        factor without a standard deviation or a change is left out.
    """
    deviation = factors["deviation"].where(factors["deviation"] > 0)
    changes = ("change", "change_low", "change_high")
    # The elements of all figures over alpha tell lines apart by the column `edit`.
    named = factors.assign(of=factors["edit"], edit=factors["factor"])
    scaled = named.assign(**{name: factors[name] / deviation for name in changes})
    scaled = scaled.dropna(subset="change")
    drawn = [
        (edit, shape)
        for edit in factors["edit"].unique()
        for shape in parts.shapes(factors[factors["edit"] == edit])
    ]
    columns = min(2, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = Figure((style.WIDTH, 0.4 + HEIGHT * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    # Factors that share a colour with one before them are dashed.
    styles = {
        factor: look if number < len(style.EDITS) else look._replace(line="--", hollow=True)
        for number, (factor, look) in enumerate(parts.looks(scaled["edit"]).items())
    }
    drawn_in = []
    for panel, (edit, shape) in zip(panels, drawn, strict=False):
        own = scaled[(scaled["of"] == edit) & (scaled["shape"] == shape)]
        drawn_as = {factor: styles[factor] for factor in own["edit"].unique()}
        counts = f", n = {parts.counts(own['pairs'])}" if len(own) else ""
        panel.set(title=f"{edit}, {shape}{counts}", xlabel="alpha")
        panel.yaxis.set_tick_params(labelleft=True)
        if len(own):
            parts.over_alpha(panel, own, "change", drawn_as)
            ends = own["alpha"].min(), own["alpha"].max()
            panel.hlines(0, *ends, color=style.GREY, linewidth=0.6, zorder=0)
            drawn_in.append((panel, own, drawn_as))
    for panel, own, drawn_as in drawn_in:
        parts.name_lines(panel, own, "change", drawn_as, (style.WIDTH / columns - 1, HEIGHT - 0.6))
    for panel in panels[len(drawn) :]:
        panel.set_axis_off()
    label = f"change in standard deviations ({parts.percent(confidence)} intervals)"
    figure.supylabel(label, fontsize=8)
    return figure
