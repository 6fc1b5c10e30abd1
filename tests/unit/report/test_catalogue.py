"""What the catalogue of an edit, and the page of edits side by side, promise to a reader."""

import base64
import re
from io import BytesIO
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.support import markup

from mnemo import images, tables
from mnemo.report import catalogue, pictures, ranking
from mnemo.study.consistency import PICTURES

ALPHAS = (-2.0, 0.0, 2.0)
KEYS = [f"{seed:07d}" for seed in range(20)]
EDIT = catalogue.Edit("memorable", ALPHAS, "resmem", "memorable")
#: The score of each image rises by this much for each unit of alpha.
SLOPES = dict(
    zip(KEYS, np.random.default_rng(0).permutation(np.linspace(-0.05, 0.14, 20)), strict=True)
)


def scored(edit: str = "memorable", start: float = 0.6) -> pd.DataFrame:
    rows = [
        {"edit": edit, "image": image, "alpha": alpha, "score": start + slope * alpha}
        for image, slope in SLOPES.items()
        for alpha in ALPHAS
    ]
    return pd.DataFrame(rows)


def shown(faces: NDArray[np.uint8], *edits: str) -> dict[pictures.Place, images.Pixels]:
    """A face of its own for each edit, image and alpha."""
    places = [(edit, image, alpha) for edit in edits for image in KEYS for alpha in ALPHAS]
    return dict(zip(places, faces, strict=False))


def cells(page: str) -> list[list[tuple[str, str]]]:
    """Read the score and the description of each picture, by row; missing ones are empty."""
    rows = re.findall(r'<tr id="image-.*?</tr>', page, re.DOTALL)
    found = [
        re.findall(r'<td.*?(?:<b>(.*?)</b>)?(?:<img alt="(.*?)".*?)?</td>', row) for row in rows
    ]
    assert all(row.count("<td") == len(read) for row, read in zip(rows, found, strict=True))
    return found


@pytest.fixture(scope="module", name="page")
def make_page(faces_64: NDArray[np.uint8]) -> str:
    ranked = ranking.effects(scored(), ALPHAS)
    chosen = ranking.choose(ranked, 3)
    found = shown(faces_64, "memorable")
    return catalogue.page(EDIT, chosen, 20, found, catalogue.by_place(scored(), KEYS))


def test_images_are_ranked_by_the_change_of_their_score_from_end_to_end() -> None:
    ranked = ranking.effects(scored(), ALPHAS)
    assert list(ranked.index) == sorted(KEYS, key=lambda image: -SLOPES[image])
    assert list(ranked["rank"]) == list(range(1, 21))
    np.testing.assert_allclose(ranked["change"], [4 * SLOPES[image] for image in ranked.index])


@pytest.mark.parametrize("end", [-2.0, 2.0])
def test_an_image_without_a_score_at_an_end_has_no_rank(end: float) -> None:
    scores = scored()
    lost = (scores["alpha"] == end) & scores["image"].isin(KEYS[:2])
    assert set(ranking.effects(scores[~lost], ALPHAS).index) == set(KEYS[2:])
    scores.loc[lost, "score"] = np.nan
    assert set(ranking.effects(scores, ALPHAS).index) == set(KEYS[2:])
    assert ranking.effects(scores[scores["alpha"] != end], ALPHAS).empty


@pytest.mark.parametrize(
    ("n", "ranks"),
    [
        (7, [[1, 2], [3, 4], [6, 7]]),
        (20, [[1, 2], [10, 11], [19, 20]]),
        (6, [[1, 2, 3, 4, 5, 6]]),
        (0, [[]]),
    ],
)
def test_a_catalogue_has_both_ends_of_the_ranking_and_its_middle(
    n: int, ranks: list[list[int]]
) -> None:
    ranked = pd.DataFrame({"change": np.zeros(n), "rank": range(1, n + 1)}, KEYS[:n])
    assert [list(part["rank"]) for part in ranking.choose(ranked, 2).values()] == ranks


def test_a_catalogue_shows_every_picture_with_its_score_and_the_seed_in_the_middle(
    page: str,
) -> None:
    ordered = sorted(KEYS, key=lambda image: -SLOPES[image])
    wanted = [*ordered[:3], *ordered[8:11], *ordered[-3:]]
    assert cells(page) == [
        [
            (
                f"{0.6 + SLOPES[image] * alpha:.2f}",
                f"image {image} at alpha {alpha:g} of the edit memorable",
            )
            for alpha in ALPHAS
        ]
        for image in wanted
    ]
    for row in re.findall(r'<tr id="image-.*?</tr>', page, re.DOTALL):
        assert [bool(framed) for framed in re.findall(r"<td( class=\"original\")?>", row)] == [
            False,
            True,
            False,
        ]
    heads = re.findall("<th>([^<]*)<strong>(.*?)</strong>", page)
    assert heads == [
        ("alpha −2", "scored less memorable"),
        ("original", ""),
        ("alpha +2", "scored more memorable"),
    ]


def test_a_row_has_its_change_its_rank_and_a_link_to_itself(page: str) -> None:
    last = min(KEYS, key=lambda image: SLOPES[image])
    row = re.search(rf'<tr id="image-{last}"><th scope="row">(.*?)</th>', page)
    assert row is not None
    assert row[1] == f'<a href="#image-{last}">{last}</a><strong>−0.200</strong>20 of 20'
    parts = re.findall(r'<a href="#(part-\d)">(.*?)</a>', page)
    assert [heading for _, heading in parts] == re.findall("<h2>(.*?)</h2>", page)
    assert [name for name, _ in parts] == re.findall('<tbody id="(.*?)">', page)


def test_a_picture_is_the_image_itself(page: str, faces_64: NDArray[np.uint8]) -> None:
    found = shown(faces_64, "memorable")
    alt, data = re.findall(r'<img alt="(.*?)" src="data:image/jpeg;base64,(.*?)"', page)[0]
    _, image, _, _, alpha, *_ = alt.split()
    drawn = np.asarray(Image.open(BytesIO(base64.b64decode(data))), dtype=float)
    assert np.abs(drawn - found["memorable", image, float(alpha)]).mean() < 6


def test_a_page_needs_nothing_else_and_is_well_formed(page: str) -> None:
    assert not markup.unclosed(page)
    assert "<script" not in page
    assert set(re.findall(r'(?:src|href)="(data:image/jpeg;base64,|#|.*)', page)) <= {
        "data:image/jpeg;base64,",
        "#",
    }


def test_large_images_are_shown_as_large_as_the_report_has_room_for() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 192, 3), np.uint8)
    sizes = []
    for alphas in ((0.0, 1.0), np.arange(-5.0, 6.0)):
        found = {("wide", image, alpha): noise for image in KEYS for alpha in alphas}
        small = pictures.thumbnails(found)
        assert sum(map(len, small.values())) * 4 / 3 < 1_900_000
        assert small.keys() == found.keys()
        sizes.append(Image.open(BytesIO(small["wide", KEYS[0], 0.0])).size)
    assert sizes[0] == (132, 176)
    assert sizes[1] == (72, 96)


def test_a_page_has_room_for_as_many_pictures_as_a_study_may_ask_for(
    faces_64: NDArray[np.uint8],
) -> None:
    places = [("e", str(number), 0.0) for number in range(PICTURES)]
    found = dict(zip(places, cycle(faces_64), strict=False))
    assert sum(map(len, pictures.thumbnails(found).values())) <= pictures.ROOM


def test_a_row_names_the_class_that_its_seed_has(faces_64: NDArray[np.uint8]) -> None:
    chosen = ranking.choose(ranking.effects(scored(), ALPHAS), 8)
    found, classes = shown(faces_64, "memorable"), ("tench", "flamingo", "shield & sword")
    page = catalogue.page(EDIT, chosen, 20, found, {}, classes)
    for image, name in (("0000000", "tench"), ("0000005", "shield &amp; sword")):
        assert f">{image}</a><br>{name}<" in page


def test_a_missing_face_is_said_and_a_missing_score_left_out(faces_64: NDArray[np.uint8]) -> None:
    scores = scored()
    scores.loc[scores["alpha"] == 0, "score"] = np.nan
    found = shown(faces_64, "memorable")
    chosen = ranking.choose(ranking.effects(scores, ALPHAS), 8)
    del found["memorable", KEYS[0], 2.0]
    page = catalogue.page(EDIT, chosen, 20, found, catalogue.by_place(scores, KEYS))
    assert page.count("no face") == 1
    assert "nan" not in page
    assert len(re.findall("<b>", page)) == 20 * 2 - 1


def test_edits_side_by_side_show_the_same_images_at_the_ends_of_each(
    faces_64: NDArray[np.uint8],
) -> None:
    edits = [EDIT, catalogue.Edit("older", (0.0, 2.0), "age", "old")]
    scores = pd.concat([scored(), scored("older", 30.0)])
    found = shown(faces_64, "memorable", "older")
    page = catalogue.side_by_side(edits, KEYS[:2], found, catalogue.by_place(scores, KEYS[:2]))
    assert not markup.unclosed(page)
    first = KEYS[0]
    assert cells(page)[0] == [
        ("", f"image {first} at alpha 0 of the edit memorable"),
        ("", ""),
        (f"{0.6 - 2 * SLOPES[first]:.2f}", f"image {first} at alpha -2 of the edit memorable"),
        (f"{0.6 + 2 * SLOPES[first]:.2f}", f"image {first} at alpha 2 of the edit memorable"),
        ("", ""),
        (f"{30 + 2 * SLOPES[first]:.2f}", f"image {first} at alpha 2 of the edit older"),
    ]
    assert re.findall('<tr id="image-(.*?)"', page) == KEYS[:2]
    assert page.count("<br>resmem 0.60<br>age 30.00</th>") == 2
    assert '<th colspan="2"><strong>memorable</strong>scores by resmem</th>' in page
    assert '<th colspan="1"><strong>older</strong>scores by age</th>' in page


def test_the_images_of_a_page_are_read_from_their_shards(
    faces_64: NDArray[np.uint8], tmp_path: Path
) -> None:
    made = tables.Provenance("demo", "render_images", {}, {})
    for number, edit in enumerate(("memorable", "older")):
        faces = faces_64[3 * number : 3 * number + 3]
        pixels = [images.encode(face, key) for face, key in zip(faces, KEYS, strict=False)]
        place = {"set": ["eval"] * 3, "edit": [edit] * 3, "alpha": [2.0] * 3, "image": KEYS[:3]}
        columns = {**place, "pixels": [None, *pixels[1:]]}
        tables.write(tmp_path / f"{edit}.parquet", images.IMAGES, columns, made)
    paths = [tmp_path / f"{edit}.parquet" for edit in ("memorable", "older")]
    found = pictures.gather(paths, KEYS[:2])
    assert list(found) == [("memorable", KEYS[1], 2.0), ("older", KEYS[1], 2.0)]
    np.testing.assert_array_equal(found["older", KEYS[1], 2.0], faces_64[4])
