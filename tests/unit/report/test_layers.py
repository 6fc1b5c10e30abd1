"""What the page of the layers promises to a reader."""

import base64
import re
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.support import markup

from mnemo.report import layers

LEVELS = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0]
KEYS = ["0000000", "0000001"]
PARTS = {
    **{str(layer): [layer] for layer in range(11)},
    "fine": [8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
}
#: The face that is lost, and the layer and level that have no images.
LOST, UNREACHED = ("4", KEYS[1], 2.0), ("7", -3.0)


def levels_of(part: str, slope: float) -> pd.DataFrame:
    rows = []
    for shape in ("square", "oval"):
        for level in LEVELS:
            known = (part, level) != UNREACHED
            mean = 0.6 + slope * level if known else np.nan
            change = 0.04 * abs(level) if known else np.nan
            rows.append(
                {
                    "layer": part,
                    "level": level,
                    "shape": shape,
                    "mean": mean,
                    "low": mean - 0.005,
                    "high": mean + 0.005,
                    "image_change": change,
                    "image_change_low": change - 0.002,
                    "image_change_high": change + 0.002,
                    "reason": None if known else "no step changes the image by 0.15",
                }
            )
    return pd.DataFrame(rows)


def effects_of(part: str, slope: float, rank: int | None) -> pd.DataFrame:
    value = 25 * slope if rank else np.nan
    row = {
        "layer": part,
        "n": 3000,
        "slope": slope / 5,
        "low": slope / 5 - 0.0002,
        "high": slope / 5 + 0.0002,
        "slope_per_change": value,
        "slope_per_change_low": value - 0.05,
        "slope_per_change_high": value + 0.05,
        "rank": rank,
    }
    rows = [{**row, "shape": shape} for shape in ("square", "oval")]
    return pd.DataFrame(rows).astype({"rank": "Int64"})


@pytest.fixture(scope="module", name="cards")
def make_cards(faces_64: NDArray[np.uint8]) -> list[layers.Card]:
    """Layers of the paper's number; layer 10 has no rank, and layer 9 has the largest effect."""
    cards = []
    for number, (part, chosen) in enumerate(PARTS.items()):
        slope = 0.004 * (number - 3)
        places = [(key, level) for key in KEYS for level in LEVELS if (part, level) != UNREACHED]
        faces = {
            place: faces_64[10 * KEYS.index(place[0]) + LEVELS.index(place[1])]
            for place in places
            if (part, *place) != LOST
        }
        scores = {place: 0.6 + slope * place[1] for place in faces}
        rank = {"10": None, "9": 1, "0": 2, "fine": 11}.get(part, number + 2)
        effects = effects_of(part, slope, rank)
        cards.append(layers.Card(part, chosen, levels_of(part, slope), effects, faces, scores))
    return cards


@pytest.fixture(scope="module", name="page")
def make_page(cards: list[layers.Card]) -> str:
    return layers.page(cards, KEYS, "senet50-us10k", 0.95, alike=True)


def test_layers_are_ranked_by_effect_and_those_without_one_come_last(page: str) -> None:
    heads = re.findall(r"<h2>(.*?) <small>(.*?)</small>", page)
    assert [name for name, _ in heads][:3] == ["1. Layer 9", "2. Layer 0", "3. Layer 1"]
    assert heads[-1] == ("Layer 10", "128 pixels")
    assert ("11. Fine", "64 to 1024 pixels") in heads
    assert len(heads) == len(PARTS)


def test_every_face_is_there_with_its_score_and_the_original_is_framed(
    page: str, cards: list[layers.Card]
) -> None:
    shown = re.findall(
        r"<td( class=\"original\")?>(<b>[\d.]+</b><img.*?>|no face|no step)</td>", page
    )
    assert len(shown) == len(PARTS) * len(KEYS) * len(LEVELS)
    assert sum(bool(framed) for framed, _ in shown) == len(PARTS) * len(KEYS)
    assert [text for _, text in shown if "img" not in text] == ["no face", "no step", "no step"]
    first = re.search(
        r'<b>(.*?)</b><img alt="image (\d+) at level (.*?)" src="data:image/jpeg;base64,(.*?)"',
        page,
    )
    assert first is not None
    assert first[1] == f"{cards[9].scores[first[2], float(first[3])]:.2f}"
    drawn = np.asarray(Image.open(BytesIO(base64.b64decode(first[4]))), dtype=float)
    wanted = cards[9].faces[first[2], float(first[3])]
    assert np.abs(drawn - wanted).mean() < 6


def test_the_page_states_effects_with_intervals_and_why_a_level_is_missing(page: str) -> None:
    assert "square, n = 3000: 0.60 [0.55, 0.65] per unit of image change" in page
    assert "level −3: no step changes the image by 0.15" in page


def test_the_page_says_whether_the_layers_move_along_one_vector(cards: list[layers.Card]) -> None:
    for alike, words in ((True, "along the same vector"), (False, "its own part")):
        assert words in layers.page(cards[:2], KEYS, "resmem", 0.95, alike=alike)


def test_the_page_fits_into_a_report_and_is_well_formed(page: str) -> None:
    assert len(page) < 2_000_000
    assert not markup.unclosed(page)
