"""Measures of a face by its landmarks, of drawn landmarks whose measures are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mnemo.faces import measures

Points = NDArray[np.float64]


@pytest.fixture
def face() -> Points:
    """A symmetric face whose measures are known: eyes 20 by 6, mouth 40 wide and open by 8."""
    points = np.zeros((68, 2))
    angles = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([100 + 70 * np.cos(angles), 100 + 80 * np.sin(angles)], axis=1)
    points[17:27] = [(x, 80) for x in np.linspace(50, 150, 10)]
    points[27:31] = [(100, y) for y in (95, 105, 115, 120)]
    points[31:36] = [(x, 128) for x in np.linspace(90, 110, 5)]
    for first, left in ((36, 60), (42, 120)):
        lids = [(0, 0), (6, -3), (14, -3), (20, 0), (14, 3), (6, 3)]
        points[first : first + 6] = np.add((left, 95), lids)
    # Outer lips, whose corners are 40 apart, and inner lips, 32 wide and 8 high.
    points[48:60] = np.add((100, 150), [(-20, 0), *[(0, -9)] * 5, (20, 0), *[(0, 9)] * 5])
    inner = [(-16, 0), (-8, -4), (0, -4), (8, -4), (16, 0), (8, 4), (0, 4), (-8, 4)]
    points[60:68] = np.add((100, 150), inner)
    return points


def turned(points: Points, degrees: float, scale: float) -> Points:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return scale * points @ np.array([[cosine, sine], [-sine, cosine]]) + (30, 70)


def test_a_drawn_face_has_the_measures_that_it_was_drawn_with(face: Points) -> None:
    assert measures.eye_opening(face) == pytest.approx(6 / 20)
    assert measures.mouth_opening(face) == pytest.approx(8 / 32)
    # The eyes' outer corners are at 60 and 140.
    assert measures.smile_width(face) == pytest.approx(40 / 80)
    assert measures.yaw(face) == 0


def test_closed_eyes_and_lips_are_not_open(face: Points) -> None:
    face[36:48, 1], face[60:68, 1] = 95, 150
    assert measures.eye_opening(face) == measures.mouth_opening(face) == 0


def test_one_closed_eye_halves_the_opening(face: Points) -> None:
    face[42:48, 1] = 95
    assert measures.eye_opening(face) == pytest.approx(0.15)


@pytest.mark.parametrize("degrees", [0, 17, -90, 180])
@pytest.mark.parametrize("scale", [0.3, 4])
def test_ratios_do_not_depend_on_size_or_rotation_in_the_picture(
    face: Points, degrees: float, scale: float
) -> None:
    face[30] += 7
    for measure in (
        *(measures.eye_opening, measures.mouth_opening, measures.smile_width, measures.yaw),
    ):
        assert measure(turned(face, degrees, scale)) == pytest.approx(measure(face))


@pytest.mark.parametrize("degrees", [-40, -10, 25])
def test_yaw_is_the_tangent_of_the_angle_by_which_a_solid_head_is_turned(
    face: Points, degrees: float
) -> None:
    """The nose stands 24 pixels out before the eyes, whose outer corners are 80 apart."""
    angle = np.radians(degrees)
    depth = np.zeros(68)
    depth[30] = 24
    seen = face.copy()
    seen[:, 0] = 100 + (face[:, 0] - 100) * np.cos(angle) + depth * np.sin(angle)
    assert measures.yaw(seen) == pytest.approx(24 / 80 * np.tan(angle))


def test_the_hull_covers_the_face_from_brows_to_chin() -> None:
    points = np.full((68, 2), 20.0)
    points[:4] = [(10, 5), (49, 5), (49, 34), (10, 34)]
    mask = measures.hull(points, (40, 60, 3))
    assert mask.shape == (40, 60)
    expected = np.zeros((40, 60), dtype=bool)
    expected[5:35, 10:50] = True
    np.testing.assert_array_equal(mask, expected)
