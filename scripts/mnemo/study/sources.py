"""The files that a study is written in: what YAML would drop from them, or change, in silence.

Snakemake reads them with PyYAML, which follows YAML 1.1: of two equal keys it keeps the last, and
it reads 0100 as 64, 12:30 as 750 and yes as true. YAML 1.2 (section 10.3.2, the core schema), which
editors and most people follow, reads them otherwise; what the two read differently is refused.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from mnemo.errors import MnemoError

_TAG = "tag:yaml.org,2002:"
# How YAML 1.2 writes what YAML 1.1 reads as the same value; no other kind is read differently.
_ALIKE = {
    f"{_TAG}bool": r"true|True|TRUE|false|False|FALSE",
    f"{_TAG}int": r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+",
    f"{_TAG}float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
# Plain words that YAML 1.1 reads as something else, and YAML 1.2 as they are.
_NO_WORDS = {f"{_TAG}timestamp": "a date", f"{_TAG}value": "a sign of YAML's own"}
# Snakemake runs the Python in a file that has this key (its pull request 2269).
_TEMPLATE = "__use_yte__"
# Aliases can make a few lines unfold to more than a machine holds.
_MOST_VALUES = 100_000


def check(paths: Iterable[str | Path]) -> None:
    """Make sure that the files of a study say what Snakemake reads in them.

    Args:
        paths: YAML or JSON files. Each may repeat the keys of another: that is how they are merged.

    Raises:
        MnemoError: A file is missing, empty, not UTF-8 or not YAML; a key is there twice in one
            section; YAML 1.1 reads a number or word as another one; or the file is a template.
            The message has a line for each mistake, with its file and line.
    """
    # What several aliases show is one mistake.
    if mistakes := list(dict.fromkeys(line for path in paths for line in _mistakes(Path(path)))):
        raise MnemoError("\n  ".join(["the study's files have mistakes:", *mistakes]))


def _mistakes(path: Path) -> Iterator[str]:
    """Write a line for each mistake of a file, in the order of the file's lines."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        # A pipe, which Snakemake has emptied.
        return
    content = b""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        yield f"{path} is missing: put it back, or name another study with --configfile."
        return
    except UnicodeDecodeError as why:
        line = content[: why.start].count(b"\n") + 1
        yield f"{path}, line {line}: not UTF-8. Save the file in the encoding UTF-8."
        return
    except OSError as why:
        yield f"{path} can't be read ({why.strerror}): correct that, or name another study."
        return
    try:
        plain = _is_json(text)
        # Tabs stand only between JSON's values, and YAML allows none there.
        root = yaml.compose(text.replace("\t", " ") if plain else text, yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            found = "is empty" if root is None else "is not a section with keys"
            yield f"{path} {found}: write the study as in config.yaml, or name another file."
        elif _size(root, {}) > _MOST_VALUES:
            yield (
                f"{path}: with its aliases (*) written out, it has more than {_MOST_VALUES:,} "
                "values or no end. Use fewer aliases."
            )
        else:
            misread = sorted(_misread(root, "", plain), key=lambda mistake: mistake[0])
            yield from (f"{path}, line {line}: {words}" for line, words in misread)
            if not misread:
                constructor: Any = yaml.SafeLoader("")
                constructor.construct_document(root)
    except yaml.MarkedYAMLError as why:
        mark = why.problem_mark or why.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        yield f"{path}{place}: not YAML ({why.problem or why.context}). Correct it."
    except yaml.reader.ReaderError as why:
        line = text[: why.position].count("\n") + 1
        yield f"{path}, line {line}: {chr(why.character)!r} is not allowed. Delete it."
    except RecursionError:
        yield f"{path}: its sections are nested too deeply. Write the study as in config.yaml."


def _is_json(text: str) -> bool:
    """Return whether Snakemake reads a text as JSON, which it tries first."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _size(node: yaml.Node, sizes: dict[int, float]) -> float:
    """Count the values of a node with its aliases written out; infinite if it contains itself."""
    if id(node) not in sizes:
        sizes[id(node)] = math.inf
        pairs = isinstance(node, yaml.MappingNode)
        inner = [each for pair in node.value for each in pair] if pairs else node.value
        children = [] if isinstance(node, yaml.ScalarNode) else inner
        sizes[id(node)] = 1 + sum(_size(child, sizes) for child in children)
    return sizes[id(node)]


def _misread(node: yaml.Node, path: str, plain: bool) -> Iterator[tuple[int, str]]:
    """Find what YAML drops or changes in a node: the line, from 1, and what is wrong there.

    Args:
        node: The node.
        path: Its key, with those of the sections around it.
        plain: Whether the file is JSON, which has one reading of a number or word.
    """
    line = node.start_mark.line + 1
    if node.tag != _untagged(node):
        tag = node.tag.replace(_TAG, "!!")
        yield line, f"{path or 'the study'}: a study has no tags. Delete {tag}."
    elif isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from _misread(item, f"{path}.{place}", plain)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                words = "a key must be a word. Put what begins with [, { or ? in quotes."
                yield at, f"{path or 'the study'}: {words}"
                continue
            inner = f"{path}.{key.value}".lstrip(".")
            if key.value == _TEMPLATE:
                words = "has Snakemake run Python that is written in the study, which is data"
                yield at, f"{inner} {words}. Write out what it computes, and delete this key."
            if first := lines.get((key.tag, key.value)):
                yield at, f"{inner} is given twice, first in line {first}. Leave one."
            lines.setdefault((key.tag, key.value), at)
            yield from _misread(key, inner, plain)
            yield from _misread(value, inner, plain)
    elif isinstance(node, yaml.ScalarNode) and not plain and (words := _read_otherwise(node)):
        yield line, f"{path}: {words}"


def _untagged(node: yaml.Node) -> str:
    """Return the tag that a node has where none is written."""
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    resolver: Any = yaml.SafeLoader("")
    tag: str = resolver.resolve(type(node), node.value, (plain, not plain))
    return tag


def _read_otherwise(node: yaml.ScalarNode) -> str:
    """Describe as what YAML 1.1 reads a scalar that YAML 1.2 reads otherwise; nothing if as one."""
    text = node.value
    if node.tag in _NO_WORDS:
        return f"{text} is read as {_NO_WORDS[node.tag]}. Put it in quotes."
    if node.tag not in _ALIKE:
        return ""
    try:
        read = json.dumps(yaml.safe_load(text))
    except ValueError:
        return f"{text} is no number that can be read. Correct it, or put it in quotes."
    if re.fullmatch(_ALIKE[node.tag], text):
        return ""
    if node.tag == f"{_TAG}bool":
        return f'{text} is read as {read}. Write {read}, or "{text}" in quotes for the word.'
    return (
        f"{text} is read as {read}. Write {read} if you mean that; if not, write the number in "
        "plain digits, or a text in quotes."
    )
