"""Differences between methods at equal effect, against the differences of images computed here."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.interpolate import interp1d
from scipy.optimize import brentq

from mnemo import tables
from mnemo.results import method_contrasts, methods
from mnemo.results.responses import LEAST, Responses

ALPHAS = np.array([0.0, 1.0, 2.0])
N, FITTED = 80, 300
RISES = {"a": [0.0, 0.4, 1.0], "b": [0.0, 0.3, 0.6]}
SCORERS = ("finder", "other", "age")
ASSESSORS = {"finder": {"confirmed_by": ["other"], "attributes": ["age"]}}
EDITS = [
    {"edit": edit, "direction": edit, "method": "file", "estimator": None, "found_with": None}
    | {"assessors": ASSESSORS}
    for edit in "ab"
]
Values = dict[str, dict[str, Any]]


def drawn(n: int = N) -> Values:
    """Scores, image changes and distances of n images by both edits, (n, alphas) each."""
    random = np.random.default_rng(8)
    unedited, strength = random.normal(10, 1, (n, 1)), random.normal(1, 0.4, (n, 1))
    values: Values = {}
    for edit, rise in RISES.items():
        noise = {name: random.normal(0, 0.2, (n, 3)) * (ALPHAS > 0) for name in SCORERS}
        values[edit] = {
            "finder": unedited + strength * rise + noise["finder"],
            "other": unedited + 0.5 * strength * rise + noise["other"],
            "age": unedited + 0.3 * ALPHAS + noise["age"],
            "image": ALPHAS * strength**2 * random.uniform(0.08, 0.12, (n, 3)),
            "identity": 0.2 * ALPHAS * random.uniform(0.5, 1.5, (n, 1)),
        }
    return values


def long(values: Values, name: str, value: str) -> pd.DataFrame:
    parts = []
    for edit, own in values.items():
        images = np.repeat([f"{image:07d}" for image in range(len(own[name]))], len(ALPHAS))
        place = {"edit": edit, "image": images, "alpha": np.tile(ALPHAS, len(own[name]))}
        parts.append(pd.DataFrame({**place, value: own[name].ravel()}))
    return pd.concat(parts).dropna()


def responses(values: Values, edits: Any = EDITS, *, faces: bool = True, **more: Any) -> Responses:
    """The set fit has standard deviations of exactly 1."""
    normal = np.random.default_rng(9).normal(size=FITTED)
    normal = (normal - normal.mean()) / normal.std(ddof=1)
    images = [f"fit-{image}" for image in range(FITTED)]
    about = {"shape": "square"}
    fit = [
        pd.DataFrame({"image": images, "assessor": name, "score": normal, **about})
        for name in SCORERS
    ]
    scores = [long(values, name, "score").assign(assessor=name, **about) for name in SCORERS]
    return Responses(
        pd.concat(scores),
        pd.concat(fit),
        long(values, "image", "image_change").query("alpha > 0"),
        edits,
        faces=long(values, "identity", "distance") if faces else None,
        **{"gain": 0.4, "resamples": 400, **more},
    )


def contrasts(values: Values, *more: Any, **settings: Any) -> pd.DataFrame:
    table = method_contrasts.measure(responses(values, *more, **settings), ["ab"])
    tables.conform(table, method_contrasts.METHOD_CONTRASTS)
    return table.set_index(["at", "estimate"])


def at_equal(own: dict[str, Any], at: str, wanted: float) -> dict[str, Any]:
    """What one edit does to each image where the mean gain or change is as wanted."""
    lines = {name: interp1d(ALPHAS, values) for name, values in own.items()}
    crossing = lines["finder" if at == "gain" else "image"]
    alpha = brentq(lambda alpha: (crossing(alpha) - crossing(0)).mean() - wanted, 0, 2)
    moved = {name: line(alpha) - line(0) for name, line in lines.items()}
    return {
        "gain": moved["finder"],
        "image_change": moved["image"],
        "improvement_ratio": moved["finder"] > 0,
        "attribute_dependency": np.abs(moved["age"]),
        "identity_distance": moved["identity"],
        "confirmed_gain": moved["other"] / moved["finder"].mean(),
    }


@pytest.mark.parametrize(("at", "wanted"), [("gain", 0.4), ("change", 0.1)])
def test_a_difference_is_that_of_the_images_where_both_edits_are_equal(
    at: str, wanted: float
) -> None:
    rows = contrasts(drawn(), change=0.1).loc[at]
    a, b = (at_equal(own, at, wanted) for own in drawn().values())
    assert list(rows.index) == list(method_contrasts.ESTIMATES[at])
    for name, row in rows.iterrows():
        assert row["difference"] == pytest.approx(a[name].mean() - b[name].mean())
        assert row["low"] < row["difference"] < row["high"]
        assert (row["p"] < 0.05) == (row["low"] > 0 or row["high"] < 0)
    assert (rows["n"] == N).all()


def test_the_error_is_about_that_of_the_paired_differences() -> None:
    """To first order: the image change at the alpha of the mean moves with the gain's error."""
    row = contrasts(drawn(), resamples=4000).loc["gain", "image_change"]
    influences = []
    for own in drawn().values():
        there = at_equal(own, "gain", 0.4)
        gains, changes = (own[name] - own[name][:, :1] for name in ("finder", "image"))
        piece = int(gains.mean(axis=0)[1] < 0.4)
        slope = np.diff(changes.mean(axis=0))[piece] / np.diff(gains.mean(axis=0))[piece]
        influences.append((there["image_change"] - slope * there["gain"], slope))
    (a, slope_a), (b, slope_b) = influences
    # Both gains have the error of one standard deviation, about 0.4 / sqrt(2 n).
    of_fit = (slope_a - slope_b) * 0.4 / np.sqrt(2 * FITTED)
    error = np.hypot(stats.sem(a - b), of_fit)
    half = stats.t.ppf(0.975, N - 1) * error
    assert (row["high"] - row["low"]) / 2 == pytest.approx(half, rel=0.07)
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(row["difference"]) / error, N - 1), rel=0.5)


def test_a_contrast_can_be_clear_although_the_intervals_of_the_edits_overlap() -> None:
    values = drawn()
    # The same images respond strongly to both edits.
    random = np.random.default_rng(3)
    strength = random.normal(1, 0.8, (N, 1))
    for own, rise in zip(values.values(), (0.6, 0.5), strict=True):
        own["finder"] = own["finder"][:, :1] + strength * rise * ALPHAS
    both = responses(values, change=0.1)
    rows = methods.measure(both).query("at == 'change'").set_index("edit")
    assert rows["gain_low"]["a"] < rows["gain_high"]["b"]
    row = contrasts(values, change=0.1).loc["change", "gain"]
    assert row["low"] > 0


def test_the_images_are_those_that_both_edits_have_and_reach_a_change_together() -> None:
    """Without the image that changes most, edit b ends below the change that all reach."""
    values = drawn()
    # Edit b changes one image much, which edit a loses, and the others little.
    values["b"]["image"] *= np.where(np.arange(N) == 0, 30, 0.9)[:, np.newaxis]
    values["a"]["finder"][0, 2] = np.nan
    wanted = values["b"]["image"][1:, 2].mean()
    assert wanted < responses(values).equal("change")
    rows = contrasts(values).loc["change"]
    assert (rows["n"] == N - 1).all()
    kept = {edit: {name: own[1:] for name, own in each.items()} for edit, each in values.items()}
    a, b = (at_equal(own, "change", wanted - 1e-12) for own in kept.values())
    assert rows["difference"]["gain"] == pytest.approx(a["gain"].mean() - b["gain"].mean())


def test_edits_that_improve_all_images_may_still_differ() -> None:
    values = drawn()
    for own in values.values():
        own["finder"] = own["finder"][:, :1] + ALPHAS * np.ones((N, 1))
    row = contrasts(values, change=0.1).loc["change", "improvement_ratio"]
    assert row["difference"] == 0
    margin = stats.t.ppf(0.975, N - 1) * np.sqrt(2) / (N + 2)
    assert (row["low"], row["high"]) == pytest.approx((-margin, margin))
    assert row["p"] == 1


def test_an_edit_does_not_differ_from_itself() -> None:
    values = drawn()
    rows = contrasts({"a": values["a"], "b": values["a"]}, change=0.1)
    assert (rows["difference"] == 0).all()
    assert (rows["p"] == 1).all()


def test_a_contrast_that_is_missing_has_its_reason() -> None:
    rows = contrasts(drawn(), gain=0.8, change=0.1).loc["gain"]
    assert rows[["difference", "low", "high", "p", "p_holm"]].isna().all().all()
    assert rows["reason"].str.startswith("b: the mean score rises by 0.8 SD at no alpha").all()
    others = {"finder": {"confirmed_by": [], "attributes": []}}
    alone = [EDITS[0], {**EDITS[1], "assessors": others}]
    rows = contrasts(drawn(), alone, change=0.1, faces=False)
    assert rows["reason"].dropna().to_dict() == {
        (at, name): reason
        for at in ("gain", "change")
        for name, reason in (
            ("confirmed_gain", "no other assessor confirms the gain of both"),
            ("attribute_dependency", "there are no attributes of both"),
        )
    }
    assert "identity_distance" not in rows.index.get_level_values("estimate")


def test_a_gain_that_is_not_clear_divides_nothing() -> None:
    values = drawn()
    values["b"]["finder"] = values["b"]["finder"][:, :1] + np.zeros(3)
    values["b"]["finder"][:, 1:] += np.random.default_rng(1).normal(0, 1, (N, 1))
    row = contrasts(values, change=0.05).loc["change", "confirmed_gain"]
    assert row["reason"] == "a gain is less than 5 standard errors from 0"


def test_few_images_have_differences_without_intervals() -> None:
    rows = contrasts(drawn(LEAST - 1), gain=0.2, change=0.05)
    assert rows["difference"].notna().all()
    assert rows[["low", "high", "p", "p_holm"]].isna().all().all()


def test_p_is_corrected_for_the_pairs_of_one_question() -> None:
    values = drawn()
    three = {**values, "c": drawn(N)["a"] | {"finder": values["b"]["finder"] + 0.1 * ALPHAS}}
    edits = [*EDITS, {**EDITS[0], "edit": "c"}]
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    table = method_contrasts.measure(responses(three, edits, change=0.1), pairs)
    own = table.query("at == 'change' and estimate == 'gain'").sort_values("p")
    expected = np.minimum(np.maximum.accumulate(own["p"] * [3, 2, 1]), 1)
    np.testing.assert_allclose(own["p_holm"], expected)
