"""Reproduction: each verdict is right where the truth is known, and says what differs or lacks."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from tests.support.paths import ROOT

from mnemo import tables
from mnemo.results import published, reproduction
from mnemo.results.published import Item
from mnemo.study.mistakes import checked
from mnemo.study.pages import Pages
from mnemo.study.params import Params
from mnemo.study.paths import Paths

ITEMS = published.read()
INSIDE, OUTSIDE, OTHER, ABSENT = (
    "inside the interval",
    "outside it",
    "not comparable",
    "not run",
)
Tables = Mapping[str, pd.DataFrame]


@cache
def _raw(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def study(file: str = "studies/stylegan2-ffhq.yaml", **changes: Any) -> dict[str, Any]:
    """Describe a study; by default that of the paper, as its authors did it."""
    raw = {"preset": "faithful", **yaml.safe_load(_raw(file)), **changes}
    return Params(checked(raw)).reproduction


def compared(
    described: Mapping[str, Any], measured: Tables, items: Sequence[Item] = ITEMS, **more: Any
) -> pd.DataFrame:
    table = reproduction.compare(items, described, measured, **more)
    return tables.conform(table, reproduction.REPRODUCTION).to_pandas().set_index("item")


def measured(described: Mapping[str, Any], off: float = 0.0, margin: float = 0.004) -> Tables:
    """Make the tables of a study that finds what is published, or something else by `off`."""
    made: dict[str, list[dict[str, Any]]] = {}
    for item in ITEMS:
        other = item.setup.get("generator") not in (None, described["generator"])
        # Figure 3 has a mean of Figure 6, of other images.
        if item.table is None or item.number is None or other or item.exhibit == "Figure 3":
            continue
        value = item.number + off
        row: dict[str, Any] = {"n": 10_000, **item.row}
        ends = {f"{item.column}_low": value - margin, f"{item.column}_high": value + margin}
        if item.table == "dose_response":
            ends = {"low": value - margin, "high": value + margin}
        if item.table == "agreement":
            row = {"assessor_a": row["assessor"], "assessor_b": row.pop("assessor")}
        row |= {str(item.column): value, **ends}
        for edit in described["edits"] if item.edit else [{}]:
            wanted = item.edit or {}
            if not edit or (edit["hold"] == [] and edit["shape"] == wanted["shape"]):
                of_edit = {"edit": edit["name"]} if edit else {}
                made.setdefault(item.table, []).append({**row, **of_edit})
    frames = {name: pd.DataFrame(rows) for name, rows in made.items()}
    if "agreement" in frames:
        # The paper's items are each of one correlation, our rows of both.
        both = frames["agreement"].groupby(["assessor_a", "assessor_b"], as_index=False)
        frames["agreement"] = both.first()
    return frames


def of(table: pd.DataFrame, *exhibits: str) -> pd.DataFrame:
    return table[table["exhibit"].isin(exhibits)]


def test_a_study_that_finds_what_is_published_is_inside_and_one_that_does_not_is_outside() -> None:
    described = study()
    for off, verdict in ((0.0, INSIDE), (0.05, OUTSIDE), (-0.05, OUTSIDE)):
        table = compared(described, measured(described, off))
        grid = of(table, "Table 1", "Table 2", "Table 4")
        assert len(grid) == 30
        assert set(grid["verdict"]) >= {verdict}
        # Medians and means are both in the study's grid, like its three assessors.
        assert (grid["verdict"] == verdict).all()
        np.testing.assert_allclose(grid["ours"], grid["published"] + off)


def test_the_papers_own_numbers_in_the_notebook_are_compared_where_it_prints_none() -> None:
    described = study()
    means = of(compared(described, measured(described)), "Figure 6").drop("Figure 6: square, slope")
    assert means["published"].isna().all()
    assert (means["verdict"] == INSIDE).all()
    assert means["reason"].str.contains("prints no number").all()


def test_where_paper_and_notebook_differ_both_stand_and_both_are_judged() -> None:
    described = study()
    # 0.7938 is published, and 0.7903 in the notebook.
    row = compared(described, measured(described, margin=0.0001)).loc[
        "Table 2: VGG16, median, oval"
    ]
    assert (row["published"], row["notebook"], row["ours"]) == (0.7938, 0.7903, 0.7938)
    assert (row["verdict"], row["notebook_verdict"]) == (INSIDE, INSIDE)
    row = compared(described, measured(described, 0.009, 0.0001)).loc[
        "Table 2: VGG16, median, oval"
    ]
    assert (row["verdict"], row["notebook_verdict"]) == (OUTSIDE, OUTSIDE)
    row = compared(described, measured(described, 0.006, 0.0001)).loc[
        "Table 2: VGG16, median, oval"
    ]
    assert (row["verdict"], row["notebook_verdict"]) == (INSIDE, OUTSIDE)


@pytest.mark.parametrize("kind", ["accuracy", "mean"])
def test_two_runs_of_one_setup_agree_as_often_as_the_interval_claims(kind: str) -> None:
    rng, runs, theirs, ours = np.random.default_rng(0), 800, 5000, 2000
    if kind == "accuracy":
        truth = rng.uniform(0.55, 0.9, runs)
        numbers = rng.binomial(theirs, truth) / theirs
        count = rng.binomial(ours, truth)
        value, (low, high) = count / ours, proportion_confint(count, ours, method="wilson")
        table = "hyperplanes"
    else:
        numbers = 0.3 + rng.normal(size=runs) * 0.1 / np.sqrt(theirs)
        scores = 0.3 + 0.1 * rng.normal(size=(runs, ours))
        value, error = scores.mean(axis=1), scores.std(axis=1, ddof=1) / np.sqrt(ours)
        low, high = stats.t.interval(0.95, ours - 1, value, error)
        table = "dose_response"
    names = [f"{kind}_low", f"{kind}_high"] if kind == "accuracy" else ["low", "high"]
    columns = {
        "key": range(runs),
        "n": ours,
        kind: value,
        **dict(zip(names, (low, high), strict=True)),
    }
    items = [
        Item("Table", "", str(run), "", float(numbers[run]), n=theirs, table=table, column=kind)
        for run in range(runs)
    ]
    items = [Item(**{**vars(item), "row": {"key": run}}) for run, item in enumerate(items)]
    verdicts = compared(study(), {table: pd.DataFrame(columns)}, items)["verdict"]
    assert 0.93 <= (verdicts == INSIDE).mean() <= 0.97
    # Ours alone would not contain so many of the others.
    assert np.mean((low <= numbers) & (numbers <= high)) < 0.93


@pytest.mark.parametrize("kind", ["spearman", "kendall"])
def test_the_error_of_a_published_correlation_is_that_of_simulated_ones(kind: str) -> None:
    rng, n = np.random.default_rng(1), 223
    measure = stats.spearmanr if kind == "spearman" else stats.kendalltau
    drawn = []
    for _ in range(600):
        a, noise = rng.normal(size=(2, n))
        drawn.append(measure(a, 0.6 * a + 0.8 * noise).statistic)
    item = Item("Table", "", "r", "", float(np.mean(drawn)), n=n, table="training", column=kind)
    [error] = compared(study(), {}, [item])["published_error"]
    assert error == pytest.approx(np.std(drawn), rel=0.12)


def layers(slopes: Sequence[float], margin: float = 0.001) -> Tables:
    rows = [
        {"layer": layer, "assessor": "senet50-us10k", "shape": shape, "slope": slope}
        | {"low": slope - margin, "high": slope + margin}
        for shape in ("square", "oval")
        for layer, slope in enumerate(slopes)
    ]
    return {"layer_effects": pd.DataFrame(rows)}


def test_a_statement_is_judged_only_by_an_interval_that_is_clear() -> None:
    described = {**study(), "layerwise": "senet50-us10k"}
    up = [0.02, 0.01, 0.03, 0.03, 0.05, 0.06, 0.07, 0.01, 0.02, 0.004, 0.001]
    table = compared(described, layers(up))
    stated = of(table, *(f"Figure {number}" for number in (9, 16, 18, 19, 20, 21, 22, 25, 26)))
    assert (stated["verdict"] == INSIDE).all()
    silent = of(table, "Figure 17", "Figure 23", "Figure 24")
    assert (silent["verdict"] == OTHER).all()
    assert silent["ours"].notna().all()
    turned = compared(described, layers([-slope for slope in up]))
    signs = of(turned, *(f"Figure {number}" for number in (9, 16, 18, 19, 21, 22)))
    assert (signs["verdict"] == OUTSIDE).all()
    # A statement on the size of a slope is about either sign.
    assert (of(turned, "Figure 20", "Figure 25", "Figure 26")["verdict"] == INSIDE).all()
    wide = compared(described, layers([-slope for slope in up], margin=0.1))
    assert (of(wide, "Figure 22")["verdict"] == OTHER).all()
    assert of(wide, "Figure 22")["reason"].str.contains("not clearly above or below").all()
    swapped = [*up[:4], up[9], *up[5:9], up[4], up[10]]
    mixed = compared(described, layers(swapped))
    assert (of(mixed, "Figure 20", "Figure 25")["verdict"] == OUTSIDE).all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"generator": {"name": "stylegan1-ffhq", "truncation_psi": 0.5}},
            "generator stylegan1-ffhq in place of stylegan2-ffhq",
        ),
        (
            {"generator": {"name": "stylegan2-ffhq", "truncation_psi": 0.7}},
            "truncation psi 0.7 in place of 0.5",
        ),
        ({"preset": "corrected"}, "preset corrected in place of faithful"),
        (
            {"sets": {name: {"count": 1000} for name in ("fit", "eval", "reference")}},
            "1,000 images to fit on in place of 100,000",
        ),
    ],
)
def test_what_differs_in_setup_is_not_comparable_and_named(
    changes: dict[str, Any], reason: str
) -> None:
    described = study(**changes)
    table = of(compared(described, measured(study())), "Table 2")
    assert (table["verdict"] == OTHER).all()
    assert table["reason"].str.contains(reason).all()
    # Our own number stands there all the same.
    assert table["ours"].notna().all()


@pytest.mark.parametrize(
    ("changes", "item", "remedy"),
    [
        ({"hyperplanes": {"spaces": ["w_plus"]}}, "Table 4: VGG16, mean, oval", "add z to"),
        (
            {"hyperplanes": {"spaces": ["z", "w_plus"], "thresholds": ["mean"]}},
            "Table 2: SENet50, median, oval",
            "add median to hyperplanes.thresholds",
        ),
        ({}, "Figure 7: KID ratio, largest coefficient", "set realness.features to inception"),
        ({}, "Figure 9: squares", "`layerwise`"),
        ({}, "Figure 8: StyleGAN2", "`photos`"),
        ({}, "Table 3: VGG16, hit rate", "`architecture: vgg16` and `target: hit_rate`"),
    ],
)
def test_what_a_study_lacks_is_not_run_and_said_with_how_to_get_it(
    changes: dict[str, Any], item: str, remedy: str
) -> None:
    row = compared(study(**changes), {}).loc[item]
    assert row["verdict"] == ABSENT
    assert remedy in row["reason"]
    assert np.isnan(row["ours"])


def test_an_assessor_that_the_study_lacks_is_named() -> None:
    described = {**study(), "assessors": ["senet50-us10k"]}
    table = compared(described, measured(described))
    row = table.loc["Table 2: VGG16, mean, oval"]
    assert (row["verdict"], row["reason"]) == (
        ABSENT,
        "add vgg16-us10k to assessors; docs/assessors.md says how to get it",
    )
    assert table.loc["Table 2: SENet50, mean, oval", "verdict"] == INSIDE


def test_an_edit_and_an_alpha_that_the_study_lacks_are_named() -> None:
    described = study()
    square, oval, _ = described["edits"]
    table = compared({**described, "edits": [square]}, {})
    assert (
        "along the hyperplane w_plus/senet50-us10k/oval/mean"
        in (table.loc["Figure 6: oval, alpha 9", "reason"])
    )
    short = {**oval, "alphas": [-6, 0, 6]}
    table = compared({**described, "edits": [square, short]}, {})
    assert table.loc["Figure 6: oval, alpha 9", "reason"] == (
        "add 9 to the alphas of the edit memorable-oval"
    )


def test_a_training_on_scores_of_models_is_not_the_papers() -> None:
    described = study()
    trains = {"architecture": "senet50", "target": "true_hit_rate", "made_of": "scores by resmem"}
    row = {"run": "holdout", "architecture": "senet50", "target": "true_hit_rate", "n": 223}
    found = {"spearman": 0.59, "spearman_low": 0.49, "spearman_high": 0.67}
    given = {"training": pd.DataFrame([row | found])}
    item = "Table 3: SENet50, true hit rate"
    assert compared({**described, "training": trains}, given).loc[item, "verdict"] == OTHER
    own = {**described, "training": {**trains, "made_of": ""}}
    assert compared(own, given).loc[item, "verdict"] == INSIDE


@pytest.mark.parametrize("file", ["config.yaml", "tests/data/study.yaml"])
def test_a_study_of_another_generator_leaves_nothing_out(file: str) -> None:
    described = study(file, preset="corrected")
    table = compared(described, {})
    assert len(table) == len(ITEMS)
    assert set(table["verdict"]) == {OTHER, ABSENT}
    assert (table["reason"].str.len() > 10).all()
    # A training needs no generator of the paper's.
    assert set(table.loc[table["verdict"] == ABSENT, "exhibit"]) == {"Table 3"}
    reason = table.loc["Table 2: SENet50, mean, oval", "reason"]
    assert reason.startswith("generator dcgan-faces in place of stylegan2-ffhq; assessor ")


@pytest.mark.parametrize(
    ("name", "numbers", "strip"),
    [
        ("cat", 8, "Figure 29"),
        ("horse", 8, "Figure 28"),
        ("car", 8, "Figure 30"),
        ("church", 8, "Figure 31"),
    ],
)
def test_the_studies_of_other_categories_are_compared_with_their_own_numbers(
    name: str, numbers: int, strip: str
) -> None:
    file = f"studies/stylegan2-{name}.yaml"
    described = study(file)
    rows = compared(described, measured(described), figures=["figures/memorable/strip.png"])
    assert (rows["verdict"] == INSIDE).sum() == numbers
    assert rows.loc[f"{strip}: strip", "figure"] == "figures/memorable/strip.png"
    # A strip of faces is no counterpart of one of cats.
    assert pd.isna(rows.loc["Figure 33: strip", "figure"])


def test_a_counterpart_is_a_figure_that_the_study_has() -> None:
    raw = yaml.safe_load(_raw("studies/stylegan2-ffhq.yaml"))
    config = checked(raw)
    figures = Pages(config, Paths(config)).counterparts
    table = compared(Params(config).reproduction, {}, figures=figures)
    assert set(table["figure"].dropna()) <= set(figures)
    assert table.loc["Figure 5: ovals", "figure"] == "figures/memorable-oval/strip.png"
    assert table.loc["Figure 27: age", "figure"] == "figures/drift.svg"
    assert table.loc["Figure 6: oval, alpha 3", "figure"] == (
        "figures/memorable-oval/dose_response/senet50-us10k.svg"
    )
