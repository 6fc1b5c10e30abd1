"""Classes of ImageNet are found by index and by name, and mistakes are told with what is near."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy import int64
from torchvision.models import ResNet50_Weights

from mnemo.errors import MnemoError
from mnemo.generators import imagenet

CATEGORIES = ResNet50_Weights.DEFAULT.meta["categories"]


def test_the_names_are_torchvisions() -> None:
    assert list(imagenet.names()) == CATEGORIES


def test_every_index_and_every_name_gives_its_class() -> None:
    assert [imagenet.class_index(index) for index in range(1000)] == list(range(1000))
    assert [imagenet.class_index(name) for name in CATEGORIES] == list(range(1000))
    assert imagenet.class_index(int64(207)) == 207


@pytest.mark.parametrize("name", ["GOLDEN RETRIEVER", "golden_retriever", "Golden_Retriever"])
def test_case_and_underscores_do_not_matter(name: str) -> None:
    assert imagenet.class_index(name) == CATEGORIES.index("golden retriever")


def test_a_name_of_two_classes_is_refused_with_both_indices() -> None:
    assert imagenet.class_index("Cardigan") == 264
    assert imagenet.class_index("cardigan") == 474
    with pytest.raises(MnemoError, match=r"264 \(Cardigan\), 474 \(cardigan\)"):
        imagenet.class_index("CARDIGAN")


@pytest.mark.parametrize(
    ("name", "near"),
    [("goldfsh", r"1 \(goldfish\)"), ("retriever", "golden retriever"), ("cran", "crane bird")],
)
def test_an_unknown_name_is_refused_with_what_is_near(name: str, near: str) -> None:
    with pytest.raises(MnemoError, match=near):
        imagenet.class_index(name)


@pytest.mark.parametrize("wrong", [-1, 1000, True, 1.5, 1.0, None, "", "zzzzqqqq", "207"])
def test_what_is_no_class_is_refused(wrong: Any) -> None:
    with pytest.raises(MnemoError, match="has no class"):
        imagenet.class_index(wrong)


def test_an_index_in_quotes_is_to_be_written_without() -> None:
    with pytest.raises(MnemoError, match="no class '207': write an index without quotes"):
        imagenet.class_index("207")


def test_a_name_that_is_near_no_class_is_refused_with_the_file_of_all_names() -> None:
    with pytest.raises(MnemoError, match="no class 'cake': see ") as refusal:
        imagenet.class_index("cake")
    assert Path(str(refusal.value).rpartition("see ")[2]).read_text("utf-8").startswith("tench")


@given(st.text())
def test_any_text_is_a_class_or_a_mnemo_error(text: str) -> None:
    try:
        assert (
            imagenet.names()[imagenet.class_index(text)].lower() == text.replace("_", " ").lower()
        )
    except MnemoError:
        assert text not in CATEGORIES


def test_classes_are_known_without_torch() -> None:
    code = (
        "import sys; from mnemo.generators import imagenet; imagenet.class_index('tench');"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
