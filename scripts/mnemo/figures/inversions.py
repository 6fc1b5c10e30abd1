"""The panels of inverted photographs: each as it was, aligned, and recovered."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from mnemo import tables
from mnemo.figures import pictures as shown
from mnemo.figures import style

#: The pictures of a panel, by their columns, and the panels side by side.
PICTURES = {"original": "photograph", "aligned": "aligned", "recovered": "recovered"}
COLUMNS = 2
#: Edge of a picture, space between panels, and height of the words above and below a row of panels
#: together and of those above, in inches.
CELL, GAP, WORDS, ABOVE = 1.08, 0.4, 0.52, 0.22


def gather(
    aligned: Sequence[str | Path], recovered: Sequence[str | Path], wanted: Sequence[str]
) -> pd.DataFrame:
    """Read selected photographs for `draw`.

    Args:
        aligned: Shards of aligned photographs, with the columns `image`, `original`, a small copy
            of the photograph, and `pixels`, both encoded as in `images.PIXELS`.
        recovered: Shards of `images.IMAGES`, the images of the latents that were found.
        wanted: Keys of the selected photographs.

    Returns:
        One row per photograph, in the order of the shards: image, and the columns `PICTURES`, each
        (height, width, 3) RGB or None.
    """
    sources = [
        (aligned, {"original": "original", "pixels": "aligned"}),
        (recovered, {"pixels": "recovered"}),
    ]
    frames = []
    for paths, names in sources:
        rows = []
        for path in paths:
            for group in tables.groups(path, ["image", *names]):
                chosen = group.filter(pc.is_in(group["image"], pa.array(wanted, pa.string())))
                rows += [
                    {"image": row["image"]}
                    | {to: shown.decoded(row[name]) for name, to in names.items()}
                    for row in chosen.to_pylist()
                ]
        frames.append(pd.DataFrame(rows, columns=["image", *names.values()]))
    return frames[0].merge(frames[1], on="image")


@style.applied()
def draw(pictures: pd.DataFrame, inversions: pd.DataFrame) -> Figure:
    """Draw each photograph as it was, aligned and recovered, and say how like they are.

    Args:
        pictures: Rows from `gather`.
        inversions: Rows of `inversion.table.INVERSIONS`, of at least these photographs.

    Returns:
        A figure with two panels side by side, and a note of how many photographs it shows.
    """
    known = inversions.set_index("photo")
    rows = max(1, ceil(len(pictures) / COLUMNS))
    margin, foot = 0.05, 0.25
    width, height = style.WIDTH, rows * (CELL + WORDS) + foot
    figure = Figure((width, height))
    grid = figure.add_gridspec(
        rows,
        COLUMNS,
        left=margin / width,
        right=1 - margin / width,
        top=1 - ABOVE / height,
        bottom=(foot + WORDS - ABOVE) / height,
        wspace=GAP / (len(PICTURES) * CELL),
        hspace=WORDS / CELL,
    )
    small: dict[str, Any] = {"fontsize": 6.5}
    for number, face in enumerate(pictures.to_dict("records")):
        found = known.loc[face["image"]]
        panel = grid[divmod(number, COLUMNS)].subgridspec(1, len(PICTURES), wspace=0.02)
        (cells,) = panel.subplots(squeeze=False)
        for cell, (name, title) in zip(cells, PICTURES.items(), strict=True):
            shown.show(cell, face[name], title, absent="no picture", frame="white")
        colour = "black" if found["converged"] else style.VERMILION
        cells[0].set_title(face["image"], weight="bold", **small)
        cells[-1].set_title(_ended(found), loc="right", color=colour, **small)
        below = {"transform": cells[0].transAxes, "va": "top", **small}
        cells[0].text(0, -0.04, _measured(found), **below)
    note = f"{len(pictures)} of {len(inversions)} photographs are shown."
    if missing := int((~inversions["converged"]).sum()):
        note += f" {missing} of {len(inversions)} have not converged."
    figure.text(margin / width, 0.1 / height, note, **small)
    return figure


def _ended(found: pd.Series) -> str:
    """Say whether a search converged, and after how many steps it ended."""
    return f"{'' if found['converged'] else 'not '}converged after {found['steps']:,} steps"


def _measured(found: pd.Series) -> str:
    """Say how like the recovered image is."""
    words = [f"mean squared error {found['mse']:.2g}"]
    if pd.notna(found["perceptual"]):
        words.append(f"{found['perceptual_by']} {found['perceptual']:.2g}")
    if pd.notna(found["identity_distance"]):
        words.append(f"{found['identity_by']} {found['identity_distance']:.2g}")
    elif pd.notna(found["identity_by"]):
        words.append(f"{found['identity_by']}: no face")
    return ", ".join(words)
