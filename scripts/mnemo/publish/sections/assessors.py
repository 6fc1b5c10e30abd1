"""Assessors: what scored the images, how it was trained, and which visual factors were measured."""

from collections.abc import Iterator

import pandas as pd

from mnemo.assessors.registry import FACTORS, entry
from mnemo.publish import words
from mnemo.publish.finished import Finished
from mnemo.publish.sections.stimuli import of_seeds
from mnemo.publish.text import cite
from mnemo.publish.words import capital, counted, listing, number


def sentences(study: Finished) -> Iterator[str]:
    """Write the paragraph of a study."""
    yield _scored(study)
    if not study.asked:
        yield "The scores are predictions; no person judged the images."
    if any("us10k" in name for name in study.models) and study.ovals:
        yield (
            f"Scores were analysed as the models give them; {study.original} rescales those of "
            "squares and ovals for display."
        )
    if any(entry(name).faithful != entry(name).corrected for name in study.models):
        yield "Images were prepared for each model as " + (
            "its own authors document it."
            if study.corrected
            else "in the code of GANalyze, where that uses it."
        )
    if study.trained:
        yield from _trained(study)
    if study.has("factors"):
        yield from _factors(study)


def _scored(study: Finished) -> str:
    counts = study.counted("scores", ["set", "assessor", "shape"])
    fit = counts[counts["set"] == "fit"]
    own = study.config("assessor_weights")
    said: list[str] = []
    for name in study.models:
        shapes = fit[fit["assessor"] == name].sort_values("shape", ascending=False)
        scored = listing(
            counted(n, shape) for n, shape in zip(shapes["n"], shapes["shape"], strict=True)
        )
        of = "" if said else " of the fitting set"
        weights = ", with weights of our own" if name in own else ""
        said.append(f"{words.model(name)}{weights} ({scored}{of})")
    return f"Images were scored by {listing(said, '; and ', '; ')}."


def _trained(study: Finished) -> Iterator[str]:
    training = study.config("training")
    what = {"hit_rate": "hit rates", "true_hit_rate": "hit rates minus false-alarm rates"}
    if training["database"]:
        of = f"of a database in the layout of the 10k US Adult Faces {cite('bainbridge2013')}"
    else:
        teachers = filter(None, [training["hit_rate"], training["false_alarm_rate"]])
        of = f"that {listing(map(words.short, teachers))} predicted of {of_seeds(study, 'train')}"
    yield (
        f"{capital(words.short(training['name']))} was trained for this study: a "
        f"{words.NETWORKS[training['architecture']]} learned the {what[training['target']]} {of}, "
        f"by Adam {cite('kingma2015')} at a learning rate of {number(training['learning_rate'])} "
        f"in batches of {training['batch_size']:,}."
    )
    curves = study.table("curves", ["run", "epoch", "chosen"]).query("run == 'holdout'")
    tested = study.table(
        "training", ["run", "shape", "n", "spearman", "spearman_low", "spearman_high"]
    ).query("run == 'holdout'")
    reached = [
        f"{words.estimate(row, 'spearman', study.confidence)} on "
        f"{counted(row['n'], 'image' if pd.isna(row['shape']) else row['shape'])}"
        for row in tested.to_dict("records")
    ]
    chosen = curves.loc[curves["chosen"], "epoch"].max()
    yield (
        f"Of {counted(curves['epoch'].max(), 'epoch')}, number {chosen} was kept, which had the "
        "best rank correlation on the images for validation; on images that were used for nothing "
        f"else, its rank correlation with the target was {listing(reached)}."
    )


def _factors(study: Finished) -> Iterator[str]:
    known = study.table("factors", ["factor"])["factor"].unique()
    # A factor that is an assessor was named among these.
    measured = [name for name in FACTORS if name in known and name not in study.models]
    for source, of in words.SOURCES.items():
        names = [words.factor(name) for name in measured if entry(name).factor == source]
        if names:
            yield (
                f"{capital(listing(names))} of each image {'were' if len(names) > 1 else 'was'} "
                f"measured from {of}."
            )
