"""A digest of a script and of the library modules behind it, so that an edit reruns its rules."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def of(root: str | Path, script: str, *modules: str) -> str:
    """Digest a script and every project module that it imports, however deeply.

    Args:
        root: The folder that holds the script and the packages.
        script: The script's name, without `.py`.
        modules: Dotted names of modules that the script imports by name at run time.

    Returns:
        12 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in files(root, script, *modules):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def files(root: str | Path, script: str, *modules: str) -> list[Path]:
    """List a script and every project file that it imports, however deeply.

    Args:
        root: As for `of`.
        script: As for `of`.
        modules: As for `of`.

    Returns:
        The files, sorted.
    """
    root = Path(root)
    pending = [root / f"{script}.py"]
    for module in modules:
        pending += _files(root, module)
    seen: set[Path] = set()
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            pending += _imports(root, path)
    return sorted(seen)


@cache
def _imports(root: Path, path: Path) -> tuple[Path, ...]:
    """Find the project files that a file imports itself."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found for name in names for found in _files(root, name))


def _files(root: Path, module: str) -> Iterator[Path]:
    """Find a module's file and those of the packages that it is in.

    A registry is left out: what a job needs of its entry reaches it through its rule's params, so
    that a new entry reruns nothing.
    """
    path = root
    for part in module.split("."):
        path /= part
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file() and file.stem != "registry":
                yield file
