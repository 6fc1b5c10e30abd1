"""Findings: each is read from its table, said in plain words, and corrected for all of them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from benchmarks.false_alarms import claims
from scipy import stats

from mnemo import tables
from mnemo.results import findings

STATED: dict[str, Any] = {
    "hyperplanes": ["z/resmem/square/mean"],
    "edits": {"plain": ["resmem"], "held": ["resmem"]},
    "folds": 5,
    "groups": 20,
}

NEARER = {
    "kernel_difference": -0.03,
    "kernel_difference_low": -0.04,
    "kernel_difference_high": -0.02,
}


def study(**changes: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Make the tables of a study with clear effects; changes are of all rows of a table."""
    made = {
        "hyperplanes": [
            {"space": "z", "assessor": name, "shape": "square", "threshold": "mean"}
            | {"estimator": "logistic"}
            | {"accuracy": 0.66, "accuracy_low": 0.63, "accuracy_high": 0.69, "base_rate": 0.53}
            for name in ("resmem", "happiness")
        ],
        "slopes": [
            {"edit": edit, "assessor": name, "shape": "square"}
            | {"slope": 0.0275, "low": 0.0255, "high": 0.0295, "p_value": 1e-9}
            for edit in ("plain", "held")
            for name in ("resmem", "happiness")
        ],
        "transfer": [
            {"edit": "plain", "assessor": "resmem", "shape": "square", "deviation": 0.05}
            | {"low": 0.0255, "high": 0.0295, "standard_slope": 0.55}
            | {"standard_slope_low": 0.50, "standard_slope_high": 0.60}
        ],
        "contrasts": [
            {"kind": kind, "a": "held", "b": "plain", "assessor": "age", "shape": "square"}
            | {"alpha": alpha, "difference": -1.7, "low": -2.72, "high": -0.68, "p": 0.0013}
            | {"unit": "year"}
            for kind in ("edits", "held")
            for alpha in (-2.0, 2.0, 4.0)
        ],
        "realness": [
            {"edit": "plain", "reference": "generator", "alpha": alpha}
            | {"kernel_difference": 0.03 * abs(alpha)}
            | {"kernel_difference_low": 0.02 * abs(alpha)}
            | {"kernel_difference_high": 0.04 * abs(alpha)}
            for alpha in (-4.0, -2.0, 0.0, 2.0, 4.0)
        ],
        "identity": [
            {"edit": "plain", "alpha": 4.0, "accepted_bound": 0.8, "accepted_bound_low": 0.7}
            | {"accepted_bound_high": 0.9, "impostor": 0.2}
            | {"impostor_low": 0.15, "impostor_high": 0.25, "threshold": 0.6}
        ],
    }
    return {name: pd.DataFrame(rows).assign(**changes.get(name, {})) for name, rows in made.items()}


def found(given: dict[str, pd.DataFrame], **changes: Any) -> pd.DataFrame:
    table = findings.gather(given, **{**STATED, **changes})
    return tables.conform(table, findings.FINDINGS).to_pandas()


def said(given: dict[str, pd.DataFrame], finding: str) -> str:
    return found(given).query(f"finding == '{finding}'")["sentence"].iloc[0]


def test_a_study_with_clear_effects_says_each_with_its_numbers_and_units() -> None:
    table = found(study())
    assert table["holds"].all()
    assert table.groupby("finding", sort=False)["sentence"].first().to_dict() == {
        "separates": "On held-out images, the accuracy of the hyperplane z/resmem/square/mean is "
        "0.13 (0.10 to 0.16) above that of guessing the larger class.",
        "changes": "Along plain, the score of squares by resmem rises by 0.55 SD per alpha "
        "(0.50 to 0.60).",
        "held": "At alpha -2, held, which holds age constant, changes age of squares by 1.7 years "
        "(0.7 to 2.7) less than plain.",
        "departs": "At alpha -4 of plain, images are farther from the reference set than unedited "
        "ones, by 0.12 of kernel distance (0.08 to 0.16).",
        "recognised": "At alpha 4 of plain, faces are accepted as the same person more often than "
        "as another, by 0.60 of the faces (0.49 to 0.71), a lost face counting as refused.",
    }


def test_a_slope_along_a_learned_direction_is_in_the_unit_of_its_alpha() -> None:
    """That is of the score: at 1, an alpha of 0.1 raises it by 0.1."""
    slope = {"slopes": {"slope": 0.82, "low": 0.76, "high": 0.88}}
    row = found(study(**slope), learned=["plain"]).query("finding == 'changes'").iloc[0]
    assert row["unit"] == "score per unit of alpha"
    assert row["sentence"] == (
        "Along plain, the score of squares by resmem rises by 0.82 per alpha (0.76 to 0.88)."
    )


@pytest.mark.parametrize(
    ("finding", "changes", "sentence"),
    [
        (
            "separates",
            {"hyperplanes": {"accuracy": 0.54, "accuracy_low": 0.51, "accuracy_high": 0.57}},
            "What the hyperplane z/resmem/square/mean gains over guessing, on held-out images, is "
            "not measurable: 0.01 (~0.02 to 0.04).",
        ),
        (
            "changes",
            {"slopes": {"slope": 0.001, "low": -0.001, "high": 0.003, "p_value": 0.3}},
            "The change of the score of squares by resmem along plain is not measurable: 0.02 SD "
            "per alpha (~0.02 to 0.06).",
        ),
        (
            "changes",
            {"slopes": {"slope": -0.0275, "low": -0.0295, "high": -0.0255}},
            "Along plain, the score of squares by resmem falls by 0.55 SD per alpha (0.50 to "
            "0.60).",
        ),
        (
            "held",
            {"contrasts": {"difference": 1.7, "low": 0.68, "high": 2.72}},
            "At alpha -2, held, which holds age constant, changes age of squares by 1.7 years "
            "(0.7 to 2.7) more than plain, the opposite of the statement.",
        ),
        (
            "held",
            {"contrasts": {"difference": -1.0, "low": -1.9, "high": -0.1, "p": 0.03}},
            "At alpha -2, the difference between the changes of age of squares by held and by "
            "plain is not clear after correction for 8 statements: ~1.0 years (~1.9 to ~0.1).",
        ),
        (
            "departs",
            {"realness": NEARER},
            "At alpha -4 of plain, images are nearer to the reference set than unedited ones, by "
            "0.030 of kernel distance (0.020 to 0.040), the opposite of the statement.",
        ),
        (
            "changes",
            {"slopes": {"slope": np.nan, "low": np.nan, "high": np.nan, "p_value": np.nan}},
            "The change of the score of squares by resmem along plain is unknown: its table has no "
            "estimate or no interval.",
        ),
    ],
)
def test_what_does_not_hold_is_said_as_plainly(
    finding: str, changes: dict[str, Any], sentence: str
) -> None:
    assert said(study(**changes), finding) == sentence.replace("~", "\N{MINUS SIGN}")


def test_a_clear_effect_against_the_claim_does_not_hold() -> None:
    against = study(contrasts={"difference": 1.7, "low": 0.68, "high": 2.72})
    table = found(against).query("finding == 'held'")
    assert (table["p_holm"] < 0.05).all()
    assert not table["holds"].any()


def test_statements_are_about_the_alphas_farthest_from_0_and_the_edits_own_assessors() -> None:
    table = found(study())
    alphas = table.groupby("finding")["alpha"].unique()
    assert alphas["held"].tolist() == [-2, 4]
    assert alphas["departs"].tolist() == [-4, 4]
    changes = table[table["finding"] == "changes"]
    assert changes[["subject", "assessor"]].to_numpy().tolist() == [
        ["plain", "resmem"],
        ["held", "resmem"],
    ]
    assert table.query("finding == 'separates'")["subject"].tolist() == ["z/resmem/square/mean"]


def test_an_edit_to_one_side_is_stated_at_its_farthest_alpha_alone() -> None:
    given = study()
    given["contrasts"] = given["contrasts"].query("alpha > 0")
    assert found(given).query("finding == 'held'")["alpha"].tolist() == [4]


def test_a_slope_in_deviations_has_the_interval_of_transfer_also_of_other_edits() -> None:
    table = found(study()).query("finding == 'changes'")
    assert table["subject"].tolist() == ["plain", "held"]
    for row in table.itertuples():
        assert (row.low, row.estimate, row.high) == pytest.approx((0.50, 0.55, 0.60))


def test_all_statements_are_corrected_together() -> None:
    table = found(study()).sort_values("p")
    by_hand = np.maximum.accumulate(table["p"] * np.arange(len(table), 0, -1))
    np.testing.assert_allclose(table["p_holm"], np.minimum(by_hand, 1))


@pytest.mark.parametrize(("folds", "freedom"), [(5, 4), (None, np.inf)])
def test_a_p_value_agrees_with_the_interval_that_it_is_read_from(
    folds: int | None, freedom: float
) -> None:
    error = 0.02
    half = stats.t.ppf(0.975, freedom) * error
    accuracy = {"accuracy": 0.6, "accuracy_low": 0.6 - half, "accuracy_high": 0.6 + half}
    table = found(study(hyperplanes={**accuracy, "base_rate": 0.53}), folds=folds)
    p = table.query("finding == 'separates'")["p"].item()
    assert p == pytest.approx(2 * stats.t.sf(0.07 / error, freedom))


def test_a_study_without_a_plain_edit_states_slopes_in_the_scores_unit() -> None:
    conditional = study()
    del conditional["transfer"], conditional["identity"]
    changes = found(conditional).query("finding == 'changes'")
    assert changes["estimate"].eq(0.0275).all()
    assert changes["unit"].eq("score per unit of alpha").all()
    assert "rises by 0.0275 per alpha" in changes["sentence"].iloc[0]


def test_studies_of_random_scores_claim_something_in_no_more_than_5_percent() -> None:
    """As few studies as these show it only roughly; `benchmarks/false_alarms.py` has more."""
    studies = 40
    claimed = [claims(seed, alphas=(0.0, 4.0)) for seed in range(studies)]
    most = stats.binom.ppf(0.999, studies, 0.05)
    for family in ("findings", "edits", "assessors", "hyperplanes"):
        assert sum(family in study for study in claimed) <= most


def test_without_a_threshold_nothing_is_said_of_persons() -> None:
    without = dict.fromkeys(["threshold", "accepted_bound", "impostor"], np.nan)
    assert "recognised" not in set(found(study(identity=without))["finding"])
