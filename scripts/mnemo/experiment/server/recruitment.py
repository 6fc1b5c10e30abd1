"""Where participants come from: what their address says, and where they go when they are done."""

from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnemo.errors import MnemoError

NAME = "recruitment.yaml"
Source = Literal["prolific", "mturk", "sona", "own", "simulated", "anonymous"]

#: The parameter of the address that has a participant's ID, by where the participant comes from.
PARAMETERS: dict[str, Source] = {
    "PROLIFIC_PID": "prolific",
    "workerId": "mturk",
    "id": "sona",
    "participant": "own",
    "simulated": "simulated",
}
#: What MTurk has in place of an assignment for those who only look.
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
#: Longest ID that is accepted.
LONGEST = 200


class Recruitment(BaseModel):
    """The content of `recruitment.yaml`, all of which may be left out.

    Attributes:
        completed: Code that shows that a participant has finished a series.
        failed: Code for those whose last series was not valid; `completed` if absent.
        declined: Code for those who do not consent.
        url: Address that participants return to, with `{code}` for the code.
        currency: Currency of the pay.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    completed: str | None = None
    failed: str | None = None
    declined: str | None = None
    url: str | None = Field(None, pattern=r"^https://")
    currency: str = "USD"

    def completion(self, code: str | None) -> dict[str, str | None] | None:
        """Return a code, and the address to return to with it; None without a code."""
        if code is None:
            return None
        return {"code": code, "url": self.url.replace("{code}", code) if self.url else None}


class Person(NamedTuple):
    """Who comes, as the address of the page says.

    Attributes:
        source: Where from.
        id: The ID there; empty for those who come without one.
        preview: Whether they only look.
    """

    source: Source
    id: str
    preview: bool = False


def read(folder: str | Path) -> Recruitment:
    """Read how an experiment recruits.

    Args:
        folder: The folder of the experiment.

    Returns:
        The content of its `recruitment.yaml`; the defaults if it has none.

    Raises:
        MnemoError: The file can't be read, or has mistakes.
    """
    path = Path(folder, NAME)
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return Recruitment.model_validate(given)
    except FileNotFoundError:
        return Recruitment.model_validate({})
    except ValidationError as invalid:
        shown = "; ".join(
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in invalid.errors()
        )
        raise MnemoError(f"{path} has mistakes: {shown}. Correct them.") from invalid
    except (OSError, ValueError, yaml.YAMLError) as why:
        raise MnemoError(f"{path} can't be read ({why}): correct it, or delete it.") from why


def person(parameters: dict[str, str], demo: bool) -> Person:
    """Find out who comes.

    Args:
        parameters: The parameters of the page's address.
        demo: Whether the experiment is a demonstration, which alone has simulated participants.

    Returns:
        The person.

    Raises:
        ValueError: The ID is too long, or of a simulated participant of a real experiment.
    """
    if parameters.get("assignmentId") == PREVIEW:
        return Person("mturk", "", preview=True)
    for name, source in PARAMETERS.items():
        if found := parameters.get(name, ""):
            if len(found) > LONGEST:
                raise ValueError(f"{name} is longer than {LONGEST} characters")
            if source == "simulated" and not demo:
                raise ValueError("simulated participants can't take part in a real experiment")
            return Person(source, found)
    return Person("anonymous", "")
