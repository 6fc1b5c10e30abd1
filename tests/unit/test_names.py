"""Names that look the same are found, whichever program wrote them."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from mnemo import names

COMPOSED, DECOMPOSED = "Ren\xe9e.jpg", "Rene\u0301e.jpg"


@settings(derandomize=True, deadline=None, max_examples=300)
@given(name=st.text())
def test_the_normal_forms_and_cases_of_a_name_look_the_same(name: str) -> None:
    for form in ("NFC", "NFD"):
        written = unicodedata.normalize(form, name)
        for other in (written, written.casefold(), f"  {written} "):
            assert names.alike([other], [name]) == {other: [name]}


def test_what_a_reader_tells_apart_is_not_alike() -> None:
    others = ["Renee.jpg", "Ren\xe8e.jpg", "Ren\xe9e.png", "Re n\xe9e.jpg"]
    assert names.alike([COMPOSED], others) == {COMPOSED: []}


def test_an_exact_match_comes_before_those_that_look_the_same() -> None:
    there = ["REN\xc9E.JPG", COMPOSED, DECOMPOSED]
    lower = "ren\xe9e.jpg"
    assert names.alike([DECOMPOSED, lower], there) == {DECOMPOSED: [DECOMPOSED], lower: there}
