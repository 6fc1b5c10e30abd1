"""What a browser may send: the bodies of all requests. Anything else is refused."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mnemo.experiment.answers import Given

#: Bytes of a body, at most; so much can be sent as a page is closed.
LARGEST = 64 * 1024

#: What the token of a series is made of.
TOKEN = re.compile(r"^[0-9a-f]{32}$")

Token = Annotated[str, Field(pattern=TOKEN.pattern)]
Text = Annotated[str, Field(max_length=500)]
#: Milliseconds within a series: a day at most, and no inf or nan.
Milliseconds = Annotated[float, Field(ge=-86_400_000, le=86_400_000, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]

EventKind = Literal[
    "blur", "hidden", "visible", "resize", "fullscreen-left", "offline", "online", "reload"
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Enter(_Body):
    """A participant opens the page."""

    parameters: Annotated[dict[Text, Text], Field(max_length=50)] = {}


class Consent(_Body):
    """A participant agrees to a text, or does not."""

    version: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    agreed: bool


class Device(_Body):
    """What the images are shown on."""

    width: Annotated[float, Field(ge=0, le=1e5)] | None = None
    height: Annotated[float, Field(ge=0, le=1e5)] | None = None
    pixel_ratio: Annotated[float, Field(ge=0, le=100)] | None = None
    refresh_hz: Annotated[float, Field(ge=0, le=10_000)] | None = None
    touch: bool | None = None
    # No spreadsheet takes what begins with a letter for a formula.
    user_language: Annotated[str, Field(pattern=r"^([A-Za-z][\w@.-]{0,34})?$")] | None = None


class Begin(_Body):
    """A participant wants the next series, if need be in place of one that is running."""

    device: Device = Device()
    force: bool = False


class Answered(_Body):
    """What was done in one trial; times count from the start of the series."""

    trial: Annotated[int, Field(ge=0, le=100_000)]
    answer: Given | None
    rt: Milliseconds | None = None
    presses: Count = 0
    planned_ms: Milliseconds | None = None
    onset_ms: Milliseconds | None = None
    offset_ms: Milliseconds | None = None
    shown_ms: Milliseconds | None = None
    long_frames: Count = 0
    hidden: bool = False


class Event(_Body):
    """Something that happened around the task."""

    seq: Annotated[int, Field(ge=0, le=100_000)]
    kind: EventKind
    at_ms: Milliseconds


class Answers(_Body):
    """Some answers of a series, which may have been sent before."""

    series: Token
    answers: Annotated[list[Answered], Field(max_length=50)] = []
    events: Annotated[list[Event], Field(max_length=200)] = []


class Finish(_Body):
    """A participant is through with a series."""

    series: Token


class Withdraw(_Body):
    """Somebody wants the answers deleted that a code belongs to."""

    code: Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9 -]+$")]
