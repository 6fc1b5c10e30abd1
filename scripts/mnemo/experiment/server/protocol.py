"""What the page sends: the bodies of its requests."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Token = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Milliseconds = Annotated[float, Field(ge=-1e4, le=1e9, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=100_000)]

#: Most answers, and most events, in one request.
BATCH = 50


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Enter(_Body):
    """A participant comes, with the parameters of the page's address."""

    parameters: Annotated[dict[str, str], Field(max_length=50)] = {}


class Consent(_Body):
    """A participant agrees to the text of that version, or declines."""

    version: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    agreed: bool


class Device(_Body):
    """The participant's screen and what it is used with."""

    width: Count
    height: Count
    pixel_ratio: Annotated[float, Field(ge=0, le=100)]
    refresh_hz: Annotated[float, Field(ge=0, le=10_000)] | None = None
    touch: bool = False
    user_language: Annotated[str, Field(max_length=50)] = ""


class Deal(_Body):
    """A participant begins a series; `force` ends one that runs elsewhere."""

    device: Device
    force: bool = False


class Given(_Body):
    """The answer to one trial, with times from the first frame of the series."""

    trial: Count
    answer: Literal["old", "new", "left", "right"] | None
    rt: Milliseconds | None
    presses: Count = 0
    planned_ms: Milliseconds | None = None
    onset_ms: Milliseconds | None = None
    offset_ms: Milliseconds | None = None
    shown_ms: Milliseconds | None = None
    long_frames: Count = 0
    hidden: bool = False


class Event(_Body):
    """What happened around a series."""

    seq: Count
    kind: Literal[
        "blur",
        "hidden",
        "visible",
        "resize",
        "fullscreen-left",
        "offline",
        "online",
        "reload",
    ]
    at_ms: Milliseconds


class Answers(_Body):
    """Answers to trials of a series."""

    series: Token
    answers: Annotated[list[Given], Field(max_length=BATCH)] = []
    events: Annotated[list[Event], Field(max_length=BATCH)] = []


class Finish(_Body):
    """A series is over."""

    series: Token


class Withdraw(_Body):
    """A participant wants everything deleted."""

    code: Annotated[str, Field(max_length=50)]
