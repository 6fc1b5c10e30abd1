"""Loading a generator from a weights file in any known layout, and converting such a file."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file

from mnemo import checkpoints, files
from mnemo.errors import MnemoError
from mnemo.generators import containers
from mnemo.generators.layouts import Layout, Parts
from mnemo.generators.registry import ARCHITECTURES, GENERATORS

LOGGER = logging.getLogger(__name__)
#: The entry of a safetensors file's metadata that describes its tensors.
_METADATA = "mnemo"


def load(path: str | Path, expected: str | Mapping[str, Any] | None = None) -> Any:
    """Load a generator from a weights file, without executing anything in it.

    The layout is detected from the content.

    Args:
        path: The weights file.
        expected: The generator that the file must hold: one of `registry.GENERATORS`, or the
            attributes of a `registry.Entry`; None for any.

    Returns:
        A `Generator`, `Mapped` or `Conditional` generator, on the best device of this machine.

    Raises:
        MnemoError: No generator is called so; or the file is missing, damaged or unsafe, has no
            known layout, or holds another generator.
    """
    if isinstance(expected, str):
        if expected not in GENERATORS:
            raise MnemoError(f"no generator is called {expected!r}; known: {', '.join(GENERATORS)}")
        expected = asdict(GENERATORS[expected])
    found = parts(path)
    generator = import_module(ARCHITECTURES[found.architecture]).build(
        found.settings, found.tensors, str(path)
    )
    if expected is not None:
        _check(generator, found.architecture, expected, path)
    return generator


def parts(path: str | Path) -> Parts:
    """Read the content of a weights file, under Mnemo's own names.

    Args:
        path: A weights file in any known layout.

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


def _check(
    generator: Any, architecture: str, expected: Mapping[str, Any], path: str | Path
) -> None:
    """Check that a generator is the one that a study expects."""
    held = {
        "architecture": architecture,
        "resolution": generator.resolution,
        "z_dim": generator.z_dim,
        "w_dim": getattr(generator, "w_dim", 0),
        "class_count": getattr(generator, "classes", 0),
    }
    wrong = [key for key, value in held.items() if value != expected[key]]
    if not wrong:
        return
    name = expected["name"]
    own = name not in GENERATORS
    written = ", ".join(f"{key}: {held[key]}" for key in (wrong if own else held) if held[key])
    renamed = "" if own else "a name of your own, weights, "
    raise MnemoError(
        f"{path} holds a generator with {_described(held, wrong)}, but {name} has "
        f"{_described(expected, wrong)}. To use this file, write in the study's section "
        f"generator: {renamed}{written}"
    )


def _described(sizes: Mapping[str, Any], keys: list[str]) -> str:
    """Describe some sizes of a generator by the keys of a study; 0 is none."""
    return ", ".join(f"{key} {sizes[key]}" if sizes[key] else f"no {key}" for key in keys)


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
            # ema-pytorch stores both copies, as `ema.online_model` and `ema.ema_model`.
            last = [each for each in found if containers.averaged(each[0].place[-1])]
            found = last or [each for each in found if each[0].averaged] or found
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
