"""An exported folder is whole, its names tell no condition, and it is refused once changed."""

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.experiments import ALPHAS, PAIRS, SHORT

from mnemo import locks
from mnemo.errors import MnemoError
from mnemo.experiment import checker, folder, series
from mnemo.experiment.folder import Photograph, Picture
from mnemo.experiment.settings import ForcedChoice, MemoryGame
from mnemo.experiment.stimuli import Experiment

GAME = MemoryGame(**{**vars(SHORT), "most_series": 2})
CHOICE = ForcedChoice(**{**vars(PAIRS), "most_series": 1})


def encoded(number: int, size: int = 8, format: str = "png") -> bytes:
    """Encode an image of its own for each number."""
    pixels = np.random.default_rng(number).integers(0, 256, (size, size, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format=format)
    return buffer.getvalue()


def pictures(
    first: int,
    count: int,
    alphas: tuple[float | None, ...] = ALPHAS,
    classes: int = 0,
) -> Iterator[Picture]:
    for seed in range(first, first + count):
        for number, alpha in enumerate(alphas):
            yield Picture(
                f"{seed:07d}",
                seed,
                alpha,
                None if alpha is None else "memorable",
                encoded(100 * seed + number),
                str(seed % classes) if classes else None,
            )


def game(place: Path, **changes: Any) -> Experiment:
    given: dict[str, Any] = {
        "targets": pictures(0, 20),
        "fillers": pictures(1000, 27),
        "name": "people",
        "study": "faces",
        "settings": GAME,
    }
    return folder.export(place, **{**given, **changes})


def choice(
    place: Path, photographs: int = 17, given: Sequence[Photograph] | None = None
) -> Experiment:
    made: dict[str, Any] = {
        "targets": pictures(0, 10, classes=2),
        "fillers": pictures(1000, 3, classes=2),
        "vigilance": pictures(2000, 4, (None,), classes=2),
        "photographs": given
        or [Photograph(encoded(10**6 + each), str(each % 2)) for each in range(photographs)],
        "name": "people",
        "study": "faces",
    }
    return folder.export(place, CHOICE, **made)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a memory game."""
    place = tmp_path_factory.mktemp("experiments") / "game"
    game(place)
    return place


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be spoilt."""
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def contents(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


def rewrite(place: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the description of an experiment."""
    path = place / folder.NAME
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_folder_has_all_that_a_lab_serves(finished: Path) -> None:
    there = contents(finished)
    assert {"experiment.json", "README.md"} <= there.keys()
    assert {f"texts/{name}.md" for name in folder.TEXTS} <= there.keys()
    described = json.loads(there["experiment.json"])
    assert (described["format"], described["kind"], described["demo"]) == (1, "memory-game", False)
    assert len(described["images"]) == (20 + 27) * 5
    for token, image in described["images"].items():
        assert image["file"] == f"images/{token}.png"
        assert image["sha256"] == hashlib.sha256(there[image["file"]]).hexdigest()


def test_the_stimuli_are_those_that_were_given(finished: Path) -> None:
    experiment = folder.read(finished)
    for picture in pictures(0, 20):
        token, stimulus = next(
            (token, each)
            for token, each in experiment.images.items()
            if (each.key, each.alpha) == (picture.key, picture.alpha)
        )
        assert (stimulus.set, stimulus.seed, stimulus.edit) == (
            "targets",
            picture.seed,
            "memorable",
        )
        assert (finished / "images" / f"{token}.png").read_bytes() == picture.content


def test_series_of_a_folder_can_be_played(finished: Path, tmp_path: Path) -> None:
    for experiment in (folder.read(finished), choice(tmp_path / "choice")):
        each = experiment.settings.most_series
        checker.check(experiment, series.plan(experiment, 3, each))


def test_equal_images_make_equal_bytes(finished: Path, tmp_path: Path) -> None:
    game(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(finished)


def test_exporting_again_keeps_the_texts_of_the_lab(copy: Path) -> None:
    (copy / "texts/consent.md").write_text("I agree.")
    game(copy)
    assert (copy / "texts/consent.md").read_text() == "I agree."


def test_texts_say_what_holds_of_the_experiment_unless_the_lab_has_written_them(
    copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (copy / "texts/instructions.md").write_text("Look.")
    less = replace(GAME, most_series=1, blank_ms=60_000)
    folder.export(
        copy, less, pictures(0, 20), pictures(1000, 27), name="people", study="faces", demo=True
    )
    assert "You may play up to 1 series." in (copy / "texts/consent.md").read_text()
    assert "A demonstration" in (copy / "README.md").read_text()
    assert (copy / "texts/instructions.md").read_text() == "Look."
    assert "instructions.md is kept as you edited it" in caplog.text
    game(copy)
    assert "You may play up to 2 series." in (copy / "texts/consent.md").read_text()
    assert "**A demonstration.**" not in (copy / "README.md").read_text()


def test_another_experiment_is_not_written_over_one_that_has_answers(copy: Path) -> None:
    (copy / folder.ANSWERS).mkdir()
    before = contents(copy)
    with pytest.raises(MnemoError, match="holds another experiment, and .*answers answers to it"):
        game(copy, seed=1)
    assert contents(copy) == before


def test_a_later_mnemo_leaves_an_experiment_with_answers_as_it_is(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / folder.ANSWERS).mkdir()
    before = contents(copy)
    monkeypatch.setattr(folder, "__version__", "99.0")
    game(copy)
    assert contents(copy) == before


def test_answers_keep_their_images_when_the_description_is_lost(copy: Path) -> None:
    before = (copy / "experiment.json").read_bytes()
    images = {each.name for each in (copy / "images").iterdir()}
    (copy / "answers").mkdir()
    (copy / "experiment.json").unlink()
    with pytest.raises(MnemoError, match="holds another experiment, and"):
        game(copy, seed=9)
    assert {each.name for each in (copy / "images").iterdir()} == images
    game(copy)
    assert (copy / "experiment.json").read_bytes() == before


def test_an_experiment_without_answers_is_replaced_whole(copy: Path) -> None:
    made = game(copy, seed=1)
    assert made == folder.read(copy)
    stored = {f"images/{path.name}" for path in (copy / "images").iterdir()}
    assert stored == {stimulus.file for stimulus in made.images.values()}


def test_names_of_images_are_as_alike_as_random_ones(finished: Path) -> None:
    images = folder.read(finished).images
    order = [images[token].set for token in sorted(images)]
    changes = sum(one != other for one, other in pairwise(order))
    share = order.count("targets") / len(order)
    assert changes / len(order) == pytest.approx(2 * share * (1 - share), abs=0.15)
    assert len({len(token) for token in images}) == 1


def test_placeholders_are_listed_until_a_lab_has_filled_them_in(copy: Path) -> None:
    left = folder.placeholders(copy)
    assert set(left) == {"consent", "debriefing"}
    assert "[E-MAIL ADDRESS]" in left["consent"]
    assert "[ETHICS COMMITTEE, NUMBER OF THE APPROVAL]" in left["consent"]
    for name in left:
        (copy / f"texts/{name}.md").write_text("See [our page](https://example.org).")
    assert folder.placeholders(copy) == {}
    (copy / "texts/consent.md").unlink()
    with pytest.raises(MnemoError, match=r"consent\.md can't be read"):
        folder.placeholders(copy)


def test_the_texts_have_the_numbers_of_the_design(finished: Path) -> None:
    consent = " ".join((finished / "texts/consent.md").read_text().split())
    assert "about 1 minute. You may play up to 2 series" in consent
    assert not [path for path in finished.glob("texts/*.md") if "$" in path.read_text()]


def test_a_demonstration_says_so(tmp_path: Path) -> None:
    assert game(tmp_path / "demo", demo=True).demo
    assert "A demonstration" in (tmp_path / "demo/README.md").read_text()


def test_a_changed_image_is_refused(copy: Path) -> None:
    path = next((copy / "images").iterdir())
    path.write_bytes(encoded(5))
    with pytest.raises(MnemoError, match=f"{path.name} has changed since"):
        folder.read(copy)
    path.unlink()
    with pytest.raises(MnemoError, match=f"{path.name} is missing"):
        folder.read(copy)


def test_a_file_outside_the_folder_is_refused(copy: Path, tmp_path: Path) -> None:
    path = next((copy / "images").iterdir())
    outside = tmp_path / "outside.png"
    path.rename(outside)
    path.symlink_to(outside)
    with pytest.raises(MnemoError, match="is missing, or no file"):
        folder.read(copy)


def first(content: dict[str, Any]) -> dict[str, Any]:
    image: dict[str, Any] = next(iter(content["images"].values()))
    return image


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(format=2), "has the format 2, but this version of Mnemo reads 1"),
        (lambda c: c.pop("format"), "has the format None"),
        (lambda c: first(c).update(file="images/../../secret.png"), "none of its folder images"),
        (lambda c: first(c).update(file="/etc/passwd"), "none of its folder images"),
        (lambda c: c["images"].update({"../x": first(c)}), "none of its folder images"),
        (lambda c: c.update(kind="quiz"), "kind: Input should be 'memory-game' or 'forced-choice'"),
        (lambda c: c.update(more=1), "more: Extra inputs are not permitted"),
        (lambda c: first(c).pop("sha256"), r"images\.\w+\.sha256: Field required"),
        (lambda c: c["settings"].update(targets="many"), "targets: Input should be a valid int"),
        (lambda c: c["settings"].pop("targets"), "lacks a setting, .*: targets"),
        (lambda c: c["settings"].update(speed=2), "or has one that is unknown: speed"),
        (lambda c: c["settings"].update(most_series=3), "30 targets are needed"),
    ],
)
def test_a_changed_description_is_refused(
    copy: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    rewrite(copy, change)
    with pytest.raises(MnemoError, match=words):
        folder.read(copy)


def test_what_is_no_experiment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"has no experiment\.json"):
        folder.read(tmp_path)
    (tmp_path / folder.NAME).write_text("{")
    with pytest.raises(MnemoError, match="can't be read"):
        folder.read(tmp_path)
    (tmp_path / folder.NAME).write_text("[1]")
    with pytest.raises(MnemoError, match="has the format None"):
        folder.read(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"targets": pictures(0, 19)}, "20 targets are needed.* 1 too few"),
        ({"targets": [*pictures(0, 20), *pictures(3, 1)]}, "0000003 of the targets is there twice"),
        ({"fillers": pictures(0, 27)}, "20 keys are in two sets"),
        (
            {"fillers": [Picture("1", 1, 0.0, "memorable", b"text")]},
            "image 1 of the fillers is no PNG, WebP or JPEG",
        ),
        (
            {"fillers": [Picture("1", 1, 0.0, "memorable", encoded(1)[:80])]},
            "image 1 of the fillers is no PNG, WebP or JPEG",
        ),
        (
            {"fillers": [Picture("1", 1, 0.0, "memorable", encoded(1, size=9))]},
            "is a PNG of 9 x 9 pixels, but the first image is a PNG of 8 x 8 pixels",
        ),
        ({"seed": -1}, "seed must be at least 0"),
    ],
)
def test_nothing_is_left_of_an_export_that_is_refused(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(MnemoError, match=words):
        game(tmp_path / "game", **changes)
    assert not [*tmp_path.iterdir()]


def test_nothing_is_left_of_an_export_that_was_killed(tmp_path: Path) -> None:
    def killed() -> Iterator[Picture]:
        yield from pictures(0, 2)
        # As after SIGKILL, nothing is cleaned up.
        os._exit(9)

    exporting = multiprocessing.get_context("fork").Process(
        target=lambda: game(tmp_path / "game", targets=killed())
    )
    exporting.start()
    exporting.join()
    assert exporting.exitcode == 9
    [left] = tmp_path.iterdir()
    assert list(left.glob("images/*"))
    locks.clear_partials(tmp_path)
    assert not [*tmp_path.iterdir()]


def test_photographs_must_look_like_the_generated_images(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="photograph-00001 .* is a JPEG of 8 x 8 pixels, but"):
        choice(tmp_path / "choice", given=[Photograph(encoded(1, format="jpeg"))])
    with pytest.raises(MnemoError, match="photographs are missing in 2 of 2 classes"):
        choice(tmp_path / "choice", photographs=4)


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MnemoError, match="could not be written"):
        game(tmp_path / "file/game")
