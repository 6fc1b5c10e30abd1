"""Loading a generator from a weights file of any known layout, and converting such a file."""

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
from mnemo.generators import Mapped
from mnemo.generators.layouts import Layout, Parts
from mnemo.generators.registry import ARCHITECTURES, GENERATORS

LOGGER = logging.getLogger(__name__)
#: The entry of a safetensors file's metadata that says what its tensors are.
_METADATA = "mnemo"


def load(path: str | Path, name: str | None = None) -> Any:
    """Load a generator from a weights file of any known layout, told by its content.

    Nothing that the file holds is executed.

    Args:
        path: The weights file.
        name: The generator that it must be, one of `registry.GENERATORS`; any when None.

    Returns:
        A `Generator`, `Mapped` or `Conditional` generator, on the best device of this machine.

    Raises:
        MnemoError: The name is unknown; or the file is missing, damaged, unsafe, of no known
            layout, or another generator's.
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
    """Read what a weights file holds, in Mnemo's own names.

    Args:
        path: The weights file, of any known layout.
        architecture: The key of `registry.ARCHITECTURES` that it must be of; any when None.

    Returns:
        The architecture, its settings and its tensors.

    Raises:
        MnemoError: As for `load`.
    """
    content = checkpoints.read(path)
    found = _own(content, path) if isinstance(content, checkpoints.Safetensors) else None
    found = found or _official(content, path)
    if found is None:
        known = [layout.name for layout in _layouts()]
        raise MnemoError(
            f"{path} holds no generator's weights that Mnemo knows: {'; '.join(known)}; Mnemo's "
            "own safetensors"
        )
    if architecture not in (None, found.architecture):
        raise MnemoError(f"{path} holds a {found.architecture}, not a {architecture}")
    if found.unused:
        LOGGER.info("%s has tensors that are not needed: %s", path, ", ".join(found.unused))
    return found


def convert(source: str | Path, target: str | Path) -> None:
    """Write a weights file as Mnemo's own safetensors, which loads faster and can hold no code.

    Args:
        source: A weights file of any known layout.
        target: Where the safetensors file goes.

    Raises:
        MnemoError: As for `load`; or the target can't be written.
    """
    folder = Path(target).absolute().parent
    if not folder.is_dir():
        raise MnemoError(f"{target} can't be written: there is no folder {folder}; make it first")
    found = parts(source)
    told = json.dumps({"architecture": found.architecture, "settings": dict(found.settings)})
    tensors = {name: tensor.contiguous() for name, tensor in found.tensors.items()}
    try:
        with files.whole(target) as partial:
            save_file(tensors, partial, {_METADATA: told})
    except (OSError, SafetensorError) as why:
        raise MnemoError(f"{target} can't be written ({why}): name another file") from why


def _check_sizes(generator: Any, name: str, path: str | Path) -> None:
    """Make sure that a generator has the sizes that the registry tells of it."""
    entry = GENERATORS[name]
    sizes = [
        ("pixels", generator.resolution, entry.resolution),
        ("numbers in a latent", generator.sample([0]).shape[1], entry.latent_dim),
    ]
    if isinstance(generator, Mapped):
        sizes.append(("layers", generator.layers, entry.layers))
    for what, found, wanted in sizes:
        if found != wanted:
            raise MnemoError(f"{path} holds a generator of {found} {what}, and {name} has {wanted}")


def _layouts() -> Iterator[Layout]:
    for module in ARCHITECTURES.values():
        yield from import_module(module).LAYOUTS


def _official(content: Any, path: str | Path) -> Parts | None:
    """Take a file apart in the first layout that matches; None where none does."""
    for layout in _layouts():
        if layout.matches(content):
            try:
                return layout.parts(_completed(content, layout, Path(path)))
            except MnemoError as why:
                raise MnemoError(f"{path} ({layout.name}): {why}") from why
    return None


def _completed(content: Any, layout: Layout, path: Path) -> Any:
    """Add to the content of a file what is published in files of their own beside it."""
    for key, name in layout.beside.items():
        if key not in content:
            beside = path.with_name(name.format(stem=path.stem))
            if not beside.is_file():
                raise MnemoError(
                    f"it lacks {key}: put {beside.name}, which is published with it, beside it"
                )
            content = {**content, key: checkpoints.read(beside)}
    return content


def _own(content: checkpoints.Safetensors, path: str | Path) -> Parts | None:
    """Take Mnemo's own safetensors apart; None where the file is another's."""
    if _METADATA not in content.metadata:
        return None
    try:
        told = json.loads(content.metadata[_METADATA])
        architecture, settings = str(told["architecture"]), dict(told["settings"])
    except (ValueError, KeyError, TypeError, RecursionError) as why:
        raise MnemoError(f"{path}: its metadata {_METADATA!r} is damaged ({why})") from why
    if architecture not in ARCHITECTURES:
        raise MnemoError(f"{path} holds a {architecture!r}, which Mnemo does not know")
    return Parts(architecture, settings, content.tensors)
