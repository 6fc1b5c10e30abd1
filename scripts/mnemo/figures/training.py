"""The training figure: how an assessor was trained, and how well it ranks new images."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnemo.figures import parts, style

#: The run that the assessor's weights come from.
OWN = "holdout"


@style.applied()
def draw(
    curves: pd.DataFrame, predictions: pd.DataFrame, summary: pd.DataFrame, confidence: float
) -> Figure:
    """Draw how an assessor was trained, and how well it ranks images that it was not trained on.

    Args:
        curves: Rows of `training.tables.CURVES`; the run `holdout` is the assessor's own, the
            others are folds.
        predictions: Rows of `training.tables.PREDICTIONS` of the same runs.
        summary: Rows of `results.training.TRAINING` of the same runs.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with four panels: the losses by epoch; the rank correlation on the validation
        images by epoch; the assessor's scores of its test images over their targets, by shape if
        they have one; and, for each shape, each run's rank correlation on its test images, with its
        interval and, if known, the ceiling. The panels by epoch mark the chosen epoch, and show
        folds as thin lines.
    """
    # The assessor's own run comes first, and the mean over the folds last; squares before ovals.
    order = summary["run"].map({OWN: 0, "folds": 2}).fillna(1)
    shape = summary["shape"].map({name: at for at, name in enumerate(style.SHAPES)})
    sorted_runs = summary.assign(order=order, at=shape).sort_values(["order", "run", "at"])
    own = sorted_runs.iloc[0]
    figure = Figure((style.WIDTH, 5.4), layout="constrained")
    (losses, ranks), (test, runs) = figure.subplots(2, 2)
    for run, curve in curves.groupby("run"):
        thin: dict[str, Any] = {} if run == OWN else {"linewidth": 0.5, "alpha": 0.6}
        _curve(losses, curve, "train_loss", thin, color=style.GREY, linestyle="--")
        _curve(losses, curve, "validation_loss", thin, color=style.BLUE)
        _curve(ranks, curve, "validation_spearman", thin, color=style.BLUE)
        _chosen(losses, curve, "validation_loss", own=run == OWN)
        _chosen(ranks, curve, "validation_spearman", own=run == OWN)
    for panel in (losses, ranks):
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        panel.set_xlabel("epoch")
        panel.legend()
    losses.set(title=f"{own['assessor']}, architecture {own['architecture']}", ylabel="mean loss")
    ranks.set(title="validation images", ylabel="Spearman's rank correlation")
    own_runs = sorted_runs[sorted_runs["run"] == OWN]
    _scatter(test, predictions[predictions["run"] == OWN], own_runs)
    _by_run(runs, sorted_runs, confidence)
    return figure


def _curve(panel: Axes, curve: pd.DataFrame, name: str, thin: dict[str, Any], **more: Any) -> None:
    label = "" if thin else name.split("_")[0]
    panel.plot(curve["epoch"], curve[name], label=label, **thin, **more)


def _chosen(panel: Axes, curve: pd.DataFrame, name: str, *, own: bool) -> None:
    """Mark the epoch that a run's weights come from."""
    epoch = curve[curve["chosen"]]
    label = f"epoch {epoch['epoch'].iloc[0]}, chosen" if own else ""
    mark: dict[str, Any] = {"facecolor": "white", "edgecolor": style.VERMILION, "zorder": 3}
    panel.scatter(epoch["epoch"], epoch[name], s=30 if own else 8, label=label, **mark)


def _scatter(panel: Axes, predictions: pd.DataFrame, summary: pd.DataFrame) -> None:
    """Draw scores over targets on axes with equal scales, with the line of equality."""
    target, score = predictions["target"], predictions["score"]
    ends = [min(target.min(), score.min()), max(target.max(), score.max())]
    panel.plot(ends, ends, color=style.GREY, linewidth=0.8, linestyle="--", zorder=0)
    titles = []
    for (_, row), colour in zip(summary.iterrows(), (style.BLUE, style.VERMILION), strict=False):
        whole = pd.isna(row["shape"])
        drawn = predictions if whole else predictions[predictions["shape"] == row["shape"]]
        look: dict[str, Any] = {"s": 6, "color": colour, "alpha": 0.5, "linewidth": 0}
        if not whole:
            look |= {"marker": style.MARKERS[row["shape"]], "label": row["shape"]}
        panel.scatter(drawn["target"], drawn["score"], **look)
        found = parts.estimated(*row[["spearman", "spearman_low", "spearman_high"]])
        images = "images" if whole else f"{row['shape']}s"
        titles.append(f"test {images}, n = {row['n']}\nSpearman {found}")
    panel.set_aspect("equal", adjustable="datalim")
    if len(titles) > 1:
        titles = [title.replace("\n", ": ") for title in titles]
        panel.legend(loc="lower right")
    panel.set_title("\n".join(titles))
    target_name = summary["target"].iloc[0].replace("_", " ")
    panel.set(xlabel=f"target: {target_name}", ylabel="score")


def _by_run(panel: Axes, summary: pd.DataFrame, confidence: float) -> None:
    """Draw each run's rank correlation, with the ceiling of the targets in the background."""
    y = np.arange(len(summary))
    label = f"assessor ({parts.percent(confidence)} interval)"
    parts.bars(panel, summary, "spearman", y, label=label, across=True)
    if summary["ceiling"].notna().any():
        low, high = summary["ceiling_low"], summary["ceiling_high"]
        band: dict[str, Any] = {"color": "#BFE3D6", "height": 0.8, "zorder": 0}
        panel.barh(y, high - low, left=low, label="human ceiling", **band)
        panel.vlines(summary["ceiling"], y - 0.4, y + 0.4, color="#009E73", zorder=1)
    options: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 6.5}
    triples = summary[["spearman", "spearman_low", "spearman_high"]].to_numpy(float)
    for level, triple in zip(y, triples, strict=True):
        panel.annotate(parts.estimated(*triple), (triple[0], level), (0, 4), **options)
    names = summary["run"].replace("folds", "mean of folds")
    names = names.where(summary["shape"].isna(), names + ", " + summary["shape"].fillna("") + "s")
    parts.name_rows(panel, [f"{run}, n = {n}" for run, n in zip(names, summary["n"], strict=True)])
    panel.set_xlabel("Spearman's rank correlation, test images")
    panel.legend(loc="upper right", bbox_to_anchor=(1, 1.14), ncols=2, borderaxespad=0)
