"""The reference of a study's settings, docs/configuration.md, generated from the study's schema.

Run with `python -m mnemo.study.guide > docs/configuration.md`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mnemo.study.config import Config

Schema = Mapping[str, Any]

_INTRODUCTION = """\
# A study's settings

`make docs` generates this page from the sections in `scripts/mnemo/study`; edit those instead.

A study is one YAML file with the keys below. What it leaves out has the default; a key without one
must be given where its section is. A dot leads into a section: `sets.fit.count` is the key `count`
of the section `fit` in the section `sets`. In a list, and in a section whose keys are names of
yours, each entry is one such section: `edits[].alphas`, `experiments.<name>.kind`. All mistakes are
reported together before anything runs.

[config.yaml](../config.yaml), the default study, has a comment on every key that it sets.
[config.schema.json](../config.schema.json) is the same reference for your editor, which then checks
and completes a study: begin its file with

```yaml
# yaml-language-server: $schema=../config.schema.json
```
"""
#: What a description calls another page of the site.
_PAGE = re.compile(r"docs/((\w+)\.md)")
_HEAD = "| key | meaning | values | default |\n|---|---|---|---|"


def page() -> str:
    """Return the reference of all settings, the text of `docs/configuration.md`."""
    schema = Config.model_json_schema()
    named = schema["$defs"]
    return "\n".join([_INTRODUCTION, *_section(schema, named, "", {})])


def _section(
    section: Schema, named: Mapping[str, Schema], path: str, told: dict[str, str]
) -> Iterator[str]:
    """Describe a section, and those within it, each once."""
    needed = section.get("required", ())
    yield f"## {f'`{path}`' if path else 'All sections'}\n"
    if path:
        yield _text(section["description"]) + "\n"
    yield _HEAD
    within = []
    for key, value in section["properties"].items():
        default = "" if key in needed else _default(value)
        yield f"| `{key}` | {_about(value, named)} | {_values(value)} | {default} |"
        found = _sections(value, f"{path}.{key}" if path else key)
        within += [(place, name) for place, name in found if name in named]
    yield ""
    for place, name in within:
        if name in told:
            yield f"## `{place}`\n\nHas the keys of `{told[name]}`.\n"
        else:
            told[name] = place
            yield from _section(named[name], named, place, told)


def _sections(value: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Find the sections that a value has: their path and name."""
    if "$ref" in value:
        yield path, value["$ref"].rsplit("/", 1)[1]
    for option in value.get("anyOf", ()):
        yield from _sections(option, path)
    if "items" in value:
        yield from _sections(value["items"], f"{path}[]")
    for option in value.get("patternProperties", {}).values():
        yield from _sections(option, f"{path}.<name>")


def _about(value: Schema, named: Mapping[str, Schema]) -> str:
    """Say what a key is for: in its own words, or in those of the section that it has."""
    own = value.get("description")
    sections = [named[name]["description"] for _, name in _sections(value, "")]
    return _text(own or sections[0])


def _values(value: Schema) -> str:
    """Say which values a key may have."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(map(_values, value["anyOf"])))
    if "$ref" in value:
        return "a section"
    if "enum" in value:
        return ", ".join(f"`{option}`" for option in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    match value.get("type"):
        case "array" if "prefixItems" in value:
            return "list: " + ", ".join(map(_values, value["prefixItems"]))
        case "array":
            return f"list: {_values(value.get('items', {}))}"
        case "object" if "patternProperties" in value:
            (option,) = value["patternProperties"].values()
            return f"by name: {_values(option)}"
        case "object" | None:
            return "keys and values"
        case "integer" | "number" as kind:
            return _number("whole number" if kind == "integer" else "number", value)
        case "string":
            return f"text like `{_code(value['pattern'])}`" if "pattern" in value else "text"
        case "boolean":
            return "`true`, `false`"
        case "null":
            return "`null`"
        case other:
            raise AssertionError(f"a type that the reference has no words for: {other}")


def _number(kind: str, value: Schema) -> str:
    limits = [
        f"{words} {value[key]:g}"
        for key, words in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "below"),
        )
        if key in value
    ]
    return f"{kind}, {' and '.join(limits)}" if limits else kind


def _default(value: Schema) -> str:
    default = value.get("default")
    if isinstance(default, dict) and default:
        return "those of its keys"
    return f"`{_code(json.dumps(default, ensure_ascii=False))}`"


def _code(text: str) -> str:
    return text.replace("|", "\\|")


def _text(words: str) -> str:
    """Put a description in a line of a table, in which a placeholder is no HTML."""
    line = " ".join(words.split()).replace("|", "\\|").replace("<", "&lt;")
    return _PAGE.sub(r"[\2](\1)", line)


if __name__ == "__main__":
    print(page(), end="")
