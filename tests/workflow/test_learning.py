"""A direction is learned from where a killed job stood, and edits move along it."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from mnemo import assessors, generators, tables
from mnemo.directions.learning.learn import learn
from mnemo.study import digests, folder, learned
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from tests.support.checkout import Checkout

OWN = {
    "assessors": ["student"],
    "shapes": ["square"],
    "directions": [
        {
            "name": "up",
            "method": "learned",
            "space": "z",
            "assessor": "student",
            "learning": {
                "alphas": [-0.2, 0.2],
                "rate": 0.3,
                "steps": 4,
                "batch": 4,
                "restarts": 1,
                "held_out": 4,
                "every": 2,
            },
        }
    ],
    "edits": [{"name": "up", "along": "up", "alphas": [0, 0.1]}],
    "methods": None,
}


def test_a_killed_learning_goes_on_and_edits_move_by_its_length(
    checkout: Checkout, weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout.path / "own.yaml").write_text(yaml.safe_dump(OWN))
    config = checked(yaml.safe_load((checkout.path / "tests/data/study.yaml").read_text()) | OWN)
    settings = asdict(learned.settings(config, config.named_direction("up")))
    modules = Models(config).modules_of_learning(SimpleNamespace(direction="up"))
    code = digests.of(checkout.path / "scripts", "learn_direction", *modules)
    made = checkout.results() / "directions"
    made.mkdir(parents=True)
    folder.mark_results(config, checkout.results(), {})
    generator = generators.load(weights("dcgan-faces"), "dcgan-faces")
    student = assessors.load("student", weights("student"), weights("resmem"))

    def killed(progress: Any, state: Any) -> None:
        if state.step == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("mnemo.directions.learning.progress.Progress.tell", killed)
    checkpoint = made / f"up.parquet.{code}.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        learn(generator, student, checkpoint=checkpoint, checkpoint_every=0, **settings)

    moved = "eval/up/0.1/latents/00000.parquet"
    files = ["--configfile", "tests/data/study.yaml", "own.yaml"]
    checkout.run(*(f"results/tiny/{name}" for name in ("learning/up.parquet", moved)), *files)
    log = (checkout.results() / "logs/learn_direction/up.log").read_text()
    assert "goes on from step 2 of start 1" in log
    assert not checkpoint.exists()
    [direction] = tables.read(made / "up.parquet").to_pylist()
    assert direction["slope_low"] < direction["slope"] < direction["slope_high"]
    curve = tables.read(checkout.results() / "learning/up.parquet").to_pandas()
    assert curve["step"].tolist() == [0, 2, 4]
    before, after = (
        np.stack(tables.read(checkout.results() / name).to_pandas()["z"].to_numpy())
        for name in ("eval/latents/00000.parquet", moved)
    )
    step = 0.1 * direction["scale"] * np.array(direction["normal"])
    np.testing.assert_allclose(after - before, np.tile(step, (10, 1)), atol=1e-5)
