"""People: whose ratings were used, and who took part in which experiment."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from mnemo.experiment.settings import KINDS, MemoryGame, Settings
from mnemo.publish import words
from mnemo.publish.finished import Finished
from mnemo.publish.sections.stimuli import of_seeds
from mnemo.publish.text import cite, code
from mnemo.publish.words import ALPHA, GANALYZE, counted, listing, number, numbers, percent

Given = Mapping[str, Any]


def sentences(study: Finished) -> Iterator[str]:
    """Write the paragraph of a study."""
    for name, given in study.ratings.items():
        yield from _rated(study, name, given)
    for name, given in study.experiments.items():
        yield from _experiment(study, name, given)


def _rated(study: Finished, name: str, given: Given) -> Iterator[str]:
    """Say what people's ratings are, and how reliable."""
    rated = study.table("ratings", ["ratings", "answers"]).query("ratings == @name")
    answers = rated["answers"].median()
    of = "" if pd.isna(answers) else f", with a median of {number(answers)} answers to each"
    scores, _ = words.scores(name, study.ratings)
    yield (
        f"Beside the models, {code(name)} was an assessor: {scores} of "
        f"{counted(len(rated), given['shape'])} of the fitting set{of}."
    )
    if given.get("simulated", False):
        yield "These ratings were simulated: no person gave them."
    ends = [f"{key}{end}" for key in ("reliability", "ceiling") for end in ("", "_low", "_high")]
    validity = study.table("assessor_validity", ["ratings", *ends]).query("ratings == @name")
    for row in validity.dropna(subset=["ceiling"]).head(1).to_dict("records"):
        yield (
            "Halves of the answers gave, by Spearman and Brown's formula "
            f"{cite('spearman1910', 'brown1910')}, a reliability of "
            f"{words.estimate(row, 'reliability', study.confidence)}; the correlation with any "
            f"score is at most its root {cite('spearman1904')}, "
            f"{words.estimate(row, 'ceiling', study.confidence)}."
        )


def _experiment(study: Finished, name: str, given: Given) -> Iterator[str]:
    """Say what participants saw and did, who they were, and whose answers count."""
    changed: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in given["settings"].items()
    }
    design: Settings = KINDS[given["kind"]](**changed)
    simulated = given.get("simulated")
    if simulated:
        yield (
            f"The answers to the experiment {code(name)} were simulated: no person took part, and "
            "they say nothing about people."
        )
    yield from _design(study, name, given, design)
    if simulated:
        yield _simulated(simulated)
    else:
        yield f"Participants played in their browsers, on a page of jsPsych {cite('deleeuw2023')}."
    yield from _counted(study, name, given, design)


def _design(study: Finished, name: str, given: Given, design: Settings) -> Iterator[str]:
    """Say what a series is."""
    if isinstance(design, MemoryGame):
        yield (
            f"In the visual memory game of {GANALYZE}, a key was to be pressed when an image came "
            f"again; a series had {design.length:,} images, each for {design.image_ms:,} ms with "
            f"{design.blank_ms:,} ms before the next: {counted(design.targets, 'target')}, "
            f"repeated after {design.lag[0]:,} to {design.lag[1]:,} images, "
            f"{counted(design.fillers, 'filler')}, and "
            f"{counted(design.vigilance, 'vigilance image')}, repeated after "
            f"{design.vigilance_lag[0]:,} to {design.vigilance_lag[1]:,}."
        )
        others = {"fillers": "Fillers and vigilance images"}
    else:
        yield (
            f"In the two-alternative forced choice of {GANALYZE}, a generated image was to be told "
            f"from the photograph beside it; a series had {counted(design.targets, 'pair')} under "
            f"test and {counted(design.vigilance, 'easy pair')}, each for {design.pair_ms:,} ms."
        )
        others = {"vigilance": "Generated images of easy pairs", "fillers": "Those of the practice"}
    rates = study.table("human_rates", ["experiment", "alpha"]).query("experiment == @name")
    yield (
        f"Targets were images of the edit {code(given['edit'])} at {ALPHA} = "
        f"{numbers(sorted(rates['alpha'].unique()))}; no participant saw a seed at two {ALPHA}."
    )
    for base, what in others.items():
        if study.config(f"sets.{base}", None):
            yield f"{what} were of {of_seeds(study, base, 'further image')}."


def _simulated(given: Given) -> str:
    """Say how participants were simulated."""
    follows = [f"by {number(given['slope'])} for each unit of {ALPHA}"] * bool(given["slope"])
    if given["assessor"]:
        follows.append(
            f"by {number(given['strength'])} for each standard deviation of the scores by "
            f"{words.short(given['assessor'])}"
        )
    rose = f", whose log odds of a correct answer rose {listing(follows)}" if follows else ""
    share = given["inattentive"]
    same = f"; {percent(share)} always answered the same" if share else ""
    return f"There were {counted(given['participants'], 'simulated participant')}{rose}{same}."


def _counted(study: Finished, name: str, given: Given, design: Settings) -> Iterator[str]:
    """Say which series, participants and answers count."""
    series = study.table("participants", ["experiment", "participant", "excluded", "reason"])
    series = series.query("experiment == @name")
    own = {key: value for key, value in given.get("exclude", {}).items() if value is not None}
    limits = {**vars(design), **own}
    rule = (
        f"that missed more than {percent(limits['most_missed'])} of the vigilance repeats, or took "
        f"more than {percent(limits['most_false_alarms'])} of first presentations for repeats"
        if isinstance(design, MemoryGame)
        else f"that had less than {percent(limits['least_correct'])} of the easy pairs right"
    )
    reasons = series.loc[series["excluded"], "reason"].value_counts()
    why = f" ({'; '.join(f'{reason}: {n:,}' for reason, n in reasons.items())})" * bool(
        len(reasons)
    )
    yield (
        f"Series that were broken off, or {rule}, were excluded: {series['excluded'].sum():,} of "
        f"{len(series):,}{why}."
    )
    models = study.table("human_models", ["experiment", "predictor", "answers", "n_answers"])
    models = models.query("experiment == @name and predictor == 'alpha' and answers == 'all'")
    answers = f", with {models['n_answers'].iloc[0]:,} answers to targets" if len(models) else ""
    kept = series.loc[~series["excluded"], "participant"].nunique()
    yield (
        f"This left {kept:,} of {counted(series['participant'].nunique(), 'participant')}{answers}."
    )
