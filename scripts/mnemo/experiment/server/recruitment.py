"""Where participants come from, who they are, and how they are sent back."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnemo.errors import MnemoError
from mnemo.experiment.folder import explained
from mnemo.experiment.server.refusals import RefusedError

NAME = "recruitment.yaml"
Source = Literal["prolific", "mturk", "sona", "lab", "anonymous", "simulated"]

#: The parameter of the page's URL that names a participant, by where the participant comes from.
IDENTIFIERS: dict[Source, str] = {
    "prolific": "PROLIFIC_PID",
    "mturk": "workerId",
    "sona": "id",
    "lab": "participant",
    "simulated": "simulated",
}
#: An assignment's id while a worker of Mechanical Turk looks at it without having accepted it.
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
#: Where Mechanical Turk takes the results of an assignment.
MTURK = ("https://www.mturk.com", "https://workersandbox.mturk.com")
#: The pages of Mechanical Turk that show an experiment in a frame.
FRAMES = (*MTURK, "https://worker.mturk.com")

_ID = re.compile(r"[\w.@:+-]{1,100}")

Ending = Literal["completed", "failed", "declined"]


class Recruitment(BaseModel):
    """The content of `recruitment.yaml`, which a lab writes; everything is optional.

    Attributes:
        source: Where all participants must come from; None if anybody may take part.
        currency: Currency of the pay.
        completed: Code for a participant who has finished a series.
        failed: Code for one whose series was not valid.
        declined: Code for one who did not consent.
        url: Where to send a participant, with {code} for the code and {id} for the participant's
            ID.
        most_participants: How many may consent, in all; None for any number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["prolific", "mturk", "sona", "lab"] | None = None
    currency: str = ""
    completed: str | None = None
    failed: str | None = None
    declined: str | None = None
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    most_participants: Annotated[int, Field(ge=1)] | None = None


class Visitor(NamedTuple):
    """Who opened the page.

    Attributes:
        source: Where the visitor comes from.
        id: The ID there; None if there is none.
        preview: Whether it is only a look.
        back: What is needed to send the visitor back. It contains the ID, and is kept in the
            visitor's own browser only.
    """

    source: Source
    id: str | None
    preview: bool
    back: dict[str, str]


def read(folder: str | Path) -> Recruitment:
    """Read `recruitment.yaml` of an experiment's folder.

    Args:
        folder: The folder.

    Returns:
        Its content; the defaults if there is none.

    Raises:
        MnemoError: It can't be read, or something in it is unknown.
    """
    path = Path(folder, NAME)
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        return Recruitment.model_validate(raw or {})
    except ValidationError as invalid:
        known = ", ".join(Recruitment.model_fields)
        raise MnemoError(
            f"{path} has mistakes: {explained(invalid.errors())}. It may have {known}. Put codes "
            "in quotes: otherwise, some are read as numbers."
        ) from invalid
    except (OSError, ValueError, yaml.YAMLError) as why:
        raise MnemoError(f"{path} can't be read: {why}") from why


def visitor(parameters: Mapping[str, str], recruitment: Recruitment, *, demo: bool) -> Visitor:
    """Tell from the parameters of the URL who opened the page.

    Args:
        parameters: The parameters.
        recruitment: Where participants must come from.
        demo: Whether simulated participants may take part.

    Returns:
        The visitor.

    Raises:
        RefusedError: The visitor comes from somewhere else, or the ID can't be one.
    """
    found = [source for source, name in IDENTIFIERS.items() if parameters.get(name)]
    source: Source = found[0] if found else "anonymous"
    if parameters.get("assignmentId") == PREVIEW:
        return Visitor("mturk", None, True, {})
    if source == "simulated" and not demo:
        raise RefusedError("unknown")
    if recruitment.source not in (None, source) and source != "simulated":
        raise RefusedError("unknown")
    if source == "anonymous":
        return Visitor(source, None, False, {})
    identifier = parameters[IDENTIFIERS[source]]
    if not _ID.fullmatch(identifier):
        raise RefusedError("unknown")
    back = {"id": identifier}
    if source == "mturk":
        back |= {
            name: parameters[name]
            for name in ("assignmentId", "turkSubmitTo")
            if name in parameters
        }
    return Visitor(source, identifier, False, back)


def code(recruitment: Recruitment, ending: Ending, own: str | None) -> str | None:
    """Return the code that a participant is told at the end.

    Args:
        recruitment: The lab's codes.
        ending: How it ended.
        own: Code of the participant's own, if the lab has none for this ending.

    Returns:
        The code; None for who declined where the lab has none for that.
    """
    found: str | None = getattr(recruitment, ending)
    return own if found is None and ending != "declined" else found


def completion(
    recruitment: Recruitment, ending: Ending, back: Mapping[str, str], own: str | None
) -> dict[str, Any]:
    """Return how a participant is sent back.

    Args:
        recruitment: The lab's codes.
        ending: How it ended.
        back: As for `Visitor`.
        own: As for `code`.

    Returns:
        `code`; `url`, a link; and `form`, with the `action` and `fields` of a form to be sent.
    """
    told = code(recruitment, ending, own)
    host, assignment = back.get("turkSubmitTo", "").rstrip("/"), back.get("assignmentId", "")
    if host in MTURK and _ID.fullmatch(assignment):
        fields = {"assignmentId": assignment, "code": told or ending}
        form = {"action": f"{host}/mturk/externalSubmit", "fields": fields}
        return {"code": told, "url": None, "form": form}
    url = None
    if recruitment.url and (told is not None or "{code}" not in recruitment.url):
        url = recruitment.url.replace("{code}", quote(told or "", safe=""))
        url = url.replace("{id}", quote(back.get("id", ""), safe=""))
    return {"code": told, "url": url, "form": None}
