"""The figure of edited photographs (Figure 8)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mnemo.errors import MnemoError
from mnemo.figures import parts, style
from mnemo.figures import pictures as shown

#: Edge of a picture, in inches.
CELL = 1.2


@style.applied()
def draw(pictures: pd.DataFrame, scores: pd.DataFrame, quality: str, assessor: str) -> Figure:
    """Draw photographs, what was recovered of them, and how an edit changes that (Figure 8).

    Args:
        pictures: Rows with the columns image, alpha and pixels, (height, width, 3) RGB or None if
            there is no face, as from `strip.gather`. The aligned photograph has no alpha, what was
            recovered of it alpha 0.
        scores: Rows of `scores.SCORES` of the same shape and one assessor. A picture without a
            score shows none.
        quality: The quality that should increase with alpha; empty if none is known to.
        assessor: Name of the assessor, shown below the pictures.

    Returns:
        A figure with one row per photograph: the photograph, what was recovered of it, and the
        edit at the alphas below and above 0. Each picture's score is in its top left corner.

    Raises:
        MnemoError: There are no pictures.
    """
    if pictures.empty:
        raise MnemoError(
            "There is no photograph to draw: none was recovered. The column `reason` of "
            "photos.parquet says why."
        )
    keys = ["image", "alpha"]
    pictures, scores = (frame.astype({"alpha": float}) for frame in (pictures, scores))
    merged = pictures.merge(scores[[*keys, "score"]], on=keys, how="left")
    # The photograph itself first, then what was recovered of it.
    order = merged["alpha"].drop_duplicates().tolist()
    order.sort(key=lambda alpha: (not np.isnan(alpha), alpha != 0, alpha))
    cells = {(row["image"], str(row["alpha"])): row for row in merged.to_dict("records")}
    faces = sorted(merged["image"].unique())
    left, top, foot = 0.8, 0.48, 0.2
    width, height = left + CELL * len(order) + 0.05, top + CELL * len(faces) + foot
    figure = Figure((width, height))
    margins = {"left": left / width, "right": 1 - 0.05 / width, "top": 1 - top / height}
    grid = figure.add_gridspec(
        len(faces), len(order), **margins, bottom=foot / height, wspace=0.03, hspace=0.03
    )
    panels = grid.subplots(squeeze=False)
    for face, row in zip(faces, panels, strict=True):
        row[0].set_ylabel(face, rotation=0, ha="right", va="center", fontsize=6)
        for alpha, panel in zip(order, row, strict=True):
            cell = cells.get((face, str(alpha)), {"pixels": None, "score": np.nan})
            note = "" if np.isnan(cell["score"]) else f"{cell['score']:.2f}"
            shown.show(panel, cell["pixels"], note, frame="black" if alpha == 0 else "white")
    for alpha, panel in zip(order, panels[0], strict=True):
        panel.set_title(_title(alpha, quality), loc="center", fontsize=7)
    small: dict[str, Any] = {"ha": "left", "va": "bottom", "fontsize": 6}
    figure.text(left / width, 0.04 / height, f"scores by {assessor}", **small)
    return figure


def _title(alpha: float, quality: str) -> str:
    """Name a column."""
    if np.isnan(alpha):
        return "photograph"
    if alpha == 0:
        return "recovered"
    less = alpha < 0
    change = f"scored {'less' if less else 'more'}\n{quality}\n" if quality else ""
    return change + parts.minus(f"alpha {alpha:+g}")
