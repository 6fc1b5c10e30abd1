"""A killed inversion goes on where it stood, and gives what it would have given, to the byte."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.networks import small_stylegan2

from mnemo import generators
from mnemo.inversion.record import Inversion
from mnemo.inversion.schedules import IMAGE2STYLEGAN
from mnemo.inversion.search import Search

#: The losses of so few steps are measured twice, and the best start in z is kept after 6.
STEPS = 60
#: All but the time that it took.
NAMES = ("latents", "images", "losses", "pixel", "steps", "converged")


class Killed(BaseException):
    """What stops a test's inversion, as a signal stops a process."""


@pytest.fixture(name="generator", params=["stylegan2", "dcgan-faces"])
def load_generator(request: pytest.FixtureRequest, weights: Callable[[str], Path]) -> Any:
    if request.param == "stylegan2":
        return small_stylegan2((16, 12, 8))
    return generators.load(weights("dcgan-faces"))


def images_of(generator: Any, count: int = 3) -> Any:
    latents = generator.sample(range(count))
    return generator.render(generator.map(latents) if hasattr(generator, "map") else latents)


def kill(
    patch: pytest.MonkeyPatch, after: int, generator: Any, images: Any, **options: Any
) -> list[int]:
    """Stop an inversion after some steps, and return how many rows moved in each."""
    plain, moved = Search.step, []

    def step(search: Search, state: Any, rows: Any) -> None:
        if len(moved) == after:
            raise Killed
        moved.append(len(rows))
        plain(search, state, rows)

    with patch.context() as within:
        within.setattr(Search, "step", step)
        with pytest.raises(Killed):
            generator.invert(images, **options)
    return moved


def same(one: Inversion, other: Inversion) -> bool:
    """Return whether two inversions gave the same, to the byte."""
    first, second = (
        [*(getattr(found, name) for name in NAMES), *(found.noise or [])] for found in (one, other)
    )
    return all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


def ways(generator: Any) -> list[dict[str, Any]]:
    if isinstance(generator, generators.Mapped):
        return [{"space": space, "noise": "optimised"} for space in ("w", "w_plus")]
    return [{"space": "z"}]


def test_a_killed_inversion_goes_on_to_the_same_bytes(
    generator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, path = images_of(generator), tmp_path / "checkpoint"
    for way in ways(generator):
        options = {**way, "steps": STEPS, "batch": 2}
        whole = generator.invert(images, **options)
        kept = {**options, "checkpoint": path, "every": 0}
        # In step 10 of the first batch, and in steps 3 and 23 of the second: in z, before and after
        # the best start is kept.
        for after in (10, STEPS - 10 + 3, 20):
            moved = kill(monkeypatch, after, generator, images, **kept)
        starts = 4 if way["space"] == "z" else 1
        assert moved[0] == starts
        assert moved[-1] == 1
        assert same(generator.invert(images, **kept), whole)
        # What was killed after its last step takes none again.
        with monkeypatch.context() as patch:
            patch.delattr(Search, "step")
            assert same(generator.invert(images, **kept), whole)
        path.unlink()


def test_noise_is_drawn_on_from_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = small_stylegan2((16, 12, 8))
    images, path = images_of(generator), tmp_path / "checkpoint"
    # In w, each step adds noise to the latent.
    options = {"space": "w", "steps": 20}
    whole = generator.invert(images, **options)
    kill(monkeypatch, 7, generator, images, **options, checkpoint=path, every=0)
    assert same(generator.invert(images, **options, checkpoint=path), whole)


@pytest.mark.parametrize("other", ["settings", "images", "weights", "batch", "damaged"])
def test_a_checkpoint_of_another_inversion_is_not_gone_on_from(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    generator = small_stylegan2((16, 12, 8))
    images, path = images_of(generator, 2), tmp_path / "checkpoint"
    options: dict[str, Any] = {"space": "w", "steps": 20}
    kill(monkeypatch, 7, generator, images, **options, checkpoint=path, every=0)
    match other:
        case "settings":
            options["schedule"] = IMAGE2STYLEGAN
        case "images":
            images = images[::-1].copy()
        case "weights":
            generator = small_stylegan2((16, 12, 8), seed=1)
        case "batch":
            options["batch"] = 1
        case "damaged":
            path.write_bytes(path.read_bytes()[:-100])
    whole = generator.invert(images, **options)
    with caplog.at_level(logging.WARNING):
        again = generator.invert(images, **options, checkpoint=path)
    assert same(again, whole)
    assert "starts anew" in caplog.text


def test_without_time_passing_nothing_is_written(tmp_path: Path) -> None:
    generator = small_stylegan2((16, 12, 8))
    generator.invert(images_of(generator), steps=5, checkpoint=tmp_path / "checkpoint", every=3600)
    assert not list(tmp_path.iterdir())


def test_the_time_that_an_image_took_includes_that_before_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = small_stylegan2((16, 12, 8))
    images, path = images_of(generator, 2), tmp_path / "checkpoint"
    ticks = iter(range(10**6))
    monkeypatch.setattr("mnemo.inversion.search.time.perf_counter", lambda: float(next(ticks)))
    options: dict[str, Any] = {"space": "w", "steps": 20}
    whole = generator.invert(images, **options)
    kill(monkeypatch, 7, generator, images, **options, checkpoint=path, every=0)
    again = generator.invert(images, **options, checkpoint=path)
    # A second a step, of two images.
    np.testing.assert_allclose(whole.seconds, [10, 10])
    np.testing.assert_allclose(again.seconds, whole.seconds)
