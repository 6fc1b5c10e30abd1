"""What participants are to be paid, by codes alone: nothing here leads to anybody's answers."""

import pandas as pd
import sqlalchemy as sa

from mnemo.experiment.server import recruitment, store
from mnemo.experiment.server.database import PARTICIPANTS
from mnemo.experiment.server.recruitment import Ending
from mnemo.experiment.server.served import Served

COLUMNS = ("code", "source", "series", "earned", "currency", "ending")

_ENDINGS: dict[Ending, str] = {
    "completed": "completed",
    "failed": "blocked",
    "declined": "declined",
}


def payments(served: Served) -> pd.DataFrame:
    """List what is due to all participants who have earned something, or declined.

    Args:
        served: The experiment.

    Returns:
        A row for each, sorted by source and code, so that the order tells nothing: `code`, which
        the participant was told; `source`; `series`, the number finished; `earned`; `currency`;
        and `ending`: completed, blocked or declined.
    """
    rows = []
    with served.database.reading() as connection:
        for number in connection.execute(sa.select(PARTICIPANTS.c.number)).scalars().all():
            standing = store.within(served, connection, number)
            ending = store.ending(standing)
            if ending is None:
                continue
            own = served.secrets.code("payment", number)
            rows.append(
                {
                    "code": recruitment.code(served.recruitment, ending, own),
                    "source": standing.source,
                    "series": standing.finished,
                    "earned": standing.earned,
                    "currency": served.recruitment.currency,
                    "ending": _ENDINGS[ending],
                }
            )
    return pd.DataFrame(rows, columns=[*COLUMNS]).sort_values(
        ["source", "code", "series"], ignore_index=True
    )


def as_csv(table: pd.DataFrame) -> str:
    """Return a table of payments as CSV.

    Args:
        table: The columns of `payments`.

    Returns:
        The text.
    """
    return str(table.to_csv(index=False, float_format="%.2f", lineterminator="\n"))
