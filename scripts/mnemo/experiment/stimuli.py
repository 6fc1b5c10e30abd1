"""The images of an experiment, and the check that they suffice for its design."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from mnemo.errors import MnemoError
from mnemo.experiment import arrangement
from mnemo.experiment import settings as design
from mnemo.experiment.settings import ForcedChoice, MemoryGame, Set, Settings, needed


class Condition(NamedTuple):
    """What was done to an image.

    Attributes:
        edit: Name of the edit; None for an unedited image.
        alpha: Its alpha; None for an unedited image.
    """

    edit: str | None
    alpha: float | None


class Stimulus(BaseModel):
    """One image of an experiment.

    Attributes:
        file: Its file in the folder; the name does not tell what is shown.
        sha256: Digest of that file.
        set: What the image is for.
        key: The image's key in the study, the same for all edits of one image.
        seed: Its seed; None for a photograph.
        edit: Name of the edit; None for an unedited image.
        alpha: Its alpha; None for an unedited image.
        image_class: Its class, `class` in the file; None where there are no classes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    file: str
    sha256: str
    set: Set
    key: str
    seed: int | None = None
    edit: str | None = None
    alpha: float | None = None
    image_class: Annotated[str | None, Field(alias="class")] = None

    @property
    def condition(self) -> Condition:
        """What was done to the image."""
        return Condition(self.edit, self.alpha)


class Pool(NamedTuple):
    """The images of one set.

    Attributes:
        keys: (n,) keys, sorted.
        conditions: The conditions, each of which every key has.
        tokens: (n, conditions) token of each image.
    """

    keys: list[str]
    conditions: list[Condition]
    tokens: NDArray[np.str_]


@dataclass(frozen=True)
class Experiment:
    """An experiment: its design and its images.

    Attributes:
        name: Name of the experiment.
        study: Name of the study that its images come from.
        settings: Settings of the memory game or of the forced choice.
        seed: Seed of all that is drawn at random.
        images: The images by their tokens.
        demo: Whether the answers are simulated, or the images no real stimuli.
        mnemo: Version of Mnemo that made it.
        digest: sha256 of `experiment.json`; empty before it is written.
    """

    name: str
    study: str
    settings: Settings
    seed: int
    images: Mapping[str, Stimulus]
    demo: bool = False
    mnemo: str = ""
    digest: str = ""

    @cached_property
    def pools(self) -> dict[Set, Pool]:
        """The images of each set but the photographs."""
        return {
            each: pool({t: s for t, s in self.images.items() if s.set == each})
            for each in ("targets", "fillers", "vigilance")
        }

    @cached_property
    def photographs(self) -> dict[str | None, list[str]]:
        """The tokens of the photographs, sorted, by their class."""
        found = defaultdict(list)
        for token, stimulus in sorted(self.images.items()):
            if stimulus.set == "photographs":
                found[stimulus.image_class].append(token)
        return dict(found)


def pool(images: Mapping[str, Stimulus]) -> Pool:
    """Arrange the images of a set by key and condition.

    Args:
        images: The images by their tokens; of each key, one in each condition.

    Returns:
        The pool.
    """
    keys = sorted({each.key for each in images.values()})
    conditions = sorted(
        {each.condition for each in images.values()},
        key=lambda each: (each.edit or "", each.alpha or 0.0),
    )
    rows = {key: row for row, key in enumerate(keys)}
    columns = {condition: column for column, condition in enumerate(conditions)}
    longest = max(map(len, images), default=1)
    tokens = np.zeros((len(keys), len(conditions)), dtype=f"<U{longest}")
    for token, each in images.items():
        tokens[rows[each.key], columns[each.condition]] = token
    return Pool(keys, conditions, tokens)


def check(settings: Settings, images: Iterable[Stimulus]) -> None:
    """Check that a design is possible with some images, before anything is made of them.

    Args:
        settings: Settings of either experiment.
        images: Its images.

    Raises:
        MnemoError: It is not; the message lists every constraint that can't be met, and by how
            much.
    """
    design.check(settings)
    if isinstance(settings, MemoryGame):
        arrangement.check(settings)
    images = list(images)
    found = [*_incomplete(images), *_shared(images), *_too_few(settings, images)]
    if isinstance(settings, ForcedChoice):
        found += _photographs(settings, images)
    if found:
        raise MnemoError(
            f"the {settings.kind} is not possible with these images:\n"
            + "\n".join(f"- {mistake}" for mistake in found)
        )


def _incomplete(images: list[Stimulus]) -> Iterator[str]:
    """List sets whose keys don't have one image in each condition."""
    by_set = defaultdict(list)
    for each in images:
        if each.set != "photographs":
            by_set[each.set].append((each.key, each.condition))
    for name, pairs in by_set.items():
        if twice := [pair for pair, count in Counter(pairs).items() if count > 1]:
            (key, condition), *_ = twice
            yield (
                f"{len(twice)} images of the {name} are there twice, such as {key} at alpha "
                f"{condition.alpha} of the edit {condition.edit}"
            )
        conditions = {condition for _, condition in pairs}
        counts = Counter(key for key, _ in set(pairs))
        if few := sorted(key for key, count in counts.items() if count < len(conditions)):
            yield (
                f"{len(few)} of {len(counts)} {name} don't have all {len(conditions)} alphas, such "
                f"as {few[0]}: leave them out, so that every alpha is shown equally often"
            )


def _shared(images: list[Stimulus]) -> Iterator[str]:
    """List keys that are in two sets, and pictures that two keys share."""
    sets, keys = defaultdict(set), defaultdict(set)
    for each in images:
        sets[each.key].add(each.set)
        keys[each.sha256].add(each.key)
    if both := sorted(key for key, found in sets.items() if len(found) > 1):
        listed = " and ".join(sorted(sets[both[0]]))
        yield (
            f"{len(both)} keys are in two sets, such as {both[0]} in {listed}: a participant could "
            "see two edits of one image. Give each set seeds of its own"
        )
    if same := sorted(sorted(found) for found in keys.values() if len(found) > 1):
        listed = " and ".join(same[0][:2])
        yield (
            f"{len(same)} pictures have several keys, such as {listed}, which are identical: a "
            "repeat of one would be taken for a repeat of the other. Leave one out"
        )


def _too_few(settings: Settings, images: list[Stimulus]) -> Iterator[str]:
    found = {name: {each.key for each in images if each.set == name} for name in needed(settings)}
    for name, wanted in needed(settings).items():
        if len(found[name]) < wanted:
            yield (
                f"{wanted:,} {name} are needed, so that a participant sees no image twice, nor two "
                f"edits of one, in most_series = {settings.most_series} series; there are "
                f"{len(found[name]):,}, {wanted - len(found[name]):,} too few. Lower most_series, "
                "or add images"
            )


def _photographs(settings: ForcedChoice, images: list[Stimulus]) -> Iterator[str]:
    """List classes that have too few photographs for a participant to see none twice."""
    fakes: dict[str, Counter[str | None]] = defaultdict(Counter)
    keys = {(each.set, each.key): each.image_class for each in images}
    for (name, _), image_class in keys.items():
        fakes[name][image_class] += 1
    wanted: Counter[str | None] = Counter()
    for name, most in needed(settings).items():
        for image_class, count in fakes[name].items():
            wanted[image_class] += min(count, most)
    photographs = fakes["photographs"]
    if few := [each for each in wanted if photographs[each] < wanted[each]]:
        missing = sum(wanted[each] - photographs[each] for each in few)
        worst = max(few, key=lambda each: wanted[each] - photographs[each])
        of_class = "" if worst is None else f" of class {worst}"
        of_all = "" if worst is None else f" in {len(few)} of {len(wanted)} classes"
        yield (
            f"{missing:,} photographs are missing{of_all}: a "
            f"participant may see {wanted[worst]:,} generated images{of_class}, each beside "
            f"another photograph, but there are {photographs[worst]:,}. Add photographs, or lower "
            "most_series"
        )
