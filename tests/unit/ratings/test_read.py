"""People's ratings are read in every layout that is published, and only if all is right."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from tests.data import us10k

from mnemo import scores, tables
from mnemo.errors import MnemoError
from mnemo.ratings import images, table
from mnemo.ratings.games import Exclusion
from mnemo.ratings.images import Images
from mnemo.ratings.read import read
from mnemo.training.layout import SCORES

COUNT = 12
IMAGES = Images([f"{seed:07d}" for seed in range(COUNT)])
RATES = pd.DataFrame(
    {
        "image": [f"{seed:07d}" for seed in range(COUNT)],
        "hit_rate": np.linspace(0.2, 0.75, COUNT),
        "false_alarm_rate": np.linspace(0.3, 0.08, COUNT),
    }
)
COUNTED = pd.DataFrame(
    {
        "image": RATES["image"],
        "hits": range(5, 5 + COUNT),
        "misses": 10,
        "false_alarms": np.arange(COUNT) * 2,
        "correct_rejections": 20,
    }
)


def write(folder: Path, frame: pd.DataFrame, name: str = "ratings.csv", **settings: Any) -> Path:
    path = folder / name
    if path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, **settings)
    return path


def complaint(path: Path, score: str = "hit_rate", **settings: Any) -> str:
    with pytest.raises(MnemoError) as raised:
        read(path, score, IMAGES, **settings)
    return str(raised.value)


@pytest.mark.parametrize("cell", [True, "TRUE", 1, 1.0, "yes", "wahr", "x"])
def test_simulated_answers_are_refused_however_a_file_says_so(tmp_path: Path, cell: Any) -> None:
    path = write(tmp_path, RATES.assign(simulated=[cell, *[None] * (COUNT - 1)]))
    assert "ratings.csv: answers of simulated people" in complaint(path)
    assert len(read(path, "hit_rate", IMAGES, simulated=True)) == COUNT


@pytest.mark.parametrize("cell", [False, "FALSE", 0, 0.0, "no", None])
def test_answers_that_are_said_to_be_peoples_are_read(tmp_path: Path, cell: Any) -> None:
    path = write(tmp_path, RATES.assign(simulated=[cell, *[None] * (COUNT - 1)]))
    assert len(read(path, "hit_rate", IMAGES)) == COUNT


# A row for each image


@pytest.mark.parametrize("name", ["r.csv", "r.tsv", "r.xlsx", "r.parquet"])
def test_rates_are_read_from_every_format(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, RATES, name, **({"sep": "\t"} if name == "r.tsv" else {}))
    rated = read(path, "true_hit_rate", IMAGES)
    difference = RATES["hit_rate"] - RATES["false_alarm_rate"]
    np.testing.assert_allclose(rated["score"], difference, atol=1e-9)
    assert rated["image"].tolist() == IMAGES.keys
    assert table.halves(rated) is None


def test_the_score_is_the_hit_rate_if_that_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, RATES.drop(columns="false_alarm_rate"))
    np.testing.assert_allclose(read(path, "hit_rate", IMAGES)["score"], RATES["hit_rate"])


def test_a_csv_of_a_country_with_decimal_commas_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, RATES, sep=";", decimal=",", encoding="utf-8-sig")
    np.testing.assert_allclose(read(path, "hit_rate", IMAGES)["score"], RATES["hit_rate"])


def test_excels_unicode_text_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, RATES, "ratings.txt", sep="\t", encoding="utf-16")
    np.testing.assert_allclose(read(path, "hit_rate", IMAGES)["score"], RATES["hit_rate"])


@pytest.mark.parametrize(
    "name", ["{:07d}", "{}", "{:07d}.png", "{}.jpg", "seed{:04d}.png", "a/b/{}.png", "a\\{}.png"]
)
def test_images_are_found_by_key_seed_or_file_name(tmp_path: Path, name: str) -> None:
    named = RATES.assign(image=[name.format(seed) for seed in range(COUNT)])
    rated = read(write(tmp_path, named.iloc[::-1]), "hit_rate", IMAGES)
    assert rated["image"].tolist() == IMAGES.keys
    np.testing.assert_allclose(rated["score"], RATES["hit_rate"])


def test_seeds_that_are_numbers_in_the_file_are_seeds(tmp_path: Path) -> None:
    seeds = RATES.drop(columns="image").assign(seed=np.arange(COUNT, dtype=float))
    for name in ("r.xlsx", "r.parquet"):
        assert len(read(write(tmp_path, seeds, name), "hit_rate", IMAGES)) == COUNT


def test_images_that_come_from_files_are_found_by_those(tmp_path: Path) -> None:
    images = Images(["photo-00001", "photo-00002", "photo-00003"], ["x/Ann.jpg", "bob.png", "b.a"])
    assert images.find(["ann.JPG", "Bob", "photo-00003", "carl", "3"]) == {
        "ann.JPG": 0,
        "Bob": 1,
        "photo-00003": 2,
    }


def test_a_name_that_two_files_have_names_neither() -> None:
    assert Images(["a", "b"], ["one.jpg", "one.png"]).find(["one", "one.png"]) == {"one.png": 1}


def test_images_without_a_rating_have_no_score(tmp_path: Path) -> None:
    rated = read(write(tmp_path, RATES.iloc[[7, 2]]), "hit_rate", IMAGES)
    assert rated["image"].tolist() == ["0000002", "0000007"]


def test_counts_make_the_rates_and_are_dealt_into_halves(tmp_path: Path) -> None:
    rated = read(write(tmp_path, COUNTED), "true_hit_rate", IMAGES)
    hits = COUNTED["hits"] / (COUNTED["hits"] + 10)
    np.testing.assert_allclose(rated["hit_rate"], hits)
    np.testing.assert_allclose(
        rated["score"],
        hits - COUNTED["false_alarms"] / (COUNTED["false_alarms"] + 20),
        atol=1e-9,
    )
    assert rated["answers"].tolist() == (COUNTED["hits"] + 10).tolist()
    halves = table.halves(rated)
    assert halves is not None
    assert halves.shape == (2, 25, COUNT)
    # Of an even number of answers, the mean of the halves is that of all.
    even = (COUNTED["hits"] % 2 == 0).to_numpy()
    whole = np.tile(rated["score"][even], (25, 1))
    np.testing.assert_allclose(halves.mean(axis=0)[:, even], whole, atol=1e-6)


def test_any_rating_is_a_score_and_other_columns_are_other_ratings(tmp_path: Path) -> None:
    ratings = RATES[["image"]].assign(trusted=np.arange(COUNT) * 7.5, **{"well-groomed": "x"})
    rated = read(write(tmp_path, ratings), "trusted", IMAGES)
    np.testing.assert_allclose(rated["score"], ratings["trusted"])
    assert rated["hit_rate"].isna().all()


def test_images_whose_latents_a_file_gives_go_by_key_or_by_what_it_calls_them(
    tmp_path: Path,
) -> None:
    called = pd.DataFrame({"image": ["faces/anna.png", "ben.png"], "z": [[0.0], [1.0]]})
    called.to_parquet(tmp_path / "seen.parquet")
    seen = images.of_latents(tmp_path / "seen.parquet", 2)
    assert seen.find(["anna", "BEN.png", "latent-00002", "1"]) == {
        "anna": 0,
        "BEN.png": 1,
        "latent-00002": 1,
    }
    assert images.of_latents("latents.npy", 2).find(["latent-00001"]) == {"latent-00001": 0}


def test_images_of_a_files_seeds_go_by_these(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text("seed\n42\n7\n")
    seen = images.of_latents(tmp_path / "seeds.csv", 2)
    names = ["42", "0000042", "seed0007.png", "latent-00002", "1"]
    assert seen.find(names) == {
        "42": 0,
        "0000042": 0,
        "seed0007.png": 1,
        "latent-00002": 1,
    }


def test_too_few_rated_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="rates 12 of the set's images, .* at least 13"):
        read(write(tmp_path, RATES), "hit_rate", IMAGES, least=13)


def test_ratings_become_the_scores_of_an_assessor(tmp_path: Path) -> None:
    rated = read(write(tmp_path, RATES), "hit_rate", IMAGES)
    written = tables.conform(table.scores(rated, "people", "square"), scores.SCORES).to_pandas()
    np.testing.assert_allclose(written["score"], RATES["hit_rate"], rtol=1e-6)
    assert set(written["set"]) == {"fit"}
    assert written["edit"].isna().all()
    assert set(written["assessor"] + written["shape"]) == {"peoplesquare"}


def test_of_images_that_an_edit_moved_only_the_unmoved_are_rated(tmp_path: Path) -> None:
    moved = pd.concat([RATES.assign(alpha=0.0), RATES.assign(alpha=0.2, hit_rate=0.9)])
    rated = read(write(tmp_path, moved), "hit_rate", IMAGES)
    np.testing.assert_allclose(rated["score"], RATES["hit_rate"])


def test_ratings_are_written_and_read_with_their_halves(tmp_path: Path) -> None:
    rated = read(write(tmp_path, COUNTED.assign(hits=[0] + [3] * 11, misses=1)), "hit_rate", IMAGES)
    path = tmp_path / "ratings.parquet"
    provenance = tables.Provenance("demo", "read_ratings", {}, {})
    tables.write(path, table.RATINGS, table.columns(rated, "people"), provenance)
    back = tables.read(path).to_pandas()
    expected, written = table.halves(rated), table.halves(back)
    assert expected is not None
    assert written is not None
    # An image with one answer has no halves.
    assert np.isnan(expected[:, :, 0]).all()
    np.testing.assert_array_equal(written, expected)
    pd.testing.assert_series_equal(back["score"], rated["score"])


# A row for each answer


def ratings_by_people(people: int = 9) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"participant": f"p{who}", "image": f"{seed}.jpg", "beauty": random.integers(101)}
            for who in range(people)
            for seed in random.permutation(COUNT)[:8]
        ]
    )


def test_the_score_is_the_mean_of_an_images_ratings(tmp_path: Path) -> None:
    given = ratings_by_people()
    rated = read(write(tmp_path, given), "beauty", IMAGES)
    by_image = given.groupby(given["image"].str.removesuffix(".jpg").astype(int))["beauty"]
    np.testing.assert_allclose(rated["score"], by_image.mean())
    assert rated["answers"].tolist() == by_image.size().tolist()


def test_the_halves_are_of_participants(tmp_path: Path) -> None:
    """Where each participant gives one number to all images, so does each half."""
    numbers = {f"p{who}": 2.0**who for who in range(8)}
    given = pd.DataFrame(
        [
            {"participant": who, "image": seed, "beauty": number}
            for who, number in numbers.items()
            for seed in range(COUNT)
        ]
    )
    halves = table.halves(read(write(tmp_path, given), "beauty", IMAGES))
    assert halves is not None
    assert (np.ptp(halves, axis=2) == 0).all()
    # Four participants are in each half, and all eight in both.
    np.testing.assert_allclose(halves.sum(axis=0) * 4, sum(numbers.values()))
    assert len(np.unique(halves[0, :, 0])) > 10


def test_an_image_that_nobody_of_a_half_rated_is_nan_in_it(tmp_path: Path) -> None:
    given = ratings_by_people()
    once = given["image"].ne("0.jpg") | ~given["image"].duplicated()
    rated = read(write(tmp_path, given[once]), "beauty", IMAGES)
    assert rated["answers"][0] == 1
    halves = table.halves(rated)
    assert halves is not None
    assert (np.isnan(halves[:, :, 0]).sum(axis=0) == 1).all()
    assert not np.isnan(halves[:, :, 1:]).all(axis=1).any()


def game(people: int = 6, *, attentive: bool = True) -> pd.DataFrame:
    """Answers of participants to all images as targets, and to a vigilance image."""
    random = np.random.default_rng(1)
    rows = []
    for who in range(people):
        shown = [(f"{seed:07d}", "target") for seed in range(COUNT)]
        shown += [("v", "vigilance"), ("v", "vigilance_repeat"), ("f", "filler")]
        shown += [(f"{seed:07d}", "repeat") for seed in range(COUNT)]
        for trial, (image, role) in enumerate(shown):
            answer = {"vigilance_repeat": attentive, "repeat": random.random() < 0.6}
            false = role == "target" and trial % 12 == who
            pressed = int(answer.get(role, false))
            rows.append((f"p{who}", 0, trial, image, role, pressed))
    return pd.DataFrame(rows, columns=["participant", "series", "trial", "image", "role", "answer"])


def rates_of(given: pd.DataFrame) -> pd.DataFrame:
    """Compute the rates with pandas alone."""
    wide = given.pivot_table("answer", "image", "role", "mean", observed=True)
    return wide.loc[[image for image in wide.index if image.startswith("0")], ["repeat", "target"]]


@pytest.mark.parametrize("name", ["trials.csv", "trials.parquet"])
def test_a_memory_games_answers_make_the_rates(tmp_path: Path, name: str) -> None:
    given = game()
    rated = read(write(tmp_path, given, name), "true_hit_rate", IMAGES).set_index("image")
    expected = rates_of(given)
    np.testing.assert_allclose(rated["hit_rate"], expected["repeat"])
    np.testing.assert_allclose(rated["false_alarm_rate"], expected["target"])
    difference = expected["repeat"] - expected["target"]
    np.testing.assert_allclose(rated["score"], difference, atol=1e-9)
    assert set(rated["answers"]) == {6}
    assert expected["target"].nunique() > 1


def test_series_of_the_inattentive_are_left_out(tmp_path: Path) -> None:
    asleep = game(attentive=False).assign(participant=lambda rows: "x" + rows["participant"])
    eager = game().assign(participant=lambda rows: "y" + rows["participant"])
    eager.loc[eager["role"] == "target", "answer"] = 1
    path = write(tmp_path, pd.concat([game(), asleep, eager]))
    kept = read(path, "hit_rate", IMAGES)
    pd.testing.assert_frame_equal(kept, read(write(tmp_path, game(), "a.csv"), "hit_rate", IMAGES))
    lenient = read(path, "hit_rate", IMAGES, exclude=Exclusion(missed=1, false_alarms=0.3))
    assert set(lenient["answers"]) == {12}
    assert set(read(path, "hit_rate", IMAGES, exclude=None)["answers"]) == {18}


# As published


def test_the_10k_us_adult_faces_are_read(tmp_path: Path) -> None:
    us10k.write(tmp_path / "us10k", 20, counts=True)
    path = tmp_path / "us10k" / SCORES
    sheet = pd.read_excel(path)
    images = Images([f"photo-{n:05d}" for n in range(1, 21)], sorted(sheet["Filename"]))
    rated = read(path, "true_hit_rate", images)
    expected = sheet.sort_values("Filename")
    difference = expected["Hit Rate (HR)"] - expected["False Alarm Rate (FAR)"]
    np.testing.assert_allclose(rated["score"], difference, atol=1e-9)
    assert table.halves(rated) is not None


def test_one_million_impressions_means_and_ratings_are_read(tmp_path: Path) -> None:
    raw = ratings_by_people().rename(columns={"image": "stimulus", "beauty": "rating"})
    raw["stimulus"] = raw["stimulus"].str.removesuffix(".jpg")
    raw = raw.assign(attribute="well-groomed", rating_type="normal")
    other = raw.assign(attribute="smart", rating=0)
    validation = pd.DataFrame(
        [["p0", "CFD-1", 5, "well-groomed", "normal"]], columns=raw.columns[:5]
    )
    path = write(tmp_path, pd.concat([raw, other, validation]), "attribute_ratings.csv")
    rated = read(path, "well-groomed", IMAGES, others=True)
    means = raw.astype({"stimulus": int}).groupby("stimulus", as_index=False)["rating"].mean()
    np.testing.assert_allclose(rated["score"], means["rating"])

    wide = means.rename(columns={"rating": "well-groomed"}).assign(smart=1.0)
    again = read(write(tmp_path, wide, "attribute_means.csv"), "well-groomed", IMAGES)
    np.testing.assert_allclose(again["score"], rated["score"])
    assert "ratings of images that the set lacks: row 146 (CFD-1)" in complaint(
        path, "well-groomed"
    )
    assert "no ratings of beauty: set `score` to one of smart, well-groomed" in complaint(
        path, "beauty"
    )


def memory_game(given: pd.DataFrame) -> pd.DataFrame:
    """Lay answers out as LoreGoetschalckx/MemoryGame does."""
    roles = {"repeat": "target repeat", "vigilance": "vig", "vigilance_repeat": "vig repeat"}
    return pd.DataFrame(
        {
            "assignmentId": "external",
            "condition": given["role"].replace(roles),
            "finishTime": "2022-8-26 10:00:00",
            "image": "targets/" + given["image"] + ".jpg",
            "initTime": "2022-8-26 9:55:00",
            "medium": "external",
            "response": given["answer"],
            "runIndex": given["series"],
            "sequenceFile": "../sequences/sequenceFiles/a.json",
            "timestamp": "2022-08-26 09:55:00.1",
            "trialIndex": given["trial"],
            "workerId": given["participant"],
        }
    )


def test_memory_games_data_are_read_without_what_was_not_shown(tmp_path: Path) -> None:
    first = game()
    later = first.assign(participant="q" + first["participant"], series=1)
    rated = read(write(tmp_path, memory_game(pd.concat([first, later]))), "hit_rate", IMAGES)
    # The last trial of a series is not shown: the only repeat of the last image.
    # The first of a later series may not have been: its repeat may be a first presentation.
    assert rated["answers"].tolist() == [6] + [12] * (COUNT - 2)
    assert rated["image"].tolist() == IMAGES.keys[:-1]
    expected = rates_of(first)["repeat"].iloc[:-1]
    np.testing.assert_allclose(rated["score"], expected)


def bids(folder: Path, given: pd.DataFrame) -> Path:
    """Lay answers out as nwrim's kit does, half of the key presses in the fixation after."""
    types = {"vigilance": "FILLER", "vigilance_repeat": "VIGILANCE"}
    for place, (_, shown) in enumerate(given.groupby("participant")):
        rows = []
        for number, each in enumerate(shown.itertuples()):
            keys = ["n/a", "n/a"]
            if each.answer:
                keys[number % 2] = ["r", "82"][place % 2]
            kind = types.get(each.role, each.role.upper())
            rows.append((0, 750, kind, keys[0], "n/a", f"{each.image}.jpg"))
            rows.append((0, 800, "FIXATION", keys[1], "n/a", "fixation.jpg"))
        columns = ["onset", "duration", "trial_type", "response", "response_time", "stim_file"]
        path = folder / f"sub-{place:04d}" / "beh"
        path.mkdir(parents=True)
        name = f"sub-{place:04d}_task-continuous_recognition_beh.tsv"
        pd.DataFrame(rows, columns=columns).to_csv(path / name, sep="\t", index=False)
    (folder / "participants.tsv").write_text("participant_id\n")
    return folder


def test_nwrims_tables_in_bids_and_its_metrics_are_read(tmp_path: Path) -> None:
    given = game()
    rated = read(bids(tmp_path / "bids", given), "true_hit_rate", IMAGES)
    expected = rates_of(given)
    np.testing.assert_allclose(rated["hit_rate"], expected["repeat"])
    np.testing.assert_allclose(rated["false_alarm_rate"], expected["target"])

    metrics = pd.DataFrame(
        {
            "image_name": [f"{key}.jpg" for key in IMAGES.keys],
            "n_participants_target": 6,
            "target_crr": 0.0,
            "target_hr": expected["repeat"],
            "target_far": expected["target"],
            "target_hit": (6 * expected["repeat"]).round().astype(int),
            "target_miss": (6 - 6 * expected["repeat"]).round().astype(int),
            "target_fa": (6 * expected["target"]).round().astype(int),
            "target_cr": (6 - 6 * expected["target"]).round().astype(int),
            "n_participants_filler": 0,
            **dict.fromkeys(["filler_hit", "filler_miss", "filler_fa", "filler_cr"], 0),
        }
    )
    again = read(write(tmp_path, metrics), "true_hit_rate", IMAGES)
    np.testing.assert_allclose(again["score"], rated["score"], atol=1e-9)


# Bad input


def put(frame: pd.DataFrame, row: int, **cells: Any) -> pd.DataFrame:
    """Return a frame with other cells in a row, which is numbered as in its file."""
    changed = frame.astype(object)
    for column, cell in cells.items():
        changed.loc[row - 2, column] = cell
    return changed


MISTAKES = {
    "a rate above 1": (put(RATES, 4, hit_rate=1.2), "hit_rate is not a number from 0 to 1: row 4"),
    "a rate in words": (
        put(RATES, 4, hit_rate="high"),
        "hit_rate is not a number from 0 to 1: row 4 (image 0000002: 'high')",
    ),
    "an empty rate": (put(RATES, 5, hit_rate=None), "row 5 (image 0000003: None)"),
    "an image that the set lacks": (
        put(RATES, 3, image="99.png"),
        "ratings of images that the set lacks: row 3 (99.png). Name images by key, seed or file",
    ),
    "an image rated twice": (
        put(RATES, 3, image="0.png"),
        "images rated twice: row 2 (image 0000000: '0000000'), row 3 (image 0.png: '0.png')",
    ),
    "a row without an image": (put(RATES, 7, image=None), "rows without an image: row 7"),
    "counts that do not add up": (
        put(COUNTED.assign(hit_rate=COUNTED["hits"] / (COUNTED["hits"] + 10)), 3, hits=9),
        "hit_rate is not hits / (hits + misses): row 3 (image 0000001: 0.375, not 9 / 19)",
    ),
    "a count that is none": (put(COUNTED, 3, hits=2.5), "hits is not a whole number from 0: row 3"),
    "counts of nobody": (put(COUNTED, 2, hits=0, misses=0), "hits and misses are 0: row 2"),
    "an unknown column": (RATES.assign(Hit_Rat=1), "unknown columns: Hit_Rat. Correct what"),
    "no rate": (RATES.drop(columns="hit_rate"), "no columns for what is needed: hit_rate"),
    "no image": (RATES.drop(columns="image"), "no columns for what is needed: image"),
    "no roles": (game().drop(columns="role"), "no columns for what is needed: role"),
    "an unknown role": (
        put(game(), 9, role="lure"),
        "roles that are unknown: row 9 (image",
    ),
    "an answer in words": (
        put(game(), 9, answer="yes"),
        "answers that are neither 0 nor 1: row 9 (image 0000007: 'yes')",
    ),
    "an answer given twice": (
        pd.concat([game(), game().iloc[[3]]]),
        "answered to twice in a role: row 5 (image 0000003: 'target'), row 164",
    ),
    "an answer of nobody": (put(game(), 9, participant=None), "without a participant: row 9"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_the_only_one_named_with_its_row_image_and_remedy(
    tmp_path: Path, mistake: str
) -> None:
    frame, words = MISTAKES[mistake]
    said = complaint(write(tmp_path, frame))
    assert words in said
    assert len(said.splitlines()) == 2
    assert "ratings.csv" in said


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    frame = put(put(put(RATES, 3, image="99"), 4, hit_rate=-1), 5, image="0")
    assert len(complaint(write(tmp_path, frame)).splitlines()) == 4


def test_a_rating_that_is_no_number_is_named(tmp_path: Path) -> None:
    means = RATES[["image"]].assign(beauty=["?"] + [1.0] * (COUNT - 1))
    assert "beauty is no number: row 2" in complaint(write(tmp_path, means), "beauty")
    given = put(ratings_by_people(), 6, beauty="?")
    assert "ratings that are no number: row 6" in complaint(write(tmp_path, given), "beauty")
    assert "needed: charm" in complaint(write(tmp_path, given), "charm")


def test_ratings_of_no_image_of_the_set_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, RATES.assign(image=range(50, 50 + COUNT)))
    assert "rates none of the set's images" in complaint(path, others=True)


BINARY = bytes(range(256)) * 8
FILES: dict[str, tuple[str, bytes, str]] = {
    "an empty file": ("r.csv", b"", "no headings"),
    "no text": ("r.csv", BINARY, "is not text in UTF-8"),
    "latin-1": ("r.csv", "image,hit_rate\né,1\n".encode("latin-1"), "save it as CSV UTF-8"),
    "an archive": ("r.csv", b"PK\3\4" + BINARY, "is an archive: unpack it"),
    "a column twice": ("r.csv", b"image,hit_rate,Hit Rate\n1,1,1\n", "columns twice: hit"),
    "too many cells": ("r.csv", b"image,hit_rate\n1,1\n2,0,5\n", "row 3 has more cells"),
    "an open quote": ("r.csv", b'image,hit_rate\n1,"1\n', "is no CSV file"),
    "a parquet of nothing": ("r.parquet", b"", "is damaged or truncated"),
    "a parquet of noise": ("r.parquet", BINARY, "is damaged or truncated"),
    "a workbook of noise": ("r.xlsx", BINARY, "can't be read as .xlsx"),
    "a workbook that is text": ("r.xlsx", b"image,hit_rate\n", "it is text, such as CSV"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_damaged_file_is_named(tmp_path: Path, kind: str) -> None:
    name, content, words = FILES[kind]
    path = tmp_path / name
    path.write_bytes(content)
    said = complaint(path)
    assert words in said
    assert str(path) in said or name in said


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    for name in ("r.parquet", "r.xlsx"):
        path = write(tmp_path, RATES, name)
        path.write_bytes(path.read_bytes()[:-40])
        assert name in complaint(path)


def test_a_missing_file_and_a_folder_without_tables_are_named(tmp_path: Path) -> None:
    assert "is no file" in complaint(tmp_path / "none.csv")
    assert "has no tables sub-<label>" in complaint(tmp_path)


def test_lists_in_a_parquet_file_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, RATES.assign(hit_rate=[[0.1]] * COUNT), "r.parquet")
    assert "has lists in hit_rate" in complaint(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnemo.spreadsheets.MOST_BYTES", 100)
    assert "unpacks to" in complaint(write(tmp_path, RATES, "r.xlsx"))


def test_files_with_too_many_rows_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnemo.ratings.sheets.MOST_ROWS", 5)
    assert "more than 5 rows" in complaint(write(tmp_path, RATES))
    assert "too many" in complaint(write(tmp_path, RATES, "r.parquet"))


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, RATES, "r.xlsx")
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notes", 0).sheet_state = "hidden"
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(held.getvalue())
    assert len(read(path, "hit_rate", IMAGES)) == COUNT
