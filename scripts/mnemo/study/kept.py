"""Which images of a study stay, and in which order they are rendered, so that few wait at once.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Iterable

from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.study.sections.edits import Edit


def stay(config: Config) -> list[str]:
    """List the sets whose images stay, where those of others don't: with `keep: strips`.

    They are the images that figures show, and those of photographs, most of which they show.
    """
    if config.images.keep != "strips":
        return []
    taken = [name for name in sets.PHOTOS if name in config.given]
    edited = [name for edit in config.edits if edit.of == "photos" for name in sets.edited(edit)]
    return [*sets.shown_sets(config), *taken, *edited]


def passes(config: Config, name: str) -> bool:
    """Return whether the images of a set are deleted once everything that reads them is done."""
    return config.images.keep != "all" and name not in stay(config)


def order(config: Config, bases: Iterable[str]) -> dict[tuple[str, str], int]:
    """Number the shards of images in the order in which they are rendered.

    One job may read several shards of a set, or of sets that are compared with one another, image
    by image. These follow one another, so that they don't wait for others.

    Args:
        config: The study.
        bases: The unedited sets that are rendered.

    Returns:
        The number of each shard of a set, by the set and the shard.
    """
    families = [
        *([name] for name in bases),
        *(sets.edited(edit, _unedited_first(edit)) for edit in config.edits),
        *([name] for name in sets.control_sets(config)),
        sets.layer_sets(config),
    ]
    places = []
    for family, names in enumerate(families):
        for own, name in enumerate(names):
            count, scored = sets.base(config, name).count, config.score_shard_size
            for shard, images in sets.cut(count, config.shard_size).items():
                # Where the shard of scores begins that covers it, as a part of the set.
                begins = images.start // scored * scored / count
                places.append(((family, begins, own, shard), (name, shard)))
    return {place: number for number, (_, place) in enumerate(sorted(places))}


def _unedited_first(edit: Edit) -> list[float]:
    return sorted(edit.alphas, key=abs)
