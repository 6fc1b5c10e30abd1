"""The pictures of an experiment: a study's images, and photographs of the user's own."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.experiment.folder import Photograph, Picture
from mnemo.generators import imagenet
from mnemo.images import Format
from mnemo.photos import folder, reference


def of_shards(
    shards: Iterable[str | Path], classes: Mapping[str, int] | None = None
) -> Iterator[Picture]:
    """Read a study's images, one row group at a time.

    Args:
        shards: Tables of images.
        classes: The class of each image by its key; None without classes.

    Yields:
        The images. Photographs that could not be used are left out.
    """
    for shard in shards:
        for group in tables.groups(shard, ["edit", "alpha", "image", "pixels"]):
            for row in group.to_pylist():
                if row["pixels"] is None:
                    continue
                key = row["image"]
                yield Picture(
                    key=key,
                    seed=int(key) if key.isdigit() else None,
                    alpha=row["alpha"],
                    edit=row["edit"],
                    content=row["pixels"]["bytes"],
                    image_class=None if classes is None else str(classes[key]),
                )


def classes(shards: Iterable[str | Path]) -> dict[str, int]:
    """Read the class of each image from its latent.

    Args:
        shards: Tables of latents of a generator with classes.

    Returns:
        The indices of the classes by the images' keys.
    """
    read = [tables.read(shard, ["image", "class_index"]) for shard in shards]
    return {
        key: index
        for table in read
        for key, index in zip(*(column.to_pylist() for column in table.columns), strict=True)
    }


def photographs(
    path: str | Path, size: tuple[int, int], format: Format, class_count: int | None = None
) -> Iterator[Photograph]:
    """Read photographs, each cut and resized to the size of the study's images.

    Args:
        path: Their folder; with classes, it has a folder for each, by its name or index.
        size: Width and height of the study's images in pixels.
        format: As for `images.encode`.
        class_count: Number of the generator's classes; None without classes.

    Yields:
        The photographs. Those that can't be read are left out, and counted in the log.

    Raises:
        MnemoError: The folder has no pictures, or one of its folders is no class.
    """
    paths = folder.pictures(path)
    of = [_class(path, each, class_count) for each in paths] if class_count else [None] * len(paths)
    for row, image_class in zip(reference.rows(paths, 0, size, format), of, strict=True):
        [pixels] = row["pixels"]
        if pixels is not None:
            yield Photograph(pixels["bytes"], image_class)


def _class(path: str | Path, picture: str, count: int) -> str:
    """Return the class whose folder a picture is in."""
    name, *inside = Path(picture).relative_to(path).parts
    if not inside:
        raise MnemoError(
            f"{picture} is in no folder of a class: a generator with classes needs a folder for "
            "each, named by the class's name or index."
        )
    try:
        return str(imagenet.class_index(int(name) if name.isdecimal() else name, count))
    except MnemoError as why:
        raise MnemoError(f"{picture} is in the folder {name}, which is no class: {why}") from why
