"""The settings of both experiments; the defaults are the paper's (GANalyze, 3.3.2 and 3.4)."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import isfinite
from typing import ClassVar, Literal

from mnemo.errors import MnemoError

Kind = Literal["memory-game", "forced-choice"]
#: What the images of a set are for. Fillers also serve as the vigilance images of the memory game,
#: and in the practice of both experiments.
Set = Literal["targets", "fillers", "vigilance", "photographs"]

#: Seconds that an answer to a pair is assumed to take, when the length of a series is estimated.
ANSWER_SECONDS = 1.0

#: Most flashes in a second that are safe for people with photosensitive epilepsy (WCAG 2.3.1).
FLASHES = 3


@dataclass(frozen=True)
class MemoryGame:
    """The visual memory game (GANalyze, 3.4): press a key when an image is shown again.

    Numbers that the paper does not give are those of its authors' later code: 57 fillers and 19
    vigilance images. The limit of repeats in a row and the practice are Mnemo's.

    Attributes:
        targets: Targets of a series, each shown twice.
        fillers: Fillers of a series, each shown once.
        vigilance: Vigilance images of a series, each shown twice within a short time.
        lag: Smallest and largest number of images between a target and its repeat.
        vigilance_lag: The same of a vigilance image.
        longest_run: Largest number of repeats in a row, so that the order does not give them away.
        practice_fillers: Images shown once in the practice before a participant's first series.
        practice_vigilance: Images shown twice in that practice; with 0 of both there is none.
        image_ms: Milliseconds that an image is shown.
        blank_ms: Milliseconds between one image and the next.
        feedback: Whether the frame turns green at a correct press and red at a mistake.
        most_series: Largest number of series of a participant.
        most_missed: Largest share of missed vigilance repeats in a valid series.
        most_false_alarms: Largest share of presses at first presentations in a valid series.
        pay: What a participant is paid for a series, in any currency.
    """

    targets: int = 60
    fillers: int = 57
    vigilance: int = 19
    lag: tuple[int, int] = (34, 139)
    vigilance_lag: tuple[int, int] = (0, 3)
    longest_run: int = 8
    practice_fillers: int = 7
    practice_vigilance: int = 4
    image_ms: int = 600
    blank_ms: int = 800
    feedback: bool = True
    most_series: int = 25
    most_missed: float = 0.55
    most_false_alarms: float = 0.30
    pay: float = 0.50

    kind: ClassVar[Kind] = "memory-game"

    @property
    def length(self) -> int:
        """Number of images in a series, without practice."""
        return 2 * self.targets + self.fillers + 2 * self.vigilance

    @property
    def practice(self) -> int:
        """Number of images in the practice."""
        return self.practice_fillers + 2 * self.practice_vigilance

    @property
    def seconds(self) -> float:
        """Seconds that a series takes, without practice."""
        return self.length * (self.image_ms + self.blank_ms) / 1000

    def mistakes(self) -> Iterator[str]:
        """List what is out of range, and what no order of images can meet."""
        yield from _least(self, targets=1, fillers=0, vigilance=0, longest_run=1)
        yield from _least(self, practice_fillers=0, practice_vigilance=0, most_series=1)
        yield from _least(self, image_ms=1, blank_ms=0, pay=0)
        yield from _shares(self, "most_missed", "most_false_alarms")
        period = self.image_ms + self.blank_ms
        if 0 < period * FLASHES < 1000:
            yield (
                f"image_ms and blank_ms show an image every {period} ms: more than {FLASHES} a "
                "second can cause seizures. Lengthen one"
            )
        for name, images in (("lag", self.targets), ("vigilance_lag", self.vigilance)):
            shortest, longest = getattr(self, name)
            if not 0 <= shortest <= longest:
                yield (
                    f"{name} must be from 0 up, the smaller first, but is {shortest} to {longest}"
                )
                continue
            # The first showing of each image has its repeat more than the shortest lag later, so
            # that it isn't among the last images of the series.
            places = max(0, self.length - shortest - 1)
            if images > places:
                yield (
                    f"{name} of at least {shortest} leaves {places} of the {self.length} places of "
                    f"a series for the first showings of {images} images: {images - places} too "
                    "few. Shorten it, or add fillers"
                )
        if self.practice_vigilance and self.practice < self.vigilance_lag[0] + 2:
            yield (
                f"vigilance_lag of at least {self.vigilance_lag[0]} needs a practice of "
                f"{self.vigilance_lag[0] + 2} images, but it has {self.practice}"
            )


@dataclass(frozen=True)
class ForcedChoice:
    """Two-alternative forced choice (GANalyze, 3.3.2): which of two images is the generated one.

    Attributes:
        targets: Pairs of a series with an edited image.
        vigilance: Pairs of a series with an image that is easily recognised as generated.
        practice: Pairs with feedback before a participant's first series.
        pair_ms: Milliseconds that a pair is shown; the answer comes after it.
        most_series: Largest number of series of a participant.
        least_correct: Smallest share of correct answers to vigilance pairs in a valid series.
        pay: What a participant is paid for a series, in any currency.
    """

    targets: int = 80
    vigilance: int = 20
    practice: int = 20
    pair_ms: int = 1600
    most_series: int = 17
    least_correct: float = 0.65
    pay: float = 0.50

    kind: ClassVar[Kind] = "forced-choice"

    @property
    def length(self) -> int:
        """Number of pairs in a series, without practice."""
        return self.targets + self.vigilance

    @property
    def seconds(self) -> float:
        """Seconds that a series takes, without practice, at `ANSWER_SECONDS` for each answer."""
        return self.length * (self.pair_ms / 1000 + ANSWER_SECONDS)

    def mistakes(self) -> Iterator[str]:
        """List what is out of range."""
        yield from _least(self, targets=1, vigilance=0, practice=0, pair_ms=1, most_series=1, pay=0)
        yield from _shares(self, "least_correct")


Settings = MemoryGame | ForcedChoice
KINDS: dict[Kind, type[Settings]] = {each.kind: each for each in (MemoryGame, ForcedChoice)}


def needed(settings: Settings) -> dict[Set, int]:
    """Count the different keys of each set that one participant may see.

    Args:
        settings: Settings of either experiment.

    Returns:
        How many keys a set must have; photographs are counted by class (`stimuli.check`).
    """
    if isinstance(settings, MemoryGame):
        each = settings.fillers + settings.vigilance
        practice = settings.practice_fillers + settings.practice_vigilance
        return {
            "targets": settings.most_series * settings.targets,
            "fillers": settings.most_series * each + practice,
        }
    return {
        "targets": settings.most_series * settings.targets,
        "vigilance": settings.most_series * settings.vigilance,
        "fillers": settings.practice,
    }


def check(settings: Settings) -> None:
    """Check that settings are in range, and that they don't contradict each other.

    Args:
        settings: Those of either experiment.

    Raises:
        MnemoError: They can't be met; the message lists everything that is wrong, and by how much.
    """
    if found := list(settings.mistakes()):
        raise MnemoError(
            f"the settings of the {settings.kind} can't be met:\n"
            + "\n".join(f"- {mistake}" for mistake in found)
        )


def _least(settings: Settings, **bounds: int) -> Iterator[str]:
    for name, bound in bounds.items():
        value = getattr(settings, name)
        if not (isfinite(value) and value >= bound):
            yield f"{name} must be at least {bound}, but is {value}"


def _shares(settings: Settings, *names: str) -> Iterator[str]:
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            yield f"{name} must be from 0 to 1, but is {getattr(settings, name)}"


def names(kind: Kind) -> list[str]:
    """List the names of an experiment's settings."""
    return [field.name for field in fields(KINDS[kind])]
