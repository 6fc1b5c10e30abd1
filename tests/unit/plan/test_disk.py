"""The disk that images take: as many as are written, or few at a time."""

from typing import Any

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.plan import disk, rates
from mnemo.study.config import Config
from mnemo.study.mistakes import checked


def study(**changes: Any) -> Config:
    raw = yaml.safe_load((ROOT / "studies/stylegan2-ffhq.yaml").read_text())
    return checked(raw | changes)


NONE = {"images": {"keep": "none"}}
RULES = ("render", "ovalize")


def test_a_study_that_keeps_all_images_has_all_at_once() -> None:
    found = disk.of_images(study())
    assert found.stay == found.written == found.at_once(1) == found.at_once(100)
    # 100,000 images to fit on, 10,000 each for edits, references and floor, at 1.5 bytes a pixel.
    assert found.written == pytest.approx(1024**2 * 1.5 * 342_000, rel=0.03)


def test_each_job_that_runs_has_its_shard_of_images_where_none_stay() -> None:
    paper = study(**NONE)
    found = disk.of_images(paper)
    costs = (rates.cost(f"{each}_images", paper.generator.entry, 2000) for each in RULES)
    shard = sum(cost.disk for cost in costs)
    assert found.stay == 0
    assert found.each == pytest.approx(shard)
    assert found.at_once(4) - found.at_once(1) == pytest.approx(3 * shard)
    assert found.at_once(10**6) == found.written
    # What figures show is all that waits for others.
    assert 0 < found.at_once(1) - shard == pytest.approx(found.wait)
    assert found.wait < 0.5 * shard


def test_a_shard_of_scores_of_several_shards_of_images_needs_them_all() -> None:
    one, five = (disk.of_images(study(**NONE, score_shard_size=size)) for size in (2000, 10_000))
    assert five.each == pytest.approx(5 * one.each)
    # Beside those of the jobs that run, some are there of the next.
    assert five.at_once(1) - five.wait == pytest.approx(2 * five.each)
    assert one.at_once(1) - one.wait == pytest.approx(one.each)


def test_what_figures_show_stays_with_strips() -> None:
    none, strips = (disk.of_images(study(images={"keep": keep})) for keep in ("none", "strips"))
    assert strips.stay == pytest.approx(none.wait)
    assert strips.wait == 0
    assert strips.at_once(2) == pytest.approx(none.at_once(2))


def test_the_images_of_an_experiment_wait_until_it_is_exported() -> None:
    raw = yaml.safe_load((ROOT / "studies/people.yaml").read_text())
    people = disk.of_images(checked(raw | NONE))
    without = disk.of_images(
        checked(
            raw
            | NONE
            | {
                "experiments": {},
                "sets": {
                    name: images
                    for name, images in raw["sets"].items()
                    if name not in ("fillers", "vigilance")
                },
            }
        )
    )
    assert people.wait > 3 * without.wait
