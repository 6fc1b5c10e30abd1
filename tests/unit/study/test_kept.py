"""Which images of a study stay, and in which order they are rendered."""

from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.study import kept, sets
from mnemo.study.config import Config
from mnemo.study.layerwise import Layers
from mnemo.study.mistakes import checked
from mnemo.study.pages import Pages
from mnemo.study.paths import Paths
from mnemo.study.shown import Shown


def study(keep: str, overlay: str = "tests/data/study.yaml", **changes: Any) -> Config:
    raw = yaml.safe_load((ROOT / overlay).read_text())
    return checked(raw | {"images": {"keep": keep}} | changes)


def of_eval(count: int, **changes: Any) -> Config:
    """Have more images to edit, and none of them kept."""
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    return study("none", sets=raw["sets"] | {"eval": {"count": count}}, **changes)


def with_photos(keep: str) -> Config:
    edit = {"name": "portraits", "of": "photos", "along": "memorable", "alphas": [0, 3]}
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    photos = {"folder": "my-photos", "count": 3, "perceptual": "resnet152-early"}
    return study(keep, photos=photos, edits=[*raw["edits"], edit])


def test_a_study_that_keeps_all_images_is_written_as_if_there_were_no_choice() -> None:
    assert "keep" not in str(study("all").model_dump())
    assert study("none").model_dump()["images"]["keep"] == "none"


def test_scores_come_in_files_of_images_by_default_where_these_do_not_stay() -> None:
    raw = yaml.safe_load((ROOT / "studies/large.yaml").read_text())
    raw.pop("score_shard_size", None)
    sizes = {
        keep: checked(raw | {"images": {"keep": keep}}).score_shard_size
        for keep in ("all", "strips", "none")
    }
    assert sizes == {"all": 100_000, "strips": raw["shard_size"], "none": raw["shard_size"]}
    given = raw | {"images": {"keep": "none"}, "score_shard_size": 3 * raw["shard_size"]}
    assert checked(given).score_shard_size == 3 * raw["shard_size"]


def test_what_is_shown_and_photographs_stay_where_strips_do() -> None:
    shown = ["eval/memorable/shown", "eval/memorable-same-light/shown"]
    photos = ["originals", "photos", "photos/portraits/0", "photos/portraits/3"]
    assert kept.stay(with_photos("strips")) == [*shown, *photos]
    assert kept.stay(with_photos("none")) == kept.stay(with_photos("all")) == []
    passing = {keep: kept.passes(with_photos(keep), "photos") for keep in ("all", "strips", "none")}
    assert passing == {"all": False, "strips": False, "none": True}
    assert kept.passes(with_photos("strips"), "fit")


def test_figures_read_the_images_that_they_show_where_not_all_stay() -> None:
    few, all_of_them = study("none"), study("all")
    edit = SimpleNamespace(edit="memorable")
    read = Pages(few, Paths(few)).files_of_strip(edit)
    assert read["oval"] == ["<results>/eval/memorable/shown/oval/00000.parquet"]
    assert Pages(few, Paths(few)).files_of_catalogue(edit)["images"] == [
        "<results>/eval/memorable/shown/square/00000.parquet"
    ]
    assert "shown" not in str(Pages(all_of_them, Paths(all_of_them)).files_of_strip(edit))
    # At most those of the strip and three parts of the catalogue, or all, at each alpha.
    assert sets.base(few, "eval/memorable/shown").count == 2 * 10
    larger = of_eval(200)
    assert sets.base(larger, "eval/memorable/shown").count == 2 * (2 + 3 * 8)
    # They are in one file, however few images are in others.
    assert sets.size(larger, "eval/memorable/shown") == 52 > larger.shard_size


def test_the_faces_of_layers_are_picked_from_their_first_latents() -> None:
    raw = yaml.safe_load((ROOT / "tests/data/stylegan.yaml").read_text())
    layers = checked(raw | {"images": {"keep": "none"}})
    assert layers.layerwise
    shown = Shown(layers, Paths(layers))
    assert shown.sets[-1] == "eval/layers/shown"
    job = SimpleNamespace(set="eval/layers/shown")
    own = Layers(layers, Paths(layers))
    assert shown.keys(job) == own.keys_shown
    assert shown.files(job) == {"latents": own.latents_shown, "scores": []}
    assert own.images_shown == ["<results>/eval/layers/shown/square/00000.parquet"]


@pytest.mark.parametrize("score_shard_size", [10, 20])
def test_what_one_job_reads_is_rendered_one_after_the_other(score_shard_size: int) -> None:
    many = of_eval(40, shard_size=5, score_shard_size=score_shard_size)
    order = kept.order(many, ["fit"])
    ranked = [place for place, _ in sorted(order.items(), key=lambda each: each[1])]
    assert ranked[0] == ("fit", "00000")
    assert list(order.values()).count(0) == 1
    edited = [place for place in ranked if place[0].startswith("eval/memorable/")]
    # First all unedited images that a shard of scores covers, then as many edited ones.
    each = score_shard_size // 5
    assert edited[:each] == [("eval/memorable/0", f"{shard:05d}") for shard in range(each)]
    assert edited[each : 2 * each] == [
        ("eval/memorable/3", f"{shard:05d}") for shard in range(each)
    ]
    assert edited[2 * each] == ("eval/memorable/0", f"{each:05d}")
