"""A number in the documents' prose is that of the code, study or table that it comes from."""

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.directions import jackknife
from mnemo.edits import calibration
from mnemo.results import identity
from mnemo.statistics import counts, means, ranks, summaries
from mnemo.study import sets
from mnemo.study.sections.edits import Hyperplanes
from mnemo.study.sections.images import Ovals
from mnemo.study.sections.layerwise import SIZES
from mnemo.study.sections.measures import Identity

STUDY = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
RATES = yaml.safe_load((ROOT / "scripts/mnemo/plan/rates.yaml").read_text(encoding="utf-8"))
FIT, EDITED, REFERENCE = (STUDY["sets"][name]["count"] for name in ("fit", "eval", "reference"))
STUDENT = f"{RATES['assessors']['student']:.0%}".replace("%", " %")
#: Pooled features of a ResNet-152.
FEATURES = 2048
#: As few faces have so many pairs of different ones that enough are below the threshold.
FACES = next(
    n
    for n in range(2, 1000)
    if Identity().false_accept_rate * n * (n - 1) / 2 >= identity.LEAST_BELOW
)

SENTENCES = [
    ("README.md", f"imitates ResMem in {STUDENT} of its time"),
    ("README.md", f"fitted on {FIT:,} faces; {EDITED} others are edited in two ways"),
    ("docs/training.md", f"imitates ResMem in {STUDENT} of its time"),
    ("docs/methods.md", f"The student takes {STUDENT} of ResMem's time"),
    ("docs/methods.md", f"ResMem scores the first {STUDY['fit_on']['resmem']:,} faces"),
    ("docs/methods.md", f"the student scores all {FIT:,}"),
    ("docs/methods.md", f"*Set `eval`.* {EDITED} faces, as squares"),
    ("docs/methods.md", f"The controls move the first {STUDY['controls']['count']} of them"),
    ("docs/methods.md", f"{REFERENCE} and {EDITED} faces. They are fewer than the {FEATURES:,}"),
    ("docs/methods.md", f"(psi {STUDY['sets']['reference']['truncation_psi']:g})"),
    ("docs/methods.md", f"with psi {STUDY['generator']['truncation_psi']:g}."),
    ("docs/methods.md", f"{counts.PER_FEATURE * FEATURES:,} images for {FEATURES:,} features"),
    ("docs/methods.md", f"more than {summaries.SAMPLE:,} images"),
    ("docs/methods.md", f"resample all images, up to {ranks.RESAMPLED:,}"),
    ("docs/methods.md", f"each of {jackknife.GROUPS} groups of images"),
    ("docs/methods.md", f"`ovals.least_found` ({Ovals().least_found:g} by default)"),
    ("docs/methods.md", f"({Identity().false_accept_rate:g} by default) of the pairs"),
    ("docs/methods.md", f"rule of {identity.LEAST_BELOW})"),
    ("docs/methods.md", f"at a rate of 0.01, with fewer than {FACES} faces"),
    ("docs/methods.md", f"the first {identity.SAMPLE:,} faces found at alpha 0"),
    ("docs/methods.md", f"The default size, {SIZES['norm']:g}, is about"),
    ("docs/methods.md", f"({SIZES['image-change']:g} by default; no paper gives one)"),
    ("docs/methods.md", f"on the first {sets.CALIBRATED_ON} images, by"),
    ("docs/methods.md", f"up to {calibration.FARTHEST:g} times the spread of w"),
    ("rules/captions/_layers.rst", f"as found on the first {sets.CALIBRATED_ON} images"),
    (
        "docs/methods.md",
        f"{Hyperplanes().permutations} permutations can't give less than "
        f"{1 / (1 + Hyperplanes().permutations):g}",
    ),
    ("rules/captions/_resamples.rst", f"each resample draws {ranks.RESAMPLED:,}"),
    ("rules/captions/realness.rst", f"computed on {summaries.SAMPLE:,} images"),
    ("rules/captions/tables/conditions.rst", f"jackknife over {jackknife.GROUPS} groups"),
]


@pytest.mark.parametrize(("document", "words"), SENTENCES)
def test_a_number_in_prose_is_that_of_its_source(document: str, words: str) -> None:
    assert words in " ".join((ROOT / document).read_text(encoding="utf-8").split())


def test_a_ratio_at_equal_change_is_as_clear_as_its_caption_says() -> None:
    assert means.CLEAR == 5
