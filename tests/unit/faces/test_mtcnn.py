"""MTCNN finds what its package finds, whatever else the process does."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tests.support import portraits
from tests.support.paths import ROOT

from mnemo.errors import MnemoError
from mnemo.faces import mtcnn

Pixels = NDArray[np.uint8]
#: Boxes of MTCNN and of its package differ by at most so many pixels, and scores by so much.
PIXELS, SCORE = 1e-3, 1e-5


def resized(image: Image.Image, width: int, height: int) -> Pixels:
    return np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def images(faces_64: Pixels) -> dict[str, Pixels]:
    """Faces, portraits of several sizes, a picture of three people, and pictures of nobody."""
    found = {
        f"face {number}": resized(Image.fromarray(face), 256, 256)
        for number, face in enumerate(faces_64[:24])
    }
    with Image.open(portraits.hopper()) as hopper, Image.open(portraits.astronaut()) as astronaut:
        found["hopper"] = resized(hopper, 218, 256)
        found["larger"] = resized(hopper, 437, 512)
        found["astronaut"] = resized(astronaut, 301, 299)
        group = [resized(hopper, 109, 128), resized(astronaut, 128, 128), found["face 3"][::2, ::2]]
        found["three"] = np.concatenate(group, axis=1)
        # Beyond the border of the picture, boxes hold zeros.
        found["cut off"] = resized(hopper, 218, 256)[40:150, 60:170]
        found["narrow"] = resized(hopper, 18, 200)
    with Image.open(ROOT / "studies/photographs/cat.jpg") as cat:
        found["cat"] = resized(cat, 385, 256)
    for side in (1, 12, 20, 21, 33):
        found[f"{side} pixels"] = found["face 0"][100 : 100 + side, 100 : 100 + side]
    found["black"] = np.zeros((64, 80, 3), np.uint8)
    found["noise"] = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    return found


@pytest.fixture(scope="module")
def packaged(images: dict[str, Pixels]) -> dict[str, NDArray[Any]]:
    """What the package finds with its defaults, called for one image at a time."""
    from mtcnn import MTCNN

    detector = MTCNN()
    return {
        name: np.asarray(detector.detect_faces(image, output_type="numpy"))
        for name, image in images.items()
    }


def test_boxes_and_scores_are_those_of_the_package(
    images: dict[str, Pixels], packaged: dict[str, NDArray[Any]]
) -> None:
    counts = {}
    for name, image in images.items():
        boxes, scores = mtcnn.find(image)
        expected = packaged[name]
        assert boxes.shape == (len(expected), 4), name
        np.testing.assert_allclose(boxes, expected[:, 1:5], rtol=0, atol=PIXELS, err_msg=name)
        np.testing.assert_allclose(scores, expected[:, 5], rtol=0, atol=SCORE, err_msg=name)
        counts[name] = len(boxes)
    assert [counts[name] for name in ("hopper", "larger", "astronaut", "three")] == [1, 1, 1, 3]
    assert [counts[name] for name in ("cat", "narrow", "20 pixels", "black", "noise")] == [0] * 5


def test_faces_depend_neither_on_the_threads_nor_on_what_was_done_before(
    images: dict[str, Pixels],
) -> None:
    before = torch.get_num_threads()
    alone = [mtcnn.find(image) for image in images.values()]
    try:
        torch.set_num_threads(3)
        threaded = [mtcnn.find(image) for image in reversed(images.values())]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    for first, second in zip(alone, reversed(threaded), strict=True):
        assert first.boxes.tobytes() == second.boxes.tobytes()
        assert first.scores.tobytes() == second.scores.tobytes()


def test_finding_faces_draws_no_random_numbers(images: dict[str, Pixels]) -> None:
    mtcnn._networks.cache_clear()
    before = torch.get_rng_state()
    mtcnn.find(images["hopper"])
    assert torch.equal(torch.get_rng_state(), before)


def test_faces_are_found_without_tensorflow_and_without_running_the_package(
    images: dict[str, Pixels], packaged: dict[str, NDArray[Any]], tmp_path: Path
) -> None:
    np.save(tmp_path / "face.npy", images["hopper"])
    code = (
        "import sys, numpy as np; sys.modules.update(tensorflow=None, keras=None, mtcnn=None);"
        "from mnemo.faces import mtcnn; print(*mtcnn.find(np.load(sys.argv[1])).boxes[0].round(2))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "face.npy"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = [float(side) for side in done.stdout.split()]
    assert found == pytest.approx(packaged["hopper"][0, 1:5].tolist(), abs=0.006)


@pytest.fixture
def anew() -> Iterator[None]:
    """Have the networks read again, here and in the tests that follow."""
    mtcnn._networks.cache_clear()
    yield
    mtcnn._networks.cache_clear()


@pytest.mark.usefixtures("anew")
def test_a_missing_package_is_named(
    images: dict[str, Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(MnemoError, match="mtcnn is missing: run `pip install mtcnn==1.0.0`"):
        mtcnn.find(images["hopper"])


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("change", ["another", "missing"])
def test_weights_of_another_version_are_named(
    images: dict[str, Pixels], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str
) -> None:
    package = metadata.distribution("mtcnn")
    for folder in ("mtcnn", "mtcnn-1.0.0.dist-info"):
        shutil.copytree(str(package.locate_file(folder)), tmp_path / folder)
    changed = tmp_path / "mtcnn/assets/weights/rnet.lz4"
    if change == "another":
        changed.write_bytes(changed.read_bytes()[:-1] + b"\1")
    else:
        changed.unlink()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MnemoError, match=f"^{changed} is missing or not that of mtcnn 1.0.0"):
        mtcnn.find(images["hopper"])
