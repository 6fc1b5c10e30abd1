"""A digest of a script and of the library modules behind it, so that an edit reruns its rules.

Comments, docstrings and blank lines are left out: better words rerun nothing.
"""

import ast
import atexit
import hashlib
import io
import json
import sys
import tokenize
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mnemo import files as files_of_mnemo
from mnemo.errors import MnemoError

#: Names of files that no digest reads.
LEFT_OUT = ("registry", "version")
#: What was read of each file, by the sha256 of its bytes.
_KEPT = Path(".snakemake", "mnemo-code.json")
_changed: set[str] = set()
#: The library's own file, the door for Python users, which every import of a module runs.
DOOR = Path("mnemo", "__init__.py")


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
        digest.update(_read(path).code.encode())
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


def code(source: str) -> str:
    """Return the lines of a Python file without comments, docstrings and blank lines.

    Args:
        source: The file's text.

    Returns:
        What is left; the lines themselves, since the syntax tree differs between Python versions.
    """
    lines = source.splitlines()
    spans = [
        (*token.start, *token.end)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            # The tree counts bytes in a line, and tokens count characters.
            start, end = (
                len(lines[line - 1].encode()[:column].decode())
                for line, column in (
                    (text.lineno, text.col_offset),
                    (text.end_lineno or text.lineno, text.end_col_offset or 0),
                )
            )
            spans.append((text.lineno, start, text.end_lineno or text.lineno, end))
    for first, start, last, end in sorted(spans, reverse=True):
        before, after = lines[first - 1][:start], lines[last - 1][end:]
        lines[first - 1 : last] = [before + after, *[""] * (last - first)]
    return "\n".join(line.rstrip() for line in lines if line.strip())


class _File(NamedTuple):
    """What is known of a file of Python: the digest of its code, and the modules it imports."""

    code: str
    imports: list[str]


@cache
def _read(path: Path) -> _File:
    """Read a file, or what was kept of one with the same bytes."""
    source = path.read_bytes()
    key = hashlib.sha256(source).hexdigest()
    kept = _kept()
    if key not in kept:
        text = code(source.decode("utf-8"))
        kept[key] = [hashlib.sha256(text.encode()).hexdigest(), _imported(source)]
        _changed.add(key)
    return _File(*kept[key])


def forget() -> None:
    """Read all files anew: one of them has changed since this process read it."""
    _read.cache_clear()
    _imports.cache_clear()
    _present.cache_clear()


@cache
def _kept() -> dict[str, list[Any]]:
    """Read what earlier runs in this folder kept: reading 300 files anew takes seconds."""
    atexit.register(_keep)
    try:
        found = json.loads(_KEPT.read_text())
    except (OSError, ValueError):
        return {}
    # Another version of this module, or of Python, may read a file in another way.
    return dict(found["files"]) if found.get("by") == _reader() else {}


def _keep() -> None:
    """Keep what was read, where Snakemake keeps what it knows of the folder."""
    if _changed and _KEPT.parent.is_dir():
        text = json.dumps({"by": _reader(), "files": _kept()})
        with suppress(OSError, MnemoError), files_of_mnemo.whole(_KEPT) as partial:
            partial.write_text(text)


def _reader() -> str:
    return f"{sys.version_info[:3]} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


def _imported(source: bytes) -> list[str]:
    """List the modules that a file imports itself."""
    names: list[str] = []
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        # What only a type checker imports changes no job.
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        pending += (
            node.orelse if isinstance(node, ast.If) and typing else ast.iter_child_nodes(node)
        )
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


@cache
def _imports(root: Path, path: Path) -> tuple[Path, ...]:
    """Find the project files that a file imports itself."""
    return tuple(found for name in _read(path).imports for found in _files(root, name))


def _files(root: Path, module: str) -> Iterator[Path]:
    """Find a module's file and those of the packages that it is in."""
    found, path = _present(root), ""
    for part in module.split("."):
        path = f"{path}{part}"
        for name in (f"{path}/__init__.py", f"{path}.py"):
            if name in found:
                yield found[name]
        path += "/"


@cache
def _present(root: Path) -> dict[str, Path]:
    """List the files that digests read, by their paths in their folder.

    A registry is left out: what a job needs of its entry reaches it through its rule's params, so
    that a new entry reruns nothing. So are the version, so that a release reruns nothing, and the
    door, through which no job goes.
    """
    return {
        file.relative_to(root).as_posix(): file
        for file in root.rglob("*.py")
        if file.stem not in LEFT_OUT and file != root / DOOR
    }
