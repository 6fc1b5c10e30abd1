"""Edits at equal gain and at equal image change, against a computation in loops."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.interpolate import interp1d
from scipy.optimize import brentq

from mnemo import tables
from mnemo.results import calibration, cosines, identity_distances, methods
from mnemo.results.responses import LEAST, Responses
from mnemo.statistics import ranks

ALPHAS = np.array([0.0, 1.0, 2.0, 4.0])
N, FITTED = 60, 200
#: Mean change of each score at each alpha, in standard deviations.
RISES = {
    "finder": [0.0, 0.3, 0.8, 1.2],
    "alike": [0.0, 0.2, 0.5, 0.9],
    "deaf": [0.0, 0.0, 0.0, 0.0],
    "age": [0.0, -0.1, -0.3, -0.6],
}
DEVIATIONS = {"finder": 0.05, "alike": 0.2, "deaf": 0.1, "age": 12.0}
EDIT = {
    "edit": "e",
    "direction": "d",
    "method": "ridge",
    "estimator": "ridge",
    "found_with": "finder",
    "assessors": {"finder": {"confirmed_by": ["alike", "deaf"], "attributes": ["age"]}},
}
Values = dict[str, NDArray[np.float64]]


def drawn() -> Values:
    """Scores, image changes and distances of N images, (N, alphas) each."""
    random = np.random.default_rng(5)
    moved = ALPHAS > 0
    values = {
        name: DEVIATIONS[name]
        * (10 + random.normal(0, 1, (N, 1)) + rise + random.normal(0, 0.4, (N, 4)) * moved)
        for name, rise in RISES.items()
    }
    values["image"] = ALPHAS * random.gamma(8, 0.01, (N, 1)) * random.uniform(0.8, 1.2, (N, 4))
    values["identity"] = 0.15 * ALPHAS * random.uniform(0.5, 1.5, (N, 1))
    return values


def long(values: NDArray[np.float64], name: str, **more: str) -> pd.DataFrame:
    images = np.repeat([f"{image:07d}" for image in range(N)], len(ALPHAS))
    place = {"edit": "e", "image": images, "alpha": np.tile(ALPHAS, N), **more}
    return pd.DataFrame({**place, name: values.ravel()}).dropna()


def fitted() -> pd.DataFrame:
    """Scores of the set fit with exactly these deviations."""
    random = np.random.default_rng(6)
    parts = []
    for name, deviation in DEVIATIONS.items():
        own = random.normal(size=FITTED)
        own = deviation * (own - own.mean()) / own.std(ddof=1)
        images = [f"fit-{image}" for image in range(FITTED)]
        parts.append(
            pd.DataFrame({"image": images, "assessor": name, "shape": "square", "score": own})
        )
    return pd.concat(parts)


def measured(
    values: Values, edits: Any = (EDIT,), realness: Any = None, **more: Any
) -> pd.DataFrame:
    named = {"shape": "square"}
    settings: dict[str, Any] = {"threshold": 0.3, "resamples": 200, **more}
    responses = Responses(
        pd.concat([long(values[name], "score", assessor=name, **named) for name in RISES]),
        fitted(),
        long(values["image"], "image_change").query("alpha > 0"),
        edits,
        faces=long(values["identity"], "distance"),
        **settings,
    )
    table = methods.measure(responses, realness=realness)
    found = {"moved": np.nan, "perceptual_by": "resnet152-early", "seconds": np.nan}
    tables.conform(table.assign(**found), methods.METHODS)
    return table.set_index("at")


@pytest.mark.parametrize(("at", "wanted"), [("gain", 0.5), ("change", 0.12)])
def test_a_row_is_what_the_images_are_where_their_mean_line_crosses(at: str, wanted: float) -> None:
    values = drawn()
    row = measured(values, change=0.12).loc[at]
    lines = {name: [interp1d(ALPHAS, own) for own in values[name]] for name in values}
    units = {**DEVIATIONS, "image": 1, "identity": 1}

    def changes(name: str, alpha: float) -> NDArray[np.float64]:
        return np.array([line(alpha) - line(0) for line in lines[name]]) / units[name]

    crossing = "finder" if at == "gain" else "image"
    alpha = brentq(lambda alpha: changes(crossing, alpha).mean() - wanted, 0, 4)
    gain = changes("finder", alpha)
    distance = changes("identity", alpha)
    before = values["finder"][:, 0].mean()
    others = (changes("alike", alpha).mean() + changes("deaf", alpha).mean()) / 2
    expected = {
        "alpha": alpha,
        "gain": gain.mean(),
        "confirmed_gain": others / gain.mean(),
        "improvement_ratio": np.mean(gain > 0),
        "relative_gain": gain.mean() * DEVIATIONS["finder"] / before,
        "image_change": changes("image", alpha).mean(),
        "identity_distance": distance.mean(),
        "accepted": np.mean(distance < 0.3),
        "attribute_dependency": np.abs(changes("age", alpha)).mean(),
    }
    np.testing.assert_allclose(row[list(expected)].astype(float), list(expected.values()))
    given = {"gain": "gain", "change": "image_change"}[at]
    for name in expected:
        ends = row[[f"{name}_low", f"{name}_high"]].astype(float)
        assert ends.isna().all() if name == given else ends.iloc[0] < row[name] < ends.iloc[1]
    assert row[["n", "confirmed_by", "attributes"]].tolist() == [N, "alike, deaf", ["age"]]


def test_the_interval_of_alpha_is_about_that_of_the_mean_divided_by_its_slope() -> None:
    """At a gain inside the second piece, to first order (the delta method)."""
    values = drawn()
    row = measured(values, resamples=4000).loc["gain"]
    changes = (values["finder"] - values["finder"][:, :1]) / DEVIATIONS["finder"]
    there = interp1d(ALPHAS, changes)(row["alpha"])
    slope = (changes[:, 2] - changes[:, 1]).mean()
    # Of the deviation of the set fit: half of the relative error of a normal variance.
    error = np.hypot(np.std(there, ddof=1) / np.sqrt(N), 0.5 / np.sqrt(2 * FITTED)) / slope
    assert (row["alpha_high"] - row["alpha_low"]) / 4 == pytest.approx(error, rel=0.12)


def test_alphas_are_those_of_calibration_where_they_are_close_together() -> None:
    """Calibration takes a smooth curve between alphas: here that of a response that levels off."""
    random = np.random.default_rng(2)
    strength, origin = random.normal(1, 0.1, (N, 1)), random.normal(10, 1, (N, 1))

    def alphas_of(step: float) -> tuple[float, float]:
        alphas = np.arange(-2, 4 + step / 2, step).round(6)
        rises = DEVIATIONS["finder"] * (origin + strength * 1.5 * (1 - np.exp(-alphas / 2)))
        rows = {"image": [f"{image:07d}" for image in range(N)], "edit": "e"}
        frames = [
            pd.DataFrame({**rows, "alpha": alpha, "score": rise, "image_change": abs(alpha)})
            for alpha, rise in zip(alphas, rises.T, strict=True)
        ]
        frame = pd.concat(frames).assign(assessor="finder", shape="square")
        alone = {**EDIT, "assessors": {"finder": {"confirmed_by": [], "attributes": []}}}
        own = Responses(frame, fitted(), frame.query("alpha > 0"), [alone], resamples=20)
        fit = fitted().query("assessor == 'finder'")["score"]
        calibrated = calibration.calibrate(frame, [0.5], unedited=fit, resamples=20)
        return methods.measure(own).set_index("at")["alpha"]["gain"], calibrated["alpha"][0]

    far, close = alphas_of(2), alphas_of(0.05)
    exact = -2 * np.log(1 - 0.5 / 1.5 / strength.mean())
    assert close == pytest.approx((exact, exact), rel=1e-3)
    assert far[0] > 1.1 * far[1]


def test_smaller_resamples_of_many_images_give_the_same_intervals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The relative gain at equal gain has little error but that of the deviation."""
    names = [f"{name}_{end}" for name in ("alpha", "relative_gain") for end in ("low", "high")]
    whole = measured(drawn(), resamples=4000).loc["gain", names].astype(float)
    monkeypatch.setattr(ranks, "RESAMPLED", N // 3)
    few = measured(drawn(), resamples=4000).loc["gain", names].astype(float)
    widths = [each[1::2].to_numpy() - each[::2].to_numpy() for each in (whole, few)]
    np.testing.assert_allclose(*widths, rtol=0.1)


def test_the_equal_change_is_by_default_the_largest_that_all_edits_reach() -> None:
    values = drawn()
    scores = pd.concat(
        [long(values[name], "score", assessor=name, shape="square") for name in RISES]
    )
    changes = long(values["image"], "image_change")
    both = [
        pd.concat([frame, frame.query("alpha < 4").assign(edit="short")])
        for frame in (scores, changes.query("alpha > 0"))
    ]
    edits = [EDIT, {**EDIT, "edit": "short"}]
    table = methods.measure(Responses(both[0], fitted(), both[1], edits, resamples=100))
    rows = table[table["at"] == "change"].set_index("edit")
    largest = values["image"][:, 2].mean()
    np.testing.assert_allclose(rows["image_change"], largest)
    assert rows["alpha"].to_dict() == pytest.approx({"e": 2, "short": 2})
    # What is not measured is null.
    assert rows[["identity_distance", "accepted", "kernel_difference"]].isna().all().all()


def test_a_gain_that_is_not_reached_is_null_and_has_its_reason() -> None:
    row = measured(drawn(), gain=2.0).loc["gain"]
    assert row["reason"].startswith("the mean score rises by 2 SD at no alpha: by at most 1.")
    estimates = [name for name in methods.METHODS.names if f"{name}_low" in methods.METHODS.names]
    assert row[estimates].isna().all()


def test_the_gain_of_few_images_or_of_no_other_assessor_is_not_confirmed() -> None:
    alone = {"finder": {"confirmed_by": [], "attributes": []}}
    row = measured(drawn(), [{**EDIT, "assessors": alone}]).loc["gain"]
    assert row[["confirmed_by", "attributes"]].tolist() == [None, []]
    assert np.isnan(row["confirmed_gain"])
    assert np.isnan(row["attribute_dependency"])
    still = {**drawn()}
    still["finder"] = still["finder"][:, :1] + np.zeros(4) + still["deaf"] - still["deaf"][:, :1]
    row = measured(still, change=0.12).loc["change"]
    # It divides by a gain that may be 0.
    assert np.isnan(row["confirmed_gain"])
    assert np.isfinite(row["gain_low"])


def test_a_lost_image_is_in_no_row_and_a_lost_attribute_or_face_in_no_mean() -> None:
    values = drawn()
    values["finder"][0, 3] = np.nan
    values["age"][1, 1] = np.nan
    values["identity"][2, 2] = np.nan
    row = measured(values).loc["gain"]
    kept = {name: own[1:] for name, own in drawn().items()}
    assert row["n"] == N - 1
    assert ALPHAS[1] < row["alpha"] < ALPHAS[2]
    share = row["alpha"] - 1
    changes = (kept["age"] - kept["age"][:, :1]) / DEVIATIONS["age"]
    there = np.abs((1 - share) * changes[:, 1] + share * changes[:, 2])
    assert row["attribute_dependency"] == pytest.approx(there[1:].mean())
    away = (1 - share) * kept["identity"][:, 1] + share * kept["identity"][:, 2]
    assert row["identity_distance"] == pytest.approx(np.delete(away, 1).mean())


def test_realness_is_interpolated_between_alphas_with_its_ends() -> None:
    names = methods.READ[3:]
    rows = [
        {"edit": "e", "alpha": alpha, "reference": reference} | dict.fromkeys(names, value)
        for reference, factor in (("generator", 1.0), ("photos", 7.0))
        for alpha, value in ((0.0, 0.0), (1.0, factor), (4.0, 4 * factor))
    ]
    row = measured(drawn(), realness=pd.DataFrame(rows)).loc["gain"]
    np.testing.assert_allclose(row[names].astype(float), row["alpha"])


def test_few_images_have_no_intervals() -> None:
    images = pd.Series(range(LEAST - 1)).map("{:07d}".format)
    scores = pd.concat(
        [long(drawn()[name], "score", assessor=name, shape="square") for name in RISES]
    )
    changes = long(drawn()["image"], "image_change").query("alpha > 0")
    few = (frame[frame["image"].isin(images)] for frame in (scores, changes))
    responses = Responses(next(few), fitted(), next(few), [EDIT], gain=0.2, resamples=100)
    table = methods.measure(responses)
    assert (table["n"] == LEAST - 1).all()
    assert table["alpha"].notna().all()
    assert table.filter(regex="_(low|high)$").isna().all().all()


def test_the_seconds_of_a_direction_are_those_of_all_jobs_that_found_it(tmp_path: Path) -> None:
    for name, spent in (("z/a", 2.5), ("z/age", 1.5)):
        path = tmp_path / f"fit_hyperplane/{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{spent}\t-\n")
    edits = [
        {"edit": "held", "found_by": ["fit_hyperplane/z/a", "fit_hyperplane/z/age"]},
        {"edit": "file", "found_by": []},
    ]
    spent = methods.seconds(tmp_path.rglob("*.tsv"), edits)
    assert spent["held"] == 4
    assert np.isnan(spent["file"])


def test_a_distance_is_that_of_the_same_face_at_alpha_0() -> None:
    at_0 = np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, np.nan]])
    moved = np.array([[3.0, 5.0], [0.0, 4.0], [1.0, 1.0], [np.nan, np.nan]])
    table = identity_distances.measure(
        {0.0: (["a", "b", "c"], at_0), 2.0: (["b", "a", "c", "d"], moved)}
    )
    found = table[table["alpha"] == 2].set_index("image")["distance"]
    assert found.to_dict() == {"b": np.hypot(2, 4), "a": 4.0}


def test_cosines_are_of_each_pair_in_one_space() -> None:
    def direction(name: str, space: str, normal: list[float], layers: int = 1) -> dict[str, Any]:
        return {"name": name, "space": space, "layers": layers, "normal": normal}

    table = cosines.measure(
        [
            direction("a", "z", [1.0, 0.0, 0.0, 0.0]),
            direction("b", "z", [0.6, 0.8, 0.0, 0.0]),
            direction("c", "w", [0.0, 1.0]),
            direction("d", "z", [-1.0, 0.0, 0.0, 0.0]),
        ]
    )
    tables.conform(table, cosines.COSINES)
    found = table.set_index(["direction", "other"])["cosine"]
    assert found.to_dict() == {("a", "b"): 0.6, ("a", "d"): -1.0, ("b", "d"): -0.6}
    assert (table["chance"] == 0.5).all()


@pytest.mark.parametrize("lost", [[0.0], [4.0], list(ALPHAS)])
def test_an_edit_all_of_whose_faces_are_lost_at_an_alpha_has_rows_that_say_so(
    lost: list[float],
) -> None:
    scores = long(drawn()["finder"], "score", assessor="finder", shape="oval")
    scores["score"] = scores["score"].mask(scores["alpha"].isin(lost))
    changes = long(drawn()["image"], "image_change")
    responses = Responses(scores, fitted().assign(shape="oval"), changes, [EDIT], resamples=20)
    rows = methods.measure(responses)
    assert rows["at"].tolist() == ["gain", "change"]
    assert (rows["n"] == 0).all()
    assert (rows["reason"] == "no image is scored at all alphas from 0 on").all()
    assert rows["alpha"].isna().all()
