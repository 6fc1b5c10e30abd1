"""Participants are sent back as the services that they come from expect it."""

from pathlib import Path

import pytest

from mnemo.errors import MnemoError
from mnemo.experiment.server import recruitment, security
from mnemo.experiment.server.recruitment import Recruitment

LAB = Recruitment(completed="DONE", url="https://lab.org/end?cc={code}&who={id}")
ASSIGNMENT = {"assignmentId": "3ABC", "turkSubmitTo": "https://www.mturk.com"}


def test_the_lab_s_url_gets_the_code_and_the_id_and_neither_can_break_it() -> None:
    told = recruitment.completion(LAB, "completed", {"id": "a&b=c"}, "OWN")
    assert told["url"] == "https://lab.org/end?cc=DONE&who=a%26b%3Dc"


def test_without_a_code_of_the_lab_everybody_has_one_but_who_declined() -> None:
    codes = {
        ending: recruitment.completion(LAB, ending, {}, "OWN")["code"]
        for ending in ("completed", "failed", "declined")
    }
    assert codes == {"completed": "DONE", "failed": "OWN", "declined": None}
    # A URL that needs a code is no use without one.
    assert recruitment.completion(LAB, "declined", {}, "OWN")["url"] is None


def test_a_worker_of_mechanical_turk_hands_in_a_form() -> None:
    told = recruitment.completion(LAB, "completed", ASSIGNMENT, "OWN")
    assert told["form"] == {
        "action": "https://www.mturk.com/mturk/externalSubmit",
        "fields": {"assignmentId": "3ABC", "code": "DONE"},
    }
    policy = security.headers(Recruitment(source="mturk"))["content-security-policy"]
    assert "form-action 'self' https://www.mturk.com " in policy


@pytest.mark.parametrize("host", ["https://evil.org", "https://www.mturk.com.evil.org", ""])
def test_no_form_goes_elsewhere_than_to_mechanical_turk(host: str) -> None:
    told = recruitment.completion(LAB, "completed", {**ASSIGNMENT, "turkSubmitTo": host}, "OWN")
    assert told["form"] is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("completed: 123", "Put codes in quotes"),
        ("complete: A", "complete: Extra inputs"),
        ("url: javascript:alert(1)", "url: String should match"),
        ("most_participants: 0", "most_participants: Input should be greater"),
        ("- a", "has mistakes"),
        ("a: [", "can't be read"),
    ],
)
def test_mistakes_in_recruitment_yaml_are_named(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "recruitment.yaml").write_text(written)
    with pytest.raises(MnemoError, match="recruitment.yaml") as refused:
        recruitment.read(tmp_path)
    assert message in str(refused.value)
