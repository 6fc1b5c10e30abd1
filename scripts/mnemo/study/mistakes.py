"""Checking a study: every mistake at once, each with its key, its value and what is allowed."""

from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any, get_args, get_origin

import yaml
from pydantic import TypeAdapter, ValidationError

from mnemo.errors import MnemoError
from mnemo.study import consistency
from mnemo.study.config import Config
from mnemo.study.sections import ratings


def checked(raw: dict[str, Any]) -> Config:
    """Read a study, or report every mistake in it.

    Args:
        raw: The merged configuration, as Snakemake hands it over.

    Returns:
        The study.

    Raises:
        MnemoError: The study has mistakes, or the form of an earlier version of Mnemo. The message
            has a line for each mistake (its path, the value given, and what is allowed), or shows
            the new form of what the study says.
    """
    if new := renewed(raw):
        text = yaml.safe_dump(new, sort_keys=False, default_flow_style=None, width=100)
        raise MnemoError(
            "the study has the form of an earlier version of Mnemo, in which an edit chose its "
            f"hyperplane or file itself. Replace its edits by:\n{text}"
        )
    raw = ratings.apart(raw)
    mistakes: list[tuple[str, Any, str]] = []
    try:
        config = Config.model_validate(raw)
        sections = dict(config)
    except ValidationError as invalid:
        errors = [dict(error) for error in invalid.errors()]
        mistakes += [_described(error) for error in errors if not _invented(error)]
        sections = _readable(raw, errors)
    mistakes += consistency.mistakes(sections)
    if mistakes:
        raise MnemoError("\n".join(["the study has mistakes:", *map(_line, mistakes), *_hint(raw)]))
    return config


def _line(mistake: tuple[str, Any, str]) -> str:
    path, value, allowed = mistake
    absent = value is None and allowed.startswith("must be given")
    return f"  {path}: {allowed}" if absent else f"  {path}: {value!r}: {allowed}"


def _hint(raw: dict[str, Any]) -> list[str]:
    """Say how a study that lacks whole sections can be built on another one."""
    needed = [name for name, field in Config.model_fields.items() if field.is_required()]
    if set(needed) <= raw.keys():
        return []
    return [
        "Where --configfile is given, config.yaml is not read: the file must have all of these. To "
        "change only some keys of another study, name it first: --configfile config.yaml mine.yaml"
    ]


def renewed(raw: dict[str, Any]) -> dict[str, Any]:
    """Rewrite a study of the form in which an edit chose its hyperplane or file itself.

    Args:
        raw: The merged configuration.

    Returns:
        The sections in the new form; nothing for a study that has the new form already.
    """
    edits = raw.get("edits")
    old = {"space", "shape", "threshold", "direction", "allow_foreign", "conditions"}
    listed = [edit for edit in edits if isinstance(edit, dict)] if isinstance(edits, list) else []
    if "directions" in raw or not any(old & edit.keys() for edit in listed):
        return {}
    directions, moved = [], []
    for edit in listed:
        name, file = edit.get("name"), edit.get("direction")
        own: dict[str, Any] = {"name": name, "method": "file" if file else "hyperplane"}
        kept = ("space", "allow_foreign") if file else ("space", "assessor", "shape", "threshold")
        own |= {key: edit[key] for key in kept if key in edit}
        own |= {"file": file} if file else {}
        own |= {"hold": edit["conditions"]} if edit.get("conditions") else {}
        directions.append(own)
        along = {key: edit[key] for key in ("layers", "alphas") if key in edit}
        shown = {"assessor": edit["assessor"]} if file and "assessor" in edit else {}
        moved.append({"name": name, "along": name, **shown, **along})
    return {"directions": directions, "edits": moved}


def _readable(raw: dict[str, Any], errors: list[dict[str, Any]]) -> dict[str, Any]:
    """Read the sections that can be read once unknown keys are taken out."""
    known = deepcopy(raw)
    for error in errors:
        if error["type"] in ("extra_forbidden", "invalid_key"):
            *path, unknown = error["loc"]
            section = reduce(getitem, path, known)
            # pydantic names a key that is no text in its own ways.
            for key in [key for key in section if unknown in (key, str(key), repr(key))]:
                del section[key]
    try:
        return dict(Config.model_validate(known))
    except ValidationError as invalid:
        wrong = {error["loc"][0] for error in invalid.errors()}
    return {
        name: TypeAdapter(field.rebuild_annotation()).validate_python(known[name])
        if name in known
        else field.get_default()
        for name, field in Config.model_fields.items()
        if name not in wrong
    }


def _invented(error: dict[str, Any]) -> bool:
    """Return whether a list is called too short only because its mistaken items don't count."""
    if error["type"] != "too_short":
        return False
    given, least = len(error["input"]), int(error["ctx"]["min_length"])
    return given >= least


def _described(error: dict[str, Any]) -> tuple[str, Any, str]:
    path = ".".join(map(str, error["loc"]))
    match error["type"]:
        case "extra_forbidden" | "invalid_key":
            allowed = f"unknown key; known: {_keys(error['loc'][:-1])}"
        case "missing":
            return path, None, "must be given"
        case "model_type":
            allowed = f"must be a section with its keys: {_keys(error['loc'])}"
        case "tuple_type":
            allowed = "must be a list"
        case "too_short":
            least = error["ctx"]["min_length"]
            allowed = f"needs at least {least} item{'s' if least > 1 else ''}"
        case _:
            allowed = error["msg"].removeprefix("Value error, ")
    return path, error["input"], allowed


def _keys(path: tuple[str | int, ...]) -> str:
    """List the keys of the section at a path."""
    return ", ".join(reduce(_step, path, Config).model_fields)


def _step(section: Any, step: str | int) -> Any:
    """Go down one step of a mistake's path in the model."""
    if isinstance(step, int):
        return section
    if get_origin(section) is dict:
        return get_args(section)[1]
    kind = section.model_fields[step].annotation
    if get_origin(kind) is dict:
        return kind
    inner = [
        argument for argument in getattr(kind, "__args__", ()) if hasattr(argument, "model_fields")
    ]
    return inner[0] if inner else kind
