"""What the columns of people's ratings are called, in this project's tables and published ones.

The published ones are the spreadsheet of the 10k US Adult Faces Database (Bainbridge et al. 2013),
`attribute_means.csv` and `attribute_ratings.csv` of One Million Impressions (Peterson et al. 2022;
jcpeterson/omi), `data.csv` of LoreGoetschalckx/MemoryGame, and the BIDS tables and the metrics of
nwrim/continuous_recognition_task_jsPsych.
"""

from collections.abc import Iterable, Mapping

from mnemo import names
from mnemo.training.layout import COLUMNS, COUNTS

#: The columns that are read, and what they may be called, the first that is there.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "image": (
        *("image", "key", "seed", "file", "file name", COLUMNS["file"], "image name"),
        *("stimulus", "stim file"),
    ),
    "alpha": ("alpha",),
    "hit_rate": ("hit rate", COLUMNS["hit_rate"], "target hr"),
    "false_alarm_rate": ("false alarm rate", COLUMNS["false_alarm_rate"], "target far"),
    "hits": (COUNTS["hits"], "target hit"),
    "misses": (COUNTS["misses"], "target miss"),
    "false_alarms": (COUNTS["false_alarms"], "target fa"),
    "correct_rejections": (COUNTS["correct_rejections"], "target cr"),
    "participant": ("participant", "participant id", "worker", "worker id", "workerid", "subject"),
    "series": ("series", "run", "runindex"),
    "trial": ("trial", "trialindex"),
    "role": ("role", "condition", "trial type"),
    "answer": ("answer", "response"),
    "attribute": ("attribute",),
    "rating": ("rating",),
    "sequence_file": ("sequencefile",),
    "simulated": ("simulated",),
}
#: Columns that may be there too, and are not read.
OTHERS = (
    *("corrected", "d prime", "n", "lag", "correct", "rt", "shown ms", "group", "shape"),
    *("image #", "rating type", "assignmentid", "finishtime", "inittime", "medium", "timestamp"),
    *("onset", "duration", "response time", "target crr"),
    *("experiment", "edit", "moved", "lag corrected"),
    *(f"{rate} rate {end}" for rate in ("hit", "false alarm") for end in ("low", "high")),
    *("n participants target", "n participants filler"),
    *("filler hit", "filler miss", "filler fa", "filler cr"),
)


def plain(heading: str) -> str:
    """Return what a heading has in common with those that look the same, or have underscores."""
    return names.plain(heading.replace("_", " "))


def places(headings: Iterable[str]) -> dict[str, int]:
    """Find the columns that are read among headings.

    Args:
        headings: The headings of a table.

    Returns:
        The place of each column of `HEADINGS` that is there.
    """
    there = {plain(heading): at for at, heading in enumerate(headings)}
    found = {}
    for name, called in HEADINGS.items():
        known = [there[plain(each)] for each in called if plain(each) in there]
        if known:
            found[name] = known[0]
    return found


def unknown(headings: Iterable[str]) -> list[str]:
    """List the headings that are none of `HEADINGS` and `OTHERS`."""
    known = {plain(each) for called in (*HEADINGS.values(), OTHERS) for each in called}
    return [heading for heading in headings if plain(heading) not in {*known, ""}]
