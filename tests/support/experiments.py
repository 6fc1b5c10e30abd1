"""Experiments whose images have no pixels, for what only the design decides."""

import hashlib
from collections.abc import Sequence

from mnemo.experiment.settings import ForcedChoice, MemoryGame, Settings
from mnemo.experiment.stimuli import Experiment, Set, Stimulus

ALPHAS = (-0.2, -0.1, 0.0, 0.1, 0.2)
#: A memory game whose series are short: 36 images, of which 10 targets.
SHORT = MemoryGame(
    targets=10, fillers=8, vigilance=4, lag=(5, 25), practice_fillers=2, practice_vigilance=1
)
#: A forced choice whose series are short: 14 pairs.
PAIRS = ForcedChoice(targets=10, vigilance=4, practice=3)


def experiment(
    settings: Settings,
    *,
    targets: int | None = None,
    fillers: int | None = None,
    vigilance: int | None = None,
    photographs: int | None = None,
    classes: int = 0,
    alphas: Sequence[float] = ALPHAS,
    edits: Sequence[str] = ("memorable",),
    seed: int = 0,
) -> Experiment:
    """Make an experiment, by default with just the images that its settings need."""
    series = settings.most_series
    images: dict[str, Stimulus] = {}

    def add(name: Set, first: int, count: int, of: Sequence[float | None]) -> None:
        for number in range(first, first + count):
            for alpha in of:
                for edit in edits if alpha is not None else (None,):
                    key = f"photo-{number:05d}" if name == "photographs" else f"{number:07d}"
                    sha256 = hashlib.sha256(f"{key} {edit} {alpha}".encode()).hexdigest()
                    images[sha256[:20]] = Stimulus(
                        file=f"images/{sha256[:20]}.png",
                        sha256=sha256,
                        set=name,
                        key=key,
                        seed=None if name == "photographs" else number,
                        edit=edit,
                        alpha=alpha,
                        image_class=str(number % classes) if classes else None,
                    )

    def given(count: int | None, needed: int) -> int:
        return needed if count is None else count

    add("targets", 0, given(targets, series * settings.targets), alphas)
    if isinstance(settings, MemoryGame):
        needed = series * (settings.fillers + settings.vigilance)
        needed += settings.practice_fillers + settings.practice_vigilance
        add("fillers", 100_000, given(fillers, needed), alphas)
    else:
        add("fillers", 100_000, given(fillers, settings.practice), alphas)
        add("vigilance", 200_000, given(vigilance, series * settings.vigilance), (None,))
        needed = series * settings.length + settings.practice
        add("photographs", 0, given(photographs, needed), (None,))
    return Experiment("people", "faces", settings, seed, images)
