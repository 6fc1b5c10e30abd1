"""Factors of faces: of portraits that are mirrored, made smaller and darkened."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.support import portraits

from mnemo import assessors
from mnemo.assessors import face_factors
from mnemo.assessors.face_factors import MEASURES, FaceMeasurer
from mnemo.assessors.registry import ASSESSORS

Pixels = NDArray[np.uint8]
Factors = dict[str, float]


@pytest.fixture(scope="module")
def measurer(weights: Callable[[str], Path]) -> FaceMeasurer:
    return FaceMeasurer(weights("dlib-landmarks-68"))


@pytest.fixture(scope="module", params=["hopper", "astronaut"])
def portrait(request: pytest.FixtureRequest) -> Pixels:
    with Image.open(getattr(portraits, request.param)()) as image:
        return np.array(image.convert("RGB").resize((512, 512)))


@pytest.fixture(scope="module")
def measure(measurer: FaceMeasurer) -> Callable[[Pixels], Factors]:
    return lambda image: dict(zip(MEASURES, measurer.measure(image, list(MEASURES)), strict=True))


@pytest.fixture(scope="module")
def usual(measure: Callable[[Pixels], Factors], portrait: Pixels) -> Factors:
    return measure(portrait)


def test_every_factor_of_a_face_is_in_the_registry_and_within_its_range(usual: Factors) -> None:
    listed = {name for name, entry in ASSESSORS.items() if entry.factor == "face-landmarks"}
    assert listed == set(MEASURES)
    for name, value in usual.items():
        low, high = ASSESSORS[name].low, ASSESSORS[name].high
        assert np.isfinite(value)
        assert low is None or value >= low
        assert high is None or value <= high


def test_portraits_have_open_eyes_and_skin_that_is_not_dark(usual: Factors) -> None:
    assert 0.2 < usual["eye-opening"] < 0.4
    assert 0.6 < usual["face-squareness"] <= 1
    assert 10 < usual["skin-tone"] < 90


def test_a_mirrored_face_looks_the_other_way(
    measure: Callable[[Pixels], Factors], portrait: Pixels, usual: Factors
) -> None:
    mirrored = measure(portrait[:, ::-1])
    assert mirrored["face-yaw"] == pytest.approx(-usual["face-yaw"], abs=0.04)
    for name in ("face-size", "smile-width", "skin-tone"):
        assert mirrored[name] == pytest.approx(usual[name], rel=0.1)


def test_a_face_in_a_larger_frame_is_smaller(
    measure: Callable[[Pixels], Factors], portrait: Pixels, usual: Factors
) -> None:
    framed = np.full((768, 768, 3), 127, np.uint8)
    framed[256:, 256:] = portrait
    found = measure(framed)
    assert found["face-size"] == pytest.approx(usual["face-size"] * (512 / 768) ** 2, rel=0.1)
    assert found["smile-width"] == pytest.approx(usual["smile-width"], rel=0.1)


def test_a_darkened_face_has_a_smaller_typology_angle(
    measure: Callable[[Pixels], Factors], portrait: Pixels, usual: Factors
) -> None:
    darker = (portrait * 0.6).astype(np.uint8)
    assert measure(darker)["skin-tone"] < usual["skin-tone"] - 15


def test_an_image_without_a_face_has_none_of_the_factors(
    measure: Callable[[Pixels], Factors],
) -> None:
    assert np.isnan(list(measure(np.full((64, 80, 3), 127, np.uint8)).values())).all()


def test_all_factors_come_from_one_detection(
    measurer: FaceMeasurer, portrait: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, find = [], face_factors.ovals.find
    monkeypatch.setattr(face_factors.ovals, "find", lambda image: calls.append(1) or find(image))
    measurer.measure(portrait, list(MEASURES))
    assert calls == [1]


def test_a_factor_of_a_face_is_an_assessor_like_any_other(
    weights: Callable[[str], Path], portrait: Pixels, usual: Factors
) -> None:
    scorer = assessors.load("eye-opening", weights("dlib-landmarks-68"))
    scores = scorer.score([portrait, np.zeros_like(portrait)])
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [usual["eye-opening"], np.nan], rtol=1e-6)
