"""How far a number may be from the published one, on another machine or with other versions.

Each was measured as docs/publishing.md says: on a processor's own instructions against those that
every x86-64 processor has, and in one thread against two.
"""

import re
from typing import NamedTuple


class Tolerance(NamedTuple):
    """The largest difference that passes: `absolute`, plus `relative` of the larger number."""

    absolute: float
    relative: float

    def __str__(self) -> str:
        parts = [f"{self.absolute:g}" if self.absolute else ""]
        parts.append(f"{self.relative:g} of the number" if self.relative else "")
        return " + ".join(filter(None, parts)) or "none"


#: Between machines of one kind with the same versions.
EXACT = Tolerance(0, 0)
#: There, of what networks compute: sums depend on the images of a batch, and on the threads.
NEAR = Tolerance(1e-5, 1e-5)
#: Elsewhere, where no entry of `COLUMNS` matches.
DEFAULT = Tolerance(1e-9, 1e-6)
#: By what matches `table.column`, the first that does; on machines of one kind, too.
COLUMNS: tuple[tuple[re.Pattern[str], Tolerance], ...] = (
    # Eigenvalues of large matrices, whose sums depend on the number of threads; differences of
    # traces of such matrices; and what is read from these.
    (re.compile(r"realness\.reference_rank"), DEFAULT),
    (re.compile(r"(realness|methods)\..*frechet.*"), Tolerance(1e-5, 1e-5)),
    (re.compile(r"(findings|reproduction)\..*"), Tolerance(1e-5, 1e-5)),
)
#: Of what is redrawn: levels of 255 of a pixel; of a score, by its assessor's own scale; and the
#: distance of two rows of features as a share of their length.
PIXELS = Tolerance(2, 0)
SCORES = Tolerance(2e-3, 2e-3)
FEATURES = Tolerance(1e-2, 0)


def of(table: str, column: str, *, exact: bool = False) -> Tolerance:
    """Return the tolerance of a column of numbers of a public table.

    Args:
        table: The table.
        column: The column.
        exact: Whether the machine and the versions are the same.
    """
    name = f"{table}.{column}"
    others = EXACT if exact else DEFAULT
    return next((given for pattern, given in COLUMNS if pattern.fullmatch(name)), others)
