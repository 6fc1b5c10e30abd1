"""Sets: their images' keys, how they are cut into shards, and the sets that edits make.

A set is an ordered collection of images, each with a key. A set of seeds is one kind: the key of an
image is its seed. Shards have a fixed size, so that a larger set has the same shards and more.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Any, NamedTuple

from mnemo import keys, latent_keys
from mnemo.assessors.registry import entry
from mnemo.errors import MnemoError
from mnemo.photos import private
from mnemo.photos.folder import SET
from mnemo.study import reference
from mnemo.study.config import Config
from mnemo.study.sections.edits import Edit, alpha_name
from mnemo.study.sections.images import ImageSet

#: The folder of a set in which the sets of its controls are.
CONTROLS = "controls"
#: The folder of the set eval in which the sets of layerwise edits are, one for each part that moves
#: alone, and one of the unedited images that they are compared with.
LAYERS = "layers"
UNMOVED = "original"
#: The folder of an edit, or of layerwise edits, with the images that figures show, where not all
#: images are kept.
SHOWN = "shown"
#: Faces that the page of the layers shows.
FACES_OF_LAYERS = 2
#: Images, the first ones, on which layerwise edits find their steps of equal image change.
CALIBRATED_ON = 16
#: Sets of photographs: as they were taken, and as the generator renders them.
PHOTOS = ("originals", "photos")
#: Sets that every study has.
BASES = ("fit", "eval", "reference", "floor")


@cache
def cut(count: int, size: int) -> Mapping[str, range]:
    """Cut a set into shards.

    Args:
        count: Images in the set.
        size: Images in a shard; the last may have fewer.

    Returns:
        The places of each shard's images in the set, by the shard's name: its number, zero-padded
        to 5 digits.
    """
    places = range(count)
    return MappingProxyType(
        {
            f"{number:05d}": places[start : start + size]
            for number, start in enumerate(range(0, count, size))
        }
    )


def places(shard: str, count: int, size: int) -> range:
    """Return the places of a shard's images in a set.

    Args:
        shard: The shard's name.
        count: Images in the set.
        size: Images in a shard.

    Returns:
        The places, from 0.

    Raises:
        MnemoError: The set has no such shard.
    """
    shards = cut(count, size)
    if shard not in shards:
        raise MnemoError(
            f"there is no shard {shard}: {count:,} images, {size:,} to a shard, are in the shards "
            f"00000 to {[*shards][-1]}. Ask for one of these, or increase the set's `count`."
        )
    return shards[shard]


def of_shard(config: Config, name: str, shard: str) -> range:
    """Return the places of the images of one shard of a set's latents or images."""
    return places(shard, base(config, name).count, size(config, name))


def size(config: Config, name: str) -> int:
    """Return the images in a shard of a set's latents or images."""
    # The few that figures show are in one.
    return base(config, name).count if name.endswith(f"/{SHOWN}") else config.shard_size


def within(shard: str, count: int, size: int, smaller: int) -> list[str]:
    """List the small shards that a large one covers.

    Args:
        shard: The large shard.
        count: Images in the set that both are cut from.
        size: Images in a large shard.
        smaller: Images in a small shard, a divisor of `size`.

    Returns:
        The names of the small ones, in order.

    Raises:
        MnemoError: As for `places`.
    """
    covered = places(shard, count, size)
    return list(cut(count, smaller))[covered.start // smaller : -(-covered.stop // smaller)]


def seeds(images: ImageSet, places: range) -> range:
    """Return the seeds of the images at some places of a set."""
    return range(images.first_seed + places.start, images.first_seed + places.stop)


def first_keys(config: Config, name: str, count: int) -> list[str]:
    """Return the keys of the first images of a set, at most `count` of them."""
    images = base(config, name)
    first = range(min(count, images.count))
    of = name.split("/")[0]
    if of in (*PHOTOS, *imported(config)):
        return keys_without_seeds(of, first)
    return [keys.of_seed(seed) for seed in seeds(images, first)]


def keys_without_seeds(name: str, places: range) -> list[str]:
    """Return the keys of images of photographs, or of those whose latents a file gives."""
    of_place = private.key if name in PHOTOS else latent_keys.of_place
    return list(map(of_place, places))


class Imported(NamedTuple):
    """A user's file that gives the latents of a set.

    Attributes:
        file: Its path.
        space: The latent space that the study says they are in; None if the file says it.
        counted: The study's key for how many there are.
    """

    file: str
    space: str | None
    counted: str


def imported(config: Config) -> dict[str, Imported]:
    """Return the files of latents that the study has, by the set that each gives."""
    fit, photos = config.sets.fit, config.photos
    found = {}
    if fit.latents:
        found["fit"] = Imported(fit.latents, fit.space, "sets.fit.count")
    if photos and photos.latents:
        found["photos"] = Imported(photos.latents, photos.space, "photos.count")
    return found


def edited(edit: Edit, alphas: Iterable[float] | None = None) -> list[str]:
    """Return the sets that an edit makes, in the order of its alphas or of those that are given."""
    wanted = edit.alphas if alphas is None else alphas
    return [f"{edit.of}/{edit.name}/{alpha_name(alpha)}" for alpha in wanted]


def base(config: Config, name: str) -> ImageSet:
    """Return the unedited set that a set is, or comes from.

    A set of controls counts the images of all its controls and alphas, and one of layerwise edits
    those of all levels. One of images that figures show counts as many as these can be.
    """
    first, *edit = name.split("/")
    if first == SET:
        # Photographs have no seeds.
        return ImageSet.model_construct(count=reference.count(config), first_seed=None)
    images = config.given[first]
    if edit[1:] == [SHOWN]:
        return images.model_copy(update={"count": _shown(config, images.count, edit[0])})
    if edit and edit[0] == LAYERS:
        return images.model_copy(update={"count": layered(config) * len(levels(config, edit[1]))})
    if edit and edit[0] == CONTROLS:
        variants = controls(config, config.edit(edit[1]))
        return images.model_copy(update={"count": len(variants) * controlled(config, first)})
    return images


def controlled(config: Config, name: str) -> int:
    """Return the number of images of a set that controls move."""
    wanted = config.controls.count if config.controls else 0
    return min(wanted, base(config, name).count)


def controls(config: Config, edit: Edit) -> list[tuple[str, float]]:
    """List the controls and alphas of a set of controls, in the order of its images.

    Args:
        config: The study.
        edit: The edit that the set is called by.

    Returns:
        Each control and alpha; the set has `controlled` images of each.
    """
    alphas = {alpha for each in sharing(config, edit) for alpha in each.alphas if alpha}
    return list(product(controls_of(config), sorted(alphas)))


def controls_of(config: Config) -> list[str]:
    """List the controls that the edits of a study have."""
    if config.controls is None:
        return []
    return ["random", "permuted", *(["brightness"] if "brightness" in config.factors else [])]


def sharing(config: Config, edit: Edit) -> list[Edit]:
    """List the edits that share their controls with one: of one set, space, layers and hyperplane.

    Edits along directions that are no hyperplanes' share them if they move along the same.
    """

    def key(one: Edit) -> tuple[Any, ...]:
        along = config.direction(one)
        fitted = along.method == "hyperplane"
        return one.of, one.layers, along.space, along.plane() if fitted else along.name

    return [each for each in config.edits if key(each) == key(edit)]


def control_set(config: Config, edit: Edit) -> str:
    """Return the set of an edit's controls, which the first edit that shares it gives its name."""
    return f"{edit.of}/{CONTROLS}/{sharing(config, edit)[0].name}"


def control_sets(config: Config) -> list[str]:
    """List the sets of controls."""
    if config.controls is None:
        return []
    return list(dict.fromkeys(control_set(config, edit) for edit in config.edits))


def layer_set(part: str) -> str:
    """Return the set of the images in which one part of the layers is moved, or none."""
    return f"eval/{LAYERS}/{part}"


def layer_sets(config: Config) -> list[str]:
    """List the sets of layerwise edits, that of the unedited images first."""
    return [layer_set(part) for part in (UNMOVED, *config.layers)] if config.layerwise else []


def layered(config: Config) -> int:
    """Return the number of images that layerwise edits move."""
    return config.layerwise.count if config.layerwise else 0


def levels(config: Config, part: str) -> tuple[float, ...]:
    """Return the levels of a set of layerwise edits, in the order of each image's versions.

    The versions of an image follow one another, so that a set of more images has the same shards
    and more.
    """
    if part == UNMOVED or config.layerwise is None:
        return (0.0,)
    return config.layerwise.levels


def shown_sets(config: Config) -> list[str]:
    """List the sets of the images that figures show, where not all images are kept.

    They are those of each edit of generated images, and of the layerwise edits.
    """
    if config.images.keep == "all":
        return []
    edits = [f"{edit.of}/{edit.name}/{SHOWN}" for edit in config.edits if edit.of != "photos"]
    return [*edits, *([layer_set(SHOWN)] if config.layerwise else [])]


def _shown(config: Config, images: int, of: str) -> int:
    """Return the most images that figures show of an edit, or of the layerwise edits."""
    if of == LAYERS:
        versions = sum(len(levels(config, part)) for part in (UNMOVED, *config.layers))
        return min(FACES_OF_LAYERS, layered(config)) * versions
    of_catalogue = 3 * config.figures.catalogue
    return min(images, config.figures.strips + of_catalogue) * len(config.edit(of).alphas)


def unedited(config: Config, name: str) -> tuple[str, int]:
    """Return the set that an edited set is compared with, image by image.

    Args:
        config: The study.
        name: A set that an edit makes at some alpha, or a set of layerwise edits.

    Returns:
        The set of the unedited images, and how many versions of each the edited set has, one after
        another.
    """
    first, edit, part = name.split("/")
    if edit == LAYERS:
        return layer_set(UNMOVED), len(levels(config, part))
    return f"{first}/{edit}/{alpha_name(0)}", 1


def perceptual(config: Config, name: str) -> str:
    """Return the perceptual distance by which an edited set is compared with the unedited one."""
    section = config.layerwise if name.split("/")[1] == LAYERS else config.methods
    assert section
    return section.perceptual


def scored(config: Config, name: str, assessor: str) -> ImageSet:
    """Return the images of a set that an assessor scores: all, but for `fit_on`."""
    images = base(config, name)
    if name != "fit":
        return images
    # A difference has the images of its parts, which consistency holds equal.
    for part in entry(assessor).parts or (assessor,):
        images = images.first(config.fit_on.get(part, images.count))
    return images


def has_scores(config: Config, name: str, assessor: str, shape: str) -> bool:
    """Return whether an assessor scores a set's images in a shape.

    People have scores of the images that they saw: of the set fit, in one shape.
    """
    people = config.ratings.get(assessor)
    return people is None or (name, shape) == ("fit", people.shape)


def shapes(config: Config, name: str) -> tuple[str, ...]:
    """Return the shapes of a set's images that are scored."""
    _, *edit = name.split("/")
    if edit == [LAYERS, SHOWN]:
        return config.shapes[:1]
    if not edit or edit[0] == LAYERS:
        return config.shapes
    if edit[0] != CONTROLS:
        return config.shapes_of(config.edit(edit[0]))
    scored = {
        shape for each in sharing(config, config.edit(edit[1])) for shape in config.shapes_of(each)
    }
    return tuple(shape for shape in config.shapes if shape in scored)
