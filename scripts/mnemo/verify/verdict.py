"""The verdict on a crate, in words."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mnemo import tables
from mnemo.verify.comparing import DIFFERS, IDENTICAL
from mnemo.verify.machines import Differences

#: Rows that differ that are printed; the tables have all.
_SHOWN = 10


def describe(
    compared: str | Path, redrawn: str | Path, as_published: Sequence[str], away: Differences
) -> tuple[str, bool]:
    """Describe what was compared, what differs first.

    Args:
        compared: The table `comparing.COMPARED`.
        redrawn: The table `redrawing.REDRAWN`.
        as_published: Public tables that were not recomputed.
        away: What differs between the crate's environment and this one.

    Returns:
        The text, in Markdown; and whether nothing differs by more than its tolerance.
    """
    columns, images = (tables.read(path).to_pandas() for path in (compared, redrawn))
    wrong = [columns[columns["verdict"] == DIFFERS], images[images["verdict"] == DIFFERS]]
    holds = all(each.empty for each in wrong)
    lines = [f"# The crate {'holds' if holds else 'does not hold'}", ""]
    for row in wrong[0].head(_SHOWN).itertuples():
        lines.append(
            f"- {row.table}, {row.column or 'as a whole'}: {row.differing:,} of {row.n:,} values "
            f"differ, first in row {int(row.first_row):,}: published {row.published}, recomputed "
            f"{row.recomputed} (tolerance: {row.tolerance or 'none'})"
        )
    for row in wrong[1].head(_SHOWN).itertuples():
        place = (
            row.set if pd.isna(row.alpha) else f"{row.set}, edit {row.edit}, alpha {row.alpha:g}"
        )
        by = "" if row.by is None or pd.isna(row.by) else f" by {row.by}"
        both = f": published {row.published:g}, redrawn {row.redrawn:g}"
        lines.append(
            f"- image {row.image} of {place}, {row.shape}: {row.quantity}{by} differs"
            f"{both if row.quantity == 'score' else ''} (difference {row.difference:.3g}, "
            f"tolerance {row.tolerance})"
        )
    lines += ["", "| | compared | identical | within tolerance | differ |", "|---|---|---|---|---|"]
    lines += [
        *_counted(columns, "columns of recomputed tables"),
        *(
            _counted(part, f"redrawn: {quantity}")[0]
            for quantity, part in images.groupby("quantity", sort=False)
        ),
    ]
    largest = images.groupby(["quantity", "by"], dropna=False)["difference"].max().dropna()
    lines += ["", "Largest differences of redrawn images: "]
    lines += [f"- {quantity}{_by(by)}: {value:.3g}" for (quantity, by), value in largest.items()]
    fixed = ", ".join(as_published) or "none"
    lines += [
        "",
        f"Compared to the byte: {'yes' if away.exact else 'no'}. Differences of the environment: "
        f"{away}.",
        f"Tables that were taken as published: {fixed}.",
    ]
    return "\n".join(lines) + "\n", holds


def _by(by: object) -> str:
    return f" by {by}" if isinstance(by, str) else ""


def _counted(rows: pd.DataFrame, what: str) -> list[str]:
    counts = rows["verdict"].value_counts()
    same, beyond = int(counts.get(IDENTICAL, 0)), int(counts.get(DIFFERS, 0))
    return [f"| {what} | {len(rows):,} | {same:,} | {len(rows) - same - beyond:,} | {beyond:,} |"]
