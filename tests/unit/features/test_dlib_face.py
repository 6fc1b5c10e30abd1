"""Embeddings are dlib's own, faces that are not there have none, and persons differ."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import dlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mnemo import features
from mnemo.errors import MnemoError
from mnemo.features.registry import EXTRACTORS, IDENTITY, LOGITS, REALNESS

Pixels = NDArray[np.uint8]
Weights = Callable[[str], Path]
ENTRY = EXTRACTORS["dlib-face"]


@pytest.fixture(scope="module")
def extractor(weights: Weights) -> features.Extractor:
    return features.load("dlib-face", *map(weights, ENTRY.weights))


@pytest.fixture(scope="module")
def images(faces_64: Pixels) -> list[Pixels]:
    return list(faces_64[:30])


@pytest.fixture(scope="module")
def embeddings(extractor: features.Extractor, images: list[Pixels]) -> NDArray[np.float32]:
    return extractor.extract(images)


def distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Measure distances row by row, where both have a face."""
    apart = np.linalg.norm(a - b, axis=1)
    assert np.isfinite(apart).sum() >= 10
    return apart[np.isfinite(apart)]


def test_most_faces_of_the_generator_are_found(embeddings: NDArray[np.float32]) -> None:
    assert embeddings.shape == (30, ENTRY.dim)
    assert embeddings.dtype == np.float32
    missing = np.isnan(embeddings)
    assert (missing.any(axis=1) == missing.all(axis=1)).all()
    assert 20 <= (~missing.any(axis=1)).sum() <= 30


def test_embeddings_are_those_of_dlib_s_own_way_from_image_to_embedding(
    weights: Weights, images: list[Pixels], embeddings: NDArray[np.float32]
) -> None:
    detect = dlib.get_frontal_face_detector()
    network, landmarks = (str(weights(name)) for name in ENTRY.weights)
    predict = dlib.shape_predictor(landmarks)
    recognise = dlib.face_recognition_model_v1(network)
    for image, embedding in zip(images[:8], embeddings, strict=False):
        large = np.asarray(Image.fromarray(image).resize((256, 256), Image.Resampling.BICUBIC))
        boxes = detect(large)
        assert len(boxes) == np.isfinite(embedding).any()
        for box in boxes:
            expected = recognise.compute_face_descriptor(large, predict(large, box))
            np.testing.assert_allclose(embedding, np.array(expected), rtol=0, atol=1e-6)


def test_an_embedding_is_the_same_on_every_run_whatever_the_other_images(
    extractor: features.Extractor, images: list[Pixels], embeddings: NDArray[np.float32]
) -> None:
    np.testing.assert_array_equal(extractor.extract(images[4:2:-1]), embeddings[4:2:-1])


def test_a_face_as_jpeg_mirrored_or_smaller_is_still_the_same_person_s(
    extractor: features.Extractor, images: list[Pixels], embeddings: NDArray[np.float32]
) -> None:
    def as_jpeg(image: Pixels) -> Pixels:
        buffer = BytesIO()
        Image.fromarray(image).save(buffer, "jpeg", quality=75)
        return np.asarray(Image.open(buffer))

    altered = (
        [as_jpeg(image) for image in images],
        [np.ascontiguousarray(image[:, ::-1]) for image in images],
        [np.asarray(Image.fromarray(image).resize((48, 48))) for image in images],
    )
    assert ENTRY.threshold is not None
    for copies in altered:
        assert distances(extractor.extract(copies), embeddings).max() < ENTRY.threshold


def test_different_faces_are_farther_apart_than_copies_of_one(
    extractor: features.Extractor, images: list[Pixels], embeddings: NDArray[np.float32]
) -> None:
    mirrored = extractor.extract([np.ascontiguousarray(image[:, ::-1]) for image in images])
    copies = distances(mirrored, embeddings)
    others = distances(embeddings, np.roll(embeddings, 1, axis=0))
    assert copies.max() < np.median(others)
    assert np.median(others) > 0.6


def test_an_image_without_a_face_has_no_embedding(extractor: features.Extractor) -> None:
    blank = np.full((64, 64, 3), 128, np.uint8)
    noise = np.random.default_rng(0).integers(256, size=(100, 80, 3), dtype=np.uint8)
    assert np.isnan(extractor.extract([blank, noise])).all()


def test_of_two_faces_the_larger_is_embedded(
    extractor: features.Extractor, images: list[Pixels], embeddings: NDArray[np.float32]
) -> None:
    large, small = np.flatnonzero(np.isfinite(embeddings[:, 0]))[:2]
    resized = [
        np.asarray(Image.fromarray(images[index]).resize((side, side), Image.Resampling.BICUBIC))
        for index, side in ((small, 120), (large, 256))
    ]
    beside = np.full((256, 376, 3), 128, np.uint8)
    beside[:120, :120], beside[:, 120:] = resized
    found = extractor.extract([beside])[0]
    assert len(dlib.get_frontal_face_detector()(beside)) == 2
    assert np.linalg.norm(found - embeddings[large]) < 0.2


def test_no_images_have_no_embeddings(extractor: features.Extractor) -> None:
    assert extractor.extract([]).shape == (0, 128)


@pytest.mark.parametrize("which", ["dlib-face", "dlib-landmarks"])
def test_a_file_that_is_missing_or_not_dlib_s_is_named(
    which: str, tmp_path: Path, weights: Weights
) -> None:
    path = tmp_path / "weights.dat"
    paths = [path if name == which else weights(name) for name in ENTRY.weights]
    with pytest.raises(MnemoError, match=f"{path} is missing"):
        features.load("dlib-face", *paths)
    path.write_bytes(weights(which).read_bytes()[:100_000])
    with pytest.raises(MnemoError, match=f"{path} is damaged"):
        features.load("dlib-face", *paths)


def test_realness_and_identity_share_no_extractor() -> None:
    assert {*REALNESS, *LOGITS} | {*IDENTITY} == {*EXTRACTORS}
    assert all(entry.frechet and entry.kernel for entry in REALNESS.values())
    assert not {*REALNESS, *LOGITS} & {*IDENTITY}
    assert not any(entry.frechet or entry.kernel for entry in IDENTITY.values())
    assert not any(entry.threshold for entry in REALNESS.values())
