"""Faces are cut out by dlib's landmarks where an independent evaluation of FFHQ's formula says."""

from collections.abc import Callable
from pathlib import Path

import dlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from tests.support import portraits

from mnemo.errors import MnemoError
from mnemo.faces import alignment, ovals
from mnemo.faces.alignment import Landmarks

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]


def pixels(image: Image.Image) -> Pixels:
    return np.array(image.convert("RGB"))


def five() -> dict[str, Pixels]:
    """Two photographs, and three pictures made of them: turned, mirrored and larger, cut short."""
    with Image.open(portraits.hopper()) as first, Image.open(portraits.astronaut()) as second:
        hopper, astronaut = first.convert("RGB"), second.convert("RGB")
    mirrored = astronaut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return {
        "hopper": pixels(hopper),
        "astronaut": pixels(astronaut),
        "turned": pixels(hopper.rotate(17, Image.Resampling.BICUBIC, expand=True)),
        "mirrored": pixels(mirrored.resize((1536, 1536), Image.Resampling.LANCZOS)),
        # Her forehead and one ear lie beyond the border.
        "cut": pixels(hopper.crop((175, 90, 400, 420))),
    }


PORTRAITS = ("hopper", "astronaut", "turned", "mirrored", "cut")


@pytest.fixture(scope="module")
def photographs() -> dict[str, Pixels]:
    return five()


@pytest.fixture(scope="module")
def predictor(weights: Callable[[str], Path]) -> Landmarks:
    return Landmarks(weights("dlib-landmarks-68"))


@pytest.fixture(scope="module")
def dlib_alone(weights: Callable[[str], Path]) -> Callable[..., Points]:
    """Detect landmarks by dlib alone: in a box, or in its own detector's of the largest face."""
    predict = dlib.shape_predictor(str(weights("dlib-landmarks-68")))
    detect = dlib.get_frontal_face_detector()

    def landmarks(image: Pixels, box: dlib.rectangle | None = None) -> Points:
        points = predict(image, box or max(detect(image, 1), key=dlib.rectangle.area))
        return np.array([(points.part(k).x, points.part(k).y) for k in range(68)], dtype=float)

    return landmarks


@pytest.fixture(scope="module")
def boxes(photographs: dict[str, Pixels]) -> dict[str, tuple[int, int, int, int]]:
    found = {name: ovals.find(image).box for name, image in photographs.items()}
    assert None not in found.values()
    return found


@pytest.fixture(scope="module")
def landmarks(
    photographs: dict[str, Pixels],
    boxes: dict[str, tuple[int, int, int, int]],
    predictor: Landmarks,
) -> dict[str, Points]:
    return {name: predictor.detect(photographs[name], box) for name, box in boxes.items()}


def plane(points: Points) -> NDArray[np.complex128]:
    """Points as complex numbers."""
    return points[..., 0] + 1j * points[..., 1]


def square(points: Points) -> tuple[complex, complex]:
    """Evaluate FFHQ's formula in complex numbers.

    A quarter turn is a multiplication by i. Returns the square's centre, and half of its side as a
    number whose direction is that from the left to the right side.
    """
    z = plane(points)
    left, right, mouth = z[36:42].mean(), z[42:48].mean(), z[[48, 54]].mean()
    eyes = (left + right) / 2
    across, down = right - left, mouth - eyes
    direction = across - 1j * down
    half = max(2 * abs(across), 1.8 * abs(down)) * direction / abs(direction)
    return eyes + 0.1 * down, half


def expected(points: Points, by: Points, side: int = 1024) -> Points:
    """Where points of a photograph belong in the picture that is aligned by some landmarks."""
    centre, half = square(by)
    # From -1 - i, the upper left corner, to 1 + i; the first pixel's centre is half a pixel inside.
    relative = (plane(points) - centre) / half
    return np.stack([relative.real, relative.imag], axis=-1) * side / 2 + side / 2 - 0.5


def eyes_and_mouth(points: Points) -> Points:
    return np.stack([points[36:42].mean(0), points[42:48].mean(0), points[[48, 54]].mean(0)])


@pytest.mark.parametrize("name", PORTRAITS)
def test_the_square_is_that_of_ffhq_s_formula(landmarks: dict[str, Points], name: str) -> None:
    centre, half = square(landmarks[name])
    corners = plane(alignment.corners(landmarks[name]))
    down = 1j * half
    around = np.array([-half - down, -half + down, half + down, half - down])
    np.testing.assert_allclose(corners, centre + around, atol=1e-9)


def test_the_square_of_a_level_face_is_as_worked_out_by_hand() -> None:
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = (100, 200), (160, 200)
    points[48], points[54] = (110, 270), (150, 270)
    # Eyes 60 apart, mouth 70 below: half of the side is max(120, 126), the centre 7 below the eyes.
    by_hand = [[4, 81], [4, 333], [256, 333], [256, 81]]
    np.testing.assert_allclose(alignment.corners(points), by_hand)
    points[[48, 54], 1] = 240
    by_hand = [[10, 84], [10, 324], [250, 324], [250, 84]]
    np.testing.assert_allclose(alignment.corners(points), by_hand)


def dotted(image: Pixels, points: Points, radius: float) -> tuple[Pixels, Points]:
    """Draw white dots on black in the size of a photograph, and return where their centres are."""
    centres = np.rint(points).astype(int)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    dots = np.zeros(image.shape, np.uint8)
    for x, y in centres:
        dots[np.hypot(rows - y, columns - x) <= radius] = 255
    return dots, centres.astype(float)


def centres_of_dots(image: Pixels, count: int) -> Points:
    bright, found = ndimage.label(image[..., 0] > 100)
    assert found == count
    return np.array(ndimage.center_of_mass(image[..., 0], bright, range(1, count + 1)))[:, ::-1]


def in_order(points: Points) -> Points:
    return points[np.lexsort(np.rint(points / 8).T)]


@pytest.mark.parametrize("name", PORTRAITS)
def test_eyes_and_mouth_come_to_lie_where_the_formula_says_to_a_pixel(
    photographs: dict[str, Pixels], landmarks: dict[str, Points], name: str
) -> None:
    found = landmarks[name]
    left, right, _ = eyes_and_mouth(found)
    marked = np.stack([left, right, *found[[33, 48, 54]]])
    dots, centres = dotted(photographs[name], marked, alignment.eye_distance(found) / 12)
    aligned = alignment.cut(dots, alignment.corners(found), 1024)
    there = centres_of_dots(aligned, len(centres))
    apart = np.hypot(*(in_order(there) - in_order(expected(centres, by=found))).T)
    assert apart.max() <= 1


def test_a_face_larger_than_ffhq_s_drawing_is_reduced_and_comes_to_lie_there_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A quarter of FFHQ's sizes, so that a quarter of a large photograph does.
    monkeypatch.setattr(alignment, "_DRAWN", 1024)
    monkeypatch.setattr(alignment, "SIDE", 256)
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = (425, 550), (725, 575)
    points[48], points[54] = (475, 875), (625, 890)
    image = np.broadcast_to(np.uint8(0), (1200, 1125, 3))
    dots, centres = dotted(image, points[[36, 42, 48, 54]], 15)
    square = alignment.corners(points)
    assert np.hypot(*(square[3] - square[0])) > 1024
    there = centres_of_dots(alignment.cut(dots, square, 256), 4)
    apart = np.hypot(*(in_order(there) - in_order(expected(centres, by=points, side=256))).T)
    assert apart.max() <= 0.25


def test_a_generator_s_resolution_is_reduced_from_ffhq_s(
    photographs: dict[str, Pixels], landmarks: dict[str, Points]
) -> None:
    image, corners = photographs["cut"].copy(), alignment.corners(landmarks["cut"])
    before = corners.copy()
    whole = Image.fromarray(alignment.cut(image, corners, 1024))
    reduced = np.asarray(whole.resize((64, 64), Image.Resampling.LANCZOS))
    np.testing.assert_array_equal(alignment.cut(image, corners, 64), reduced)
    # Neither the photograph nor the square has changed.
    np.testing.assert_array_equal(image, photographs["cut"])
    np.testing.assert_array_equal(corners, before)


@pytest.mark.parametrize("name", PORTRAITS)
def test_landmarks_found_again_in_the_aligned_picture_are_near_where_they_belong(
    photographs: dict[str, Pixels],
    landmarks: dict[str, Points],
    dlib_alone: Callable[..., Points],
    name: str,
) -> None:
    found = landmarks[name]
    aligned = alignment.cut(photographs[name], alignment.corners(found), 1024)
    half = np.array(Image.fromarray(aligned).resize((512, 512), Image.Resampling.LANCZOS))
    again = 2 * dlib_alone(half)
    wanted = expected(eyes_and_mouth(found), by=found)
    apart = np.hypot(*(eyes_and_mouth(again) - wanted).T)
    # dlib places the eyes and the mouth to about a hundredth of the square.
    assert apart.max() <= 0.02 * 1024


@pytest.mark.parametrize("name", PORTRAITS)
def test_landmarks_are_those_that_dlib_alone_finds_in_the_photograph(
    photographs: dict[str, Pixels],
    landmarks: dict[str, Points],
    dlib_alone: Callable[..., Points],
    name: str,
) -> None:
    np.testing.assert_array_equal(landmarks[name], dlib_alone(photographs[name]))


def test_in_a_large_photograph_dlib_s_face_is_looked_for_in_a_smaller_one(
    photographs: dict[str, Pixels],
    boxes: dict[str, tuple[int, int, int, int]],
    predictor: Landmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, box = photographs["mirrored"], boxes["mirrored"]
    whole = predictor.box(image, box)
    monkeypatch.setattr(alignment, "_DETECTED", 512 * 512)
    reduced = predictor.box(image, box)
    assert abs(reduced.center().x - whole.center().x) < 0.15 * whole.width()
    assert abs(reduced.center().y - whole.center().y) < 0.15 * whole.width()
    assert 0.8 < reduced.width() / whole.width() < 1.25


@pytest.mark.parametrize("name", PORTRAITS)
def test_landmarks_in_the_derived_box_are_near_those_in_dlib_s_own(
    photographs: dict[str, Pixels],
    boxes: dict[str, tuple[int, int, int, int]],
    landmarks: dict[str, Points],
    dlib_alone: Callable[..., Points],
    name: str,
) -> None:
    derived = dlib_alone(photographs[name], alignment.derived_box(boxes[name]))
    apart = np.hypot(*(eyes_and_mouth(derived) - eyes_and_mouth(landmarks[name])).T)
    assert apart.max() <= 0.1 * alignment.eye_distance(landmarks[name])


def test_the_derived_box_is_used_where_dlib_finds_no_face(
    predictor: Landmarks, dlib_alone: Callable[..., Points]
) -> None:
    box = (60, 50, 40, 50)
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    assert predictor.box(noise, box) is None
    derived = dlib_alone(noise, alignment.derived_box(box))
    np.testing.assert_array_equal(predictor.detect(noise, box), derived)


def test_dlib_s_box_of_another_face_is_not_used(
    photographs: dict[str, Pixels],
    boxes: dict[str, tuple[int, int, int, int]],
    predictor: Landmarks,
) -> None:
    image = photographs["astronaut"]
    left, top, width, height = boxes["astronaut"]
    assert predictor.box(image, (left, top, width, height)) is not None
    for beside in ((left + width, top), (left, top + height), (left - width, top)):
        assert predictor.box(image, (*beside, width, height)) is None


def reflected(picture: Points, left: int, top: int, right: int, bottom: int) -> Points:
    """Continue a picture by reflection about its outermost pixels, index by index."""
    height, width = picture.shape[:2]

    def mirror(index: int, size: int) -> int:
        index %= 2 * size - 2
        return index if index < size else 2 * size - 2 - index

    rows = [mirror(index, height) for index in range(-top, height + bottom)]
    columns = [mirror(index, width) for index in range(-left, width + right)]
    return picture[np.ix_(rows, columns)]


def test_beyond_the_border_a_photograph_is_continued_as_in_ffhq(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole recipe in float64, for a square that leaves the picture on three sides."""
    monkeypatch.setattr(alignment, "_DRAWN", 160)
    monkeypatch.setattr(alignment, "SIDE", 160)
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (12, 10, 3), dtype=np.uint8)
    image = np.array(Image.fromarray(coarse).resize((100, 120), Image.Resampling.BICUBIC))
    centre, half = complex(55, 50), complex(60, 18)
    down = 1j * half
    corners = np.array(
        [centre - half - down, centre - half + down, centre + half + down, centre + half - down]
    )
    points = np.stack([corners.real, corners.imag], axis=-1)

    side = 2 * abs(half)
    border = max(round(0.1 * side), 3)
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
    # The picture is cropped on no side: it is continued on all, at least by 30 % of the square.
    pads = np.maximum([*(border - low), *(high + border - [100, 120])], round(0.3 * side))
    left, top, right, bottom = pads.tolist()
    wide = reflected(image.astype(float), left, top, right, bottom)
    height, width = wide.shape[:2]
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    mask = np.maximum(
        np.maximum(1 - x / left, 1 - (width - 1 - x) / right),
        np.maximum(1 - y / top, 1 - (height - 1 - y) / bottom),
    )[..., None]
    blurred = ndimage.gaussian_filter(wide, (0.02 * side, 0.02 * side, 0))
    weight = np.clip(3 * mask + 1, 0, 1)
    wide = wide * (1 - weight) + blurred * weight
    weight = np.clip(mask, 0, 1)
    wide = wide * (1 - weight) + np.median(wide, axis=(0, 1)) * weight
    wide = np.rint(wide)

    u, v = np.meshgrid(np.arange(160), np.arange(160))
    at = corners[0] + left + 1j * top + (u + 0.5) / 160 * 2 * half + (v + 0.5) / 160 * 2 * down
    drawn = np.stack(
        [
            ndimage.map_coordinates(wide[..., channel], [at.imag, at.real], order=1)
            for channel in range(3)
        ],
        axis=-1,
    )
    cut = alignment.cut(image, points, 160)
    assert np.abs(cut - drawn).mean() < 0.7
    assert np.abs(cut - drawn).max() <= 3


@pytest.mark.parametrize("shape", [(40, 101), (101, 40), (64, 64)])
def test_the_centre_is_the_largest_square_in_the_middle(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    side = min(shape)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    middle = image[top : top + side, left : left + side]
    np.testing.assert_array_equal(alignment.centre(image, side, side), middle)
    reduced = Image.fromarray(middle).resize((32, 32), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(alignment.centre(image, 32, 32), np.asarray(reduced))


def test_weights_that_are_missing_damaged_or_of_another_model_are_named(
    tmp_path: Path, weights: Callable[[str], Path]
) -> None:
    path = tmp_path / "landmarks.dat"
    with pytest.raises(MnemoError, match=f"{path} is missing"):
        Landmarks(path)
    path.write_bytes(weights("dlib-landmarks-68").read_bytes()[:100_000])
    with pytest.raises(MnemoError, match=f"{path} is damaged"):
        Landmarks(path)
    path = weights("dlib-landmarks")
    with pytest.raises(MnemoError, match=f"{path} detects 5 landmarks instead of 68"):
        Landmarks(path)
