"""Loading a generator from a weights file in any known layout, and converting such a file."""

import json
import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file

from mnemo import checkpoints, files
from mnemo.errors import MnemoError
from mnemo.generators import Mapped, containers
from mnemo.generators.layouts import Layout, Parts
from mnemo.generators.registry import ARCHITECTURES, GENERATORS

LOGGER = logging.getLogger(__name__)
#: The entry of a safetensors file's metadata that describes its tensors.
_METADATA = "mnemo"


def load(path: str | Path, name: str | None = None) -> Any:
    """Load a generator from a weights file, without executing anything in it.

    The layout is detected from the content.

    Args:
        path: The weights file.
        name: The generator that the file must hold, one of `registry.GENERATORS`; None for any.

    Returns:
        A `Generator`, `Mapped` or `Conditional` generator, on the best device of this machine.

    Raises:
        MnemoError: The name is unknown; or the file is missing, damaged or unsafe, has no known
            layout, or holds another generator.
    """
    if name is not None and name not in GENERATORS:
        raise MnemoError(f"no generator is called {name!r}; known: {', '.join(GENERATORS)}")
    found = parts(path, None if name is None else GENERATORS[name].architecture)
    generator = import_module(ARCHITECTURES[found.architecture]).build(
        found.settings, found.tensors, str(path)
    )
    if name is not None:
        _check_sizes(generator, name, path)
    return generator


def parts(path: str | Path, architecture: str | None = None) -> Parts:
    """Read the content of a weights file, under Mnemo's own names.

    Args:
        path: A weights file in any known layout.
        architecture: The architecture that it must hold, a key of `registry.ARCHITECTURES`; None
            for any.

    Returns:
        The architecture, its settings and its tensors.

    Raises:
        MnemoError: As for `load`.
    """
    content = checkpoints.read(path)
    found = _own(content, path) if isinstance(content, checkpoints.Safetensors) else None
    found = found or _official(content, Path(path))
    if found is None:
        known = [layout.name for layout in _layouts()]
        raise MnemoError(
            f"{path} does not hold a generator's weights in a layout that Mnemo knows. Known "
            f"layouts: {'; '.join(known)}; Mnemo's own safetensors"
        )
    if architecture not in (None, found.architecture):
        raise MnemoError(f"{path} holds a {found.architecture}, not a {architecture}")
    if found.unused:
        LOGGER.info("%s has tensors that are not needed: %s", path, ", ".join(found.unused))
    return found


def convert(source: str | Path, target: str | Path) -> None:
    """Convert a weights file to Mnemo's own safetensors, which load faster and can't hold code.

    Args:
        source: A weights file in any known layout.
        target: The safetensors file to write.

    Raises:
        MnemoError: As for `load`; or the target can't be written.
    """
    folder = Path(target).absolute().parent
    if not folder.is_dir():
        raise MnemoError(f"{target} can't be written: there is no folder {folder}; create it first")
    found = parts(source)
    metadata = json.dumps({"architecture": found.architecture, "settings": dict(found.settings)})
    tensors = {name: tensor.contiguous() for name, tensor in found.tensors.items()}
    try:
        with files.whole(target) as partial:
            save_file(tensors, partial, {_METADATA: metadata})
    except (OSError, SafetensorError) as why:
        raise MnemoError(f"{target} can't be written ({why}): choose another file") from why


def _check_sizes(generator: Any, name: str, path: str | Path) -> None:
    """Check that a generator has the sizes of its registry entry."""
    entry = GENERATORS[name]
    sizes = [
        ("pixels", generator.resolution, entry.resolution),
        ("latent dimensions", generator.sample([0]).shape[1], entry.latent_dim),
    ]
    if isinstance(generator, Mapped):
        sizes.append(("layers", generator.layers, entry.layers))
    for what, found, wanted in sizes:
        if found != wanted:
            raise MnemoError(
                f"{path} holds a generator with {found} {what}, but {name} has {wanted}"
            )


def _layouts() -> Iterator[Layout]:
    for module in ARCHITECTURES.values():
        yield from import_module(module).LAYOUTS


def _official(content: Any, path: Path) -> Parts | None:
    """Return the parts of the outermost generator in a file whose layout is known, or None."""
    layouts = list(_layouts())
    for level in containers.levels(content):
        found = [
            (inner, layout)
            for inner in level
            if (layout := next((each for each in layouts if each.matches(inner.content)), None))
        ]
        if len(found) > 1:
            found = [each for each in found if each[0].averaged] or found
        if len(found) > 1:
            places = ", ".join(".".join(inner.place) for inner, _ in found)
            raise MnemoError(
                f"{path} holds several generators: {places}. Store one of them in a file of its own"
            )
        for inner, layout in found:
            try:
                parts = layout.parts(_completed(inner, layout, path))
            except MnemoError as why:
                where = f", in {'.'.join(inner.place)}" if inner.place else ""
                raise MnemoError(f"{path} ({layout.name}{where}): {why}") from why
            return parts._replace(unused=(*parts.unused, *inner.left))
    return None


def _completed(inner: containers.Inner, layout: Layout, path: Path) -> Any:
    """Return a generator's content with the values around it, and in files beside its file."""
    content = inner.content
    if around := {key: inner.around[key] for key in layout.around if key in inner.around}:
        content = {**around, **content}
    for key, name in layout.beside.items():
        if key not in content:
            beside = path.with_name(name.format(stem=path.stem))
            if not beside.is_file():
                raise MnemoError(
                    f"it lacks {key}: put {beside.name}, which is published with it, next to it"
                )
            content = {**content, key: checkpoints.read(beside)}
    return content


def _own(content: checkpoints.Safetensors, path: str | Path) -> Parts | None:
    """Return the parts in Mnemo's own safetensors; None if the file is not Mnemo's."""
    if _METADATA not in content.metadata:
        return None
    try:
        metadata = json.loads(content.metadata[_METADATA])
        architecture, settings = str(metadata["architecture"]), dict(metadata["settings"])
    except (ValueError, KeyError, TypeError, RecursionError) as why:
        raise MnemoError(f"{path}: its metadata {_METADATA!r} is damaged ({why})") from why
    if architecture not in ARCHITECTURES:
        raise MnemoError(
            f"{path} holds the architecture {architecture!r}, which Mnemo does not know; known: "
            f"{', '.join(ARCHITECTURES)}"
        )
    return Parts(architecture, settings, content.tensors)
