"""Faces are found one by one as the package mtcnn finds them, and cut out as ovals on white."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from mnemo import tables
from mnemo.faces import ovals
from mnemo.faces.ovals import Face

NOBODY = Face("none", 0, None, None, clamped=False)


def found(left: int, top: int, width: int, height: int) -> Face:
    return Face("found", 1, (left, top, width, height), 0.99, clamped=False)


def enlarged(image: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    width = round(image.shape[1] * height / image.shape[0])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


def noise(height: int, width: int, below: int = 255) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, below, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def mixed(faces_64: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """256 px images: single faces, then nobody twice, then a small face beside a large one."""
    large = [enlarged(face, 256) for face in faces_64[:12]]
    pair = np.full((256, 512, 3), 128, dtype=np.uint8)
    pair[60:188, 20:148] = enlarged(faces_64[2], 128)
    pair[:, 256:] = enlarged(faces_64[0], 256)
    return [*large, np.zeros((256, 256, 3), np.uint8), noise(256, 256), pair]


@pytest.fixture(scope="module")
def packaged(mixed: list[NDArray[np.uint8]]) -> list[list[dict[str, object]]]:
    """What mtcnn finds with its own defaults, called for one image at a time."""
    from mtcnn import MTCNN

    detector = MTCNN()
    return [detector.detect_faces(image) for image in mixed]


def test_faces_are_those_that_mtcnn_finds_with_its_defaults(mixed, packaged):
    for face, expected in zip(ovals.detect(mixed, preset="faithful"), packaged, strict=True):
        assert face.faces == len(expected)
        if expected:
            assert face.box == tuple(expected[0]["box"])
            assert face.confidence == pytest.approx(expected[0]["confidence"], abs=1e-6)
        else:
            assert (face.box, face.confidence, face.clamped) == (None, None, False)


def test_a_face_depends_on_no_other_image_of_its_shard(mixed):
    together = ovals.detect(mixed)
    assert together == [face for image in mixed for face in ovals.detect([image])]
    assert together == ovals.detect(mixed[::-1])[::-1]


def test_the_status_says_whether_there_is_one_face_or_several_or_none(mixed):
    *_, black, static, pair = ovals.detect(mixed)
    assert [black.status, static.status, pair.status] == ["none", "none", "several"]
    assert ovals.detect(mixed[:1])[0].status == "found"


def test_corrected_takes_the_largest_face_and_faithful_the_first(mixed, packaged):
    boxes = [tuple(face["box"]) for face in packaged[-1]]
    largest = max(boxes, key=lambda box: box[2] * box[3])
    assert largest != boxes[0]
    assert ovals.detect(mixed[-1:], preset="corrected")[0].box == largest
    assert ovals.detect(mixed[-1:], preset="faithful")[0].box == boxes[0]


def test_almost_every_face_of_the_embedded_generator_is_found(faces_64):
    statuses = [face.status for face in ovals.detect(faces_64[:40])]
    assert statuses.count("found") >= 37


def test_boxes_are_in_pixels_of_the_image_whatever_the_detection_height(faces_64):
    wide = np.pad(faces_64[1], ((0, 0), (0, 40), (0, 0)), mode="edge")
    for image in (faces_64[1], wide):
        small, large = ovals.detect([image, enlarged(image, 256)])
        assert np.allclose(np.array(small.box) * 4, large.box, atol=2.5)
    coarse, fine = (ovals.detect([faces_64[1]], height)[0].box for height in (128, 256))
    assert coarse != (0, 0, 0, 0)
    assert np.allclose(coarse, fine, atol=4)


def test_a_face_says_when_its_margin_runs_over_the_border(faces_64):
    inside = np.pad(faces_64[1], ((32, 32), (32, 32), (0, 0)), mode="edge")
    at_border, away = ovals.detect([faces_64[1], inside])
    assert (at_border.clamped, away.clamped) == (True, False)


@given(
    height=st.integers(64, 200),
    width=st.integers(64, 200),
    box=st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(20, 60), st.integers(20, 60)),
)
def test_a_corrected_oval_is_the_crop_inside_its_inscribed_ellipse_and_white_outside(
    height, width, box
):
    image = noise(height, width)
    oval = ovals.ovalize(image, found(*box))
    left, top, box_width, box_height = box
    margin = round(height * 75 / 1024)
    crop = image[
        max(0, top - margin) : min(height, top + box_height + margin),
        max(0, left - margin) : min(width, left + box_width + margin),
    ]
    size = (round(crop.shape[1] * 256 / crop.shape[0]), 256)
    expected = np.asarray(Image.fromarray(crop).resize(size, Image.Resampling.LANCZOS))
    assert oval.shape == expected.shape

    rows, columns = np.ogrid[-1:1:256j, -1 : 1 : size[0] * 1j]
    radius = np.hypot(rows, columns)
    assert (oval[radius > 1.02] == 255).all()
    assert (oval[radius < 0.98] == expected[radius < 0.98]).all()


def test_an_oval_touches_the_four_sides_of_its_image_and_mirrors_onto_itself():
    oval = ovals.ovalize(np.zeros((200, 200, 3), np.uint8), found(50, 50, 80, 100))
    inside = oval[..., 0] == 0
    for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
        assert side.any()
    assert (inside == inside[::-1]).all()
    assert (inside == inside[:, ::-1]).all()
    assert inside.mean() == pytest.approx(np.pi / 4, abs=0.005)


def test_an_oval_has_the_height_asked_for():
    oval = ovals.ovalize(noise(200, 200), found(50, 50, 80, 100), height=100)
    assert oval.shape == (100, round(110 * 100 / 130), 3)


def test_corrected_makes_no_oval_without_a_face():
    assert ovals.ovalize(noise(64, 64), NOBODY) is None


def test_faithful_makes_an_oval_of_the_whole_image_without_a_face():
    image = noise(128, 64)
    oval = ovals.ovalize(image, NOBODY, preset="faithful")
    assert oval.shape == (256, 128, 3)
    assert (oval[128, 2:-2] == image.repeat(2, 0).repeat(2, 1)[128, 2:-2]).all()
    assert (oval[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()


def test_faithful_takes_a_margin_of_75_pixels_on_1024_and_the_nearest_pixels():
    image = noise(1024, 1024)
    oval = ovals.ovalize(image, found(300, 250, 400, 520), preset="faithful")
    # 520 + 150 = 670 rows and 400 + 150 = 550 columns become 256 rows and floor(210.1) columns.
    assert oval.shape == (256, 210, 3)
    rows = 175 + np.floor((np.arange(256) + 0.5) * 670 / 256).astype(int)
    columns = 225 + np.floor((np.arange(210) + 0.5) * 550 / 210).astype(int)
    centre = np.s_[60:196, 50:160]
    assert (oval[centre] == image[np.ix_(rows, columns)][centre]).all()


def test_faithful_counts_a_negative_edge_from_the_far_side():
    image = noise(1024, 1024)
    oval = ovals.ovalize(image, found(70, 300, 900, 400), preset="faithful")
    # The slice runs from column 70 - 75 = -5, which is 1019, to the border.
    middle = 225 + np.floor(128.5 * 550 / 256).astype(int)
    assert oval.shape == (256, int(5 * 256 / 550), 3)
    assert oval[128, 1].tolist() == image[middle, 1019 + 3].tolist()


def test_faithful_makes_no_oval_of_an_empty_slice():
    assert ovals.ovalize(noise(1024, 1024), found(70, 300, 400, 400), preset="faithful") is None


def test_ovals_are_laid_out_as_the_table_of_ovals(faces_64):
    shard = pa.table(
        {
            "set": ["fit", "fit"],
            "edit": pa.nulls(2, pa.string()),
            "alpha": pa.nulls(2, pa.float64()),
            "image": ["0000007", "0000008"],
        }
    )
    face = Face("several", 2, (10, 2, 46, 61), 0.5, clamped=True)
    cut = [ovals.ovalize(faces_64[0], face), None]
    (part,) = ovals.parts(shard, [face, NOBODY], cut)
    first, second = tables.conform(part, ovals.OVALS).to_pylist()
    assert first["pixels"]["path"] == "0000007.webp"
    assert second["pixels"] is None
    for row, expected in (
        (first, ("several", 2, 10, 2, 46, 61, 0.5, True)),
        (second, ("none", 0, None, None, None, None, None, False)),
    ):
        columns = ("status", "faces", "left", "top", "width", "height", "confidence", "clamped")
        assert tuple(row[column] for column in columns) == expected


def test_ovals_are_cut_and_laid_out_with_few_in_memory():
    keys = [f"{number:07d}" for number in range(600)]
    nulls = pa.nulls(len(keys))
    shard = pa.table({"set": ["fit"] * len(keys), "edit": nulls, "alpha": nulls, "image": keys})
    asked = []
    cut = (asked.append(key) for key in keys)
    parts = ovals.parts(shard, [NOBODY] * len(keys), cut)
    first = next(parts)
    assert asked == first["image"].to_pylist() == keys[:256]
    assert [len(part["pixels"]) for part in parts] == [256, 88]
    assert asked == keys
