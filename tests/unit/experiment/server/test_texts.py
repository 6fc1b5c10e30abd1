"""A lab's own texts replace those of the page, and a name that would change nothing is refused."""

import json
from pathlib import Path

import pytest
from tests.support.served import export

from mnemo.errors import MnemoError
from mnemo.experiment.server import texts


def folder(place: Path, words: dict[str, str]) -> Path:
    export(place / "experiment")
    (place / "experiment" / "texts" / "words.json").write_text(json.dumps(words))
    return place / "experiment"


def test_words_of_the_lab_replace_those_of_the_page(tmp_path: Path) -> None:
    # Polish has more plural forms than English, and refusals have words of their own.
    own = {"agree": "Zgoda", "minutes_few": "{n} minuty", "error_often": "Chwila."}
    words = texts.read(folder(tmp_path, own)).words
    assert own.items() <= words.items()
    assert words["decline"] == texts._words(texts.PAGE / "words.json")["decline"]


def test_names_that_the_page_does_not_know_are_refused_with_the_nearest(tmp_path: Path) -> None:
    wrong = {"agre": "Ja", "minuts_one": "Ja", "colour": "red"}
    with pytest.raises(MnemoError, match="names that the page does not know") as refused:
        texts.read(folder(tmp_path, wrong))
    assert "agre (did you mean agree?), colour, minuts_one (did you mean minutes_one?)." in str(
        refused.value
    )


def test_braces_that_the_page_can_not_fill_in_are_refused(tmp_path: Path) -> None:
    right = {"offer_pay": "Pro Runde {pay}.", "images_few": "{n} obrazy"}
    assert right.items() <= texts.read(folder(tmp_path / "right", right)).words.items()
    wrong = {"minutes_few": "{m} minuty", "agree": "{ja}"}
    with pytest.raises(MnemoError, match=r"minutes_few has \{m\}.* fills in \{n\}; agree has"):
        texts.read(folder(tmp_path / "wrong", wrong))
