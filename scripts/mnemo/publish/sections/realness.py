"""Realness and identity: what an edit costs."""

from collections.abc import Iterator

import pandas as pd

from mnemo.features.registry import EXTRACTORS
from mnemo.publish import words
from mnemo.publish.finished import Finished
from mnemo.publish.sections.stimuli import seeds
from mnemo.publish.text import cite
from mnemo.publish.words import ALPHA, counted, listing, number, percent

_DISTANCES = {
    "inception": f"FID {cite('heusel2017')} and KID {cite('binkowski2018')}",
    "other": f"Fréchet {cite('heusel2017')} and kernel distances {cite('gretton2012')}",
}
_COLUMNS = ["features", "reference", "reference_count", "n", "neighbours"]
_MEASURES = ["frechet_infinite", "precision", "inception_score"]


def sentences(study: Finished) -> Iterator[str]:
    """Write the paragraph of a study."""
    if study.has("realness"):
        yield from _realness(study)
    if study.has("identity"):
        yield from _identity(study)


def _realness(study: Finished) -> Iterator[str]:
    rows = study.table("realness", [*_COLUMNS, *_MEASURES])
    features = rows["features"].iloc[0]
    counts = {row["reference"]: row["reference_count"] for row in rows.to_dict("records")}
    said = {
        "generator": f"{counted(counts.get('generator', 0), 'unedited image')} of the generator "
        f"({seeds(study, 'reference')})",
        "photos": f"the {counted(counts.get('photos', 0), 'aligned photograph')}",
        "folder": f"{counted(counts.get('folder', 0), 'other photograph')}",
    }
    edited = sorted(rows["n"].unique())
    yield (
        f"Realness was measured by {_DISTANCES.get(features, _DISTANCES['other'])} of the "
        f"{listing((f'{n:,}' for n in edited), ' or ')} images of an edit at each {ALPHA} from "
        f"{listing(said[each] for each in counts)}, on {words.FEATURES[features]}."
    )
    if features == "resnet152":
        yield "These are neither FID nor KID, and can be compared within this study alone."
    if "generator" in counts:
        yield (
            f"They are reported as differences from {ALPHA} = 0, beside a floor, the distance of "
            "as many further images of the reference's distribution (seeds from "
            f"{study.config('sets.floor.first_seed'):,}); the ratio to unedited images, which "
            f"{study.original} reports, is near one wherever the bias of few images is large."
        )
    dim = EXTRACTORS[features].dim
    if min(*edited, *counts.values()) < dim:
        yield (
            f"With fewer images than the {dim:,} features, a Fréchet distance is mostly this bias; "
            "the kernel distance has none."
        )
    if rows["frechet_infinite"].notna().any():
        yield (
            "Fréchet distances were also extrapolated to infinitely many images "
            f"{cite('chong2020')}."
        )
    if rows["precision"].notna().any():
        yield (
            f"Precision and recall {cite('kynkaanniemi2019')}, density and coverage "
            f"{cite('naeem2020')} were computed with {rows['neighbours'].iloc[0]} neighbours."
        )
    if rows["inception_score"].notna().any():
        yield f"The Inception Score {cite('salimans2016')} was computed at each {ALPHA}."


def _identity(study: Finished) -> Iterator[str]:
    rows = study.table("identity", ["alpha", "n", "lost", "threshold", "threshold_own"])
    network = study.config("identity.features")
    yield (
        "Identity was measured by the Euclidean distance of the embeddings of a face at "
        f"{ALPHA} and at {ALPHA} = 0 by {words.IDENTITY[network]}."
    )
    threshold = rows["threshold"].iloc[0]
    if not pd.isna(threshold):
        published = threshold == EXTRACTORS[network].threshold
        which = ", the threshold that the network's author published," if published else ""
        yield (
            f"Two faces nearer than {number(threshold)}{which} counted as one person's, and a lost "
            "face as another's."
        )
    own = sorted({number(round(each, 3)) for each in rows["threshold_own"].dropna()})
    if own:
        yield (
            f"A second threshold, {' to '.join([own[0], *own[1:][-1:]])}, is that below which "
            f"{percent(study.config('identity.false_accept_rate'))} of the pairs of different "
            "unedited faces are."
        )
    edited = rows[rows["alpha"] != 0]
    few, many = edited["n"].min(), edited["n"].max()
    yield (
        f"{f'{few:,}' if few == many else f'From {few:,} to {many:,}'} faces were compared at each "
        f"{ALPHA}; at most {edited['lost'].max():,} had been lost."
    )
