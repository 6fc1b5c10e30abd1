"""Statistics: models, intervals, and what was corrected for how many tests."""

from collections.abc import Iterator

from mnemo.publish.finished import Finished
from mnemo.publish.text import cite, code
from mnemo.publish.words import ALPHA, GANALYZE, counted, listing, number, percent


def sentences(study: Finished) -> Iterator[str]:
    """Write the paragraph of a study."""
    yield (
        f"Intervals are of {percent(study.confidence)} confidence. Those of means, and of changes "
        f"of each image against itself, are t intervals; those of shares of images are Wilson's "
        f"{cite('wilson1927')}."
    )
    # A model without an estimate has no formula.
    formulas = [each for each in study.table("slopes", ["model"])["model"].unique() if each]
    if formulas:
        yield (
            f"The slope of the score over {ALPHA} is that of a linear mixed-effects model, "
            f"{listing(map(code, formulas))}, fitted by REML {cite('bates2015')}, as in "
            f"{GANALYZE}."
        )
    if "cross-validation" in set(study.table("hyperplanes", ["validation"])["validation"]):
        yield (
            "Intervals of held-out accuracies are t intervals corrected for the training images "
            f"that folds share {cite('nadeau2003', 'bouckaert2004')}."
        )
    if resampled := list(_resampled(study)):
        yield (
            f"Those of {listing(resampled)} are from "
            f"{counted(study.config('statistics.resamples'), 'bootstrap resample')} "
            f"{cite('efron1979')}."
        )
    if study.has("realness"):
        yield (
            "Those of distances are from a jackknife that leaves out "
            f"{study.config('realness.groups'):,} groups of images in turn {cite('shao1995')}."
        )
    if study.experiments:
        yield from _of_people(study)
    if tested := list(_tested(study)):
        yield (
            f"Holm's correction {cite('holm1979')} was applied to the p-values of "
            f"{listing(tested, ', and of ')}; a statement holds if its corrected p-value is at "
            f"most {number(round(1 - study.confidence, 10))}."
        )


def _resampled(study: Finished) -> Iterator[str]:
    """List the estimates whose intervals are of a bootstrap."""
    if study.trained or len(study.table("agreement", ["n"])):
        yield "rank correlations"
    if len(study.table("calibration", ["edit"])):
        yield f"the {ALPHA} for a given change of score"


def _of_people(study: Finished) -> Iterator[str]:
    yield (
        "Those of the rates of people's answers are clustered by participants and by images "
        f"{cite('cameron2011')}."
    )
    models = study.table("human_models", ["predictor", "formula"])
    fitted = models[models["formula"] != ""]
    formulas = fitted.loc[fitted["predictor"] == "alpha", "formula"].unique()
    if len(formulas):
        factors = " and to each visual factor" if fitted["predictor"].nunique() > 1 else ""
        yield (
            f"Single answers were related to {ALPHA}{factors} by logistic mixed-effects models "
            f"such as {code(formulas[0])}, fitted by Laplace's approximation {cite('bates2015')} "
            f"and judged by Tjur's coefficient of discrimination {cite('tjur2009')}."
        )


def _tested(study: Finished) -> Iterator[str]:
    """List the families of tests that are corrected together."""
    tested = study.table("contrasts", ["p"])["p"].notna().sum()
    if tested:
        yield f"{counted(tested, 'difference')} on the same images, within each kind"
    stated = len(study.table("findings", ["finding"]))
    if stated:
        yield f"the {counted(stated, 'statement')} that the study makes"
