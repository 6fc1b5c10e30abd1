"""Embeddings are dlib's own, faces that are not there have none, and persons differ."""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import dlib
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tests.data import dlib_layouts as written
from tests.support.paths import ROOT

from mnemo import features, networks
from mnemo.errors import MnemoError
from mnemo.features import dlib_face, dlib_resnet
from mnemo.features.registry import EXTRACTORS, IDENTITY, LOGITS, REALNESS

Pixels = NDArray[np.uint8]
Weights = Callable[[str], Path]
ENTRY = EXTRACTORS["dlib-face"]
PHOTOGRAPHS = sorted((ROOT / "studies/photographs").glob("*.jpg"))


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
    extractor: features.Extractor, weights: Weights, images: list[Pixels]
) -> None:
    detect = dlib.get_frontal_face_detector()
    network, landmarks = (str(weights(name)) for name in ENTRY.weights)
    predict = dlib.shape_predictor(landmarks)
    recognise = dlib.face_recognition_model_v1(network)
    photographs = [np.asarray(Image.open(path).convert("RGB")) for path in PHOTOGRAPHS]
    chosen = [*photographs, *images[:12]]
    compared = 0
    for image, embedding in zip(chosen, extractor.extract(chosen), strict=True):
        height, width = image.shape[:2]
        size = (round(256 * width / height), 256)
        large = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
        boxes = detect(large)
        assert bool(boxes) == np.isfinite(embedding).all() == np.isfinite(embedding).any()
        if boxes:
            box = max(boxes, key=dlib.rectangle.area)
            expected = np.array(recognise.compute_face_descriptor(large, predict(large, box)))
            np.testing.assert_allclose(embedding, expected, rtol=0, atol=1e-5)
            compared += 1
    assert compared >= 10


def test_the_network_is_dlib_s_whatever_it_sees(weights: Weights) -> None:
    random = np.random.default_rng(0)
    noise = random.integers(256, size=(8, 150, 150, 3), dtype=np.uint8)
    grey = [np.full((150, 150, 3), shade, np.uint8) for shade in (0, 117, 255)]
    # dlib fills up with zeros what is below and right of a smaller image.
    edges = [np.zeros((150, 150, 3), np.uint8) for _ in range(2)]
    edges[0][-20:], edges[1][:, -20:] = 255, 255
    chips = [*noise, *grey, *edges]
    path = weights("dlib-face")
    network = networks.ready(dlib_resnet.load(path))
    found = networks.apply(network, chips, dlib_face.prepare, "dlib", (ENTRY.dim,))
    own = dlib.face_recognition_model_v1(str(path))
    expected = np.array([own.compute_face_descriptor(chip) for chip in chips])
    assert np.ptp(expected, axis=0).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_a_rerun_gives_the_same_bytes(
    extractor: features.Extractor, images: list[Pixels], embeddings: NDArray[np.float32]
) -> None:
    assert extractor.extract(images).tobytes() == embeddings.tobytes()


def test_neither_the_other_images_nor_batches_nor_threads_change_an_embedding(
    extractor: features.Extractor,
    images: list[Pixels],
    embeddings: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def assert_equal(found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
        np.testing.assert_allclose(found, expected, rtol=0, atol=5e-6)

    assert_equal(extractor.extract(images[4:2:-1]), embeddings[4:2:-1])
    parts = [extractor.extract(images[start : start + 7]) for start in range(0, 30, 7)]
    assert_equal(np.concatenate(parts), embeddings)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3 - min(threads, 2))
        assert_equal(extractor.extract(images[:20]), embeddings[:20])
    finally:
        torch.set_num_threads(threads)
    monkeypatch.setattr(networks, "BATCH", {"cpu": 5, "cuda": 5})
    assert_equal(extractor.extract(images), embeddings)


class Counting(Sequence[Pixels]):
    """Images that are decoded when they are taken, of which it is counted how many are at once."""

    def __init__(self, images: list[Pixels]):
        self.images = images
        self.taken: list[int] = []

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice) -> list[Pixels]:  # type: ignore[override]
        self.taken.append(len(self.images[index]))
        return self.images[index]


def test_a_large_shard_is_in_memory_batch_by_batch_and_each_image_is_read_once(
    extractor: features.Extractor, images: list[Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "BATCH", {"cpu": 4, "cuda": 4})
    shard = Counting(images[:10])
    assert np.isfinite(extractor.extract(shard)).any()
    assert shard.taken == [4, 4, 2]


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


def test_another_network_of_dlib_s_is_refused(tmp_path: Path, weights: Weights) -> None:
    content = bytearray(weights("dlib-face").read_bytes())
    stride = content.index(bytes([1, 7, 1, 7, 1, 2, 1, 2])) + 7  # of the filters of 7 x 7 pixels
    content[stride] = 3
    small = written.network([written.convolution(2, (1, 2, 3, 4, 5, 6), [1.0] * 14)])
    path = tmp_path / "weights.dat"
    for other in (bytes(content), small):
        path.write_bytes(other)
        with pytest.raises(MnemoError, match=f"{path} holds another network.*snakemake weights"):
            features.load("dlib-face", path, weights("dlib-landmarks"))


def test_a_network_that_computes_nothing_is_refused(tmp_path: Path, weights: Weights) -> None:
    content = bytearray(weights("dlib-face").read_bytes())
    first = content.index(b"con_4") + len(b"con_4") + 11
    content[first : first + 4] = np.float32(np.inf).tobytes()
    path = tmp_path / "weights.dat"
    path.write_bytes(content)
    with pytest.raises(MnemoError, match="infinite or undefined numbers, in stem.weight"):
        features.load("dlib-face", path, weights("dlib-landmarks"))


def test_realness_and_identity_share_no_extractor() -> None:
    assert {*REALNESS, *LOGITS} | {*IDENTITY} == {*EXTRACTORS}
    assert all(entry.frechet and entry.kernel for entry in REALNESS.values())
    assert not {*REALNESS, *LOGITS} & {*IDENTITY}
    assert not any(entry.frechet or entry.kernel for entry in IDENTITY.values())
    assert not any(entry.threshold for entry in REALNESS.values())
