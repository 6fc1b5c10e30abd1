"""What YAML would drop from a study's file, or change, in silence is refused with file and line."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from snakemake.common.configfile import load_configfile

from mnemo.errors import MnemoError
from mnemo.study import sources
from mnemo.study.mistakes import checked

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(
    path
    for folder in ("studies", "profiles", "scripts/mnemo", "tests/data", "tests/slurm", "envs")
    for path in (ROOT / folder).rglob("*.yaml")
)


def write(folder: Path, content: str | bytes, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def mistakes(*paths: Path) -> list[str]:
    """Check files, and return what is wrong, without the folder."""
    with pytest.raises(MnemoError) as raised:
        sources.check(paths)
    heading, *lines = str(raised.value).splitlines()
    assert heading == "the study's files have mistakes:"
    return [line.strip().replace(f"{paths[0].parent}/", "") for line in lines]


@pytest.mark.parametrize("path", [ROOT / "config.yaml", *SHIPPED], ids=lambda path: path.name)
def test_every_yaml_file_shipped_says_what_is_read_in_it(path: Path) -> None:
    sources.check([path])


def test_a_duplicate_key_is_refused_with_both_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "sets:\n  fit: {count: 50}\n  eval: {count: 5}\n  fit: {count: 9}\n")
    assert mistakes(path) == [
        "mine.yaml, line 4: sets.fit is given twice, first in line 2. Leave one."
    ]


def test_duplicate_keys_in_lists_quotes_aliases_and_json_are_found(tmp_path: Path) -> None:
    path = write(tmp_path, 'edits:\n- &one {name: a, "name": b}\n- *one\n')
    assert mistakes(path) == [
        "mine.yaml, line 2: edits.0.name is given twice, first in line 2. Leave one.",
        "mine.yaml, line 2: edits.1.name is given twice, first in line 2. Leave one.",
    ]
    path = write(tmp_path, '{\n\t"study": "a",\n\t"study": "b"}', "mine.json")
    assert mistakes(path) == [
        "mine.json, line 3: study is given twice, first in line 2. Leave one."
    ]


def test_a_key_may_be_in_two_files_or_in_two_sections_or_come_from_an_anchor(
    tmp_path: Path,
) -> None:
    text = "all: &all {count: 5, seed: 1}\nfit: {<<: *all, count: 9}\neval: *all\n"
    paths = [write(tmp_path, text, name) for name in ("one.yaml", "two.yaml")]
    sources.check(paths)
    assert load_configfile(paths[0])["fit"] == {"count": 9, "seed": 1}


def test_all_mistakes_of_all_files_are_reported_in_order(tmp_path: Path) -> None:
    one, two = write(tmp_path, "b: {c: yes}\na: 010\na: 5\n", "1"), write(tmp_path, "", "2")
    found = [re.match(r"\d, line \d|\d is empty", line)[0] for line in mistakes(one, two)]  # type: ignore[index]
    assert found == ["1, line 1", "1, line 2", "1, line 3", "2 is empty"]


@pytest.mark.parametrize(
    ("text", "read", "remedy"),
    [
        ("0100", "64", "Write 64 if you mean that; if not, write the number in plain digits"),
        ("-010", "-8", "Write -8 if"),
        ("12:30", "750", "Write 750 if"),
        ("1:30.5", "90.5", "Write 90.5 if"),
        ("1_000", "1000", "Write 1000 if"),
        ("1_0.5", "10.5", "Write 10.5 if"),
        ("0b11", "3", "Write 3 if"),
        ("0x1_0", "16", "Write 16 if"),
        ("yes", "true", 'Write true, or "yes" in quotes for the word.'),
        ("No", "false", 'Write false, or "No" in quotes for the word.'),
        ("on", "true", "Write true, or"),
        ("OFF", "false", "Write false, or"),
        ("2020-01-01", "a date", "Put it in quotes."),
        ("2020-01-01 10:00:00", "a date", "Put it in quotes."),
    ],
)
def test_what_yaml_1_1_reads_as_something_else_is_refused(
    text: str, read: str, remedy: str, tmp_path: Path
) -> None:
    for content in (f"study: a\nkey: {text}\n", f"study: a\nkey: [{text}]\n"):
        (line,) = mistakes(write(tmp_path, content))
        assert line.startswith("mine.yaml, line 2: key")
        assert f": {text} is read as {read}. {remedy}" in line
    for quoted in (f"key: '{text}'", f'key: "{text}"', f"key: |-\n  {text}"):
        path = write(tmp_path, quoted)
        sources.check([path])
        assert load_configfile(path) == {"key": text}


@pytest.mark.parametrize(
    "text",
    [
        "study: a\n__use_yte__: true\n",
        "study: a\n'__use_yte__': 1\n",
        'study: a\n"\\x5f_use_yte__": x\n',
        "study: {<<: {a: b,\n  __use_yte__: true}}\n",
        '{"study": "a",\n "__use_yte__": true}',
    ],
)
def test_a_study_that_would_run_python_is_refused(text: str, tmp_path: Path) -> None:
    (line,) = mistakes(write(tmp_path, text))
    assert re.match(r"mine.yaml, line 2: (study\.<<\.)?__use_yte__ has Snakemake run Python", line)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("100", 100), ("+4", 4), ("-3", -3), ("0", 0), ("0x10", 16), (".5", 0.5), ("1.", 1.0)),
        *(("-0.5", -0.5), ("1.5e+3", 1500.0), ("true", True), ("False", False), ("~", None)),
        *(("null", None), ("", None), ("y", "y"), ("0o17", "0o17"), ("1.2.3", "1.2.3")),
        # pydantic reads these as the numbers that they are.
        *(("1e5", "1e5"), ("1e-4", "1e-4"), ("-.5", "-.5"), ("08", "08")),
    ],
)
def test_what_has_one_reading_is_left_alone(text: str, value: Any, tmp_path: Path) -> None:
    path = write(tmp_path, f"key: {text}\n")
    sources.check([path])
    assert load_configfile(path) == {"key": value}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "mine.yaml is empty: write the study as in config.yaml"),
        ("# nothing\n", "mine.yaml is empty"),
        ("- a\n", "mine.yaml is not a section with keys"),
        ("word", "mine.yaml is not a section with keys"),
        ("a: 1\n---\nb: 2\n", "line 2: not YAML (but found another document)"),
        ("a: 1\n\tb: 2\n", "line 2: not YAML (found character '\\t'"),
        ("a: [1\n", "line 2: not YAML"),
        ("a: b: c\n", "line 1: not YAML (mapping values are not allowed here)"),
        ("a: *b\n", "line 1: not YAML (found undefined alias 'b')"),
        ("a: \x07\n", "line 1: '\\x07' is not allowed. Delete it."),
        ("a: 1\nb: !!python/name:os.system\n", "line 2: b: a study has no tags. Delete !!python/n"),
        ("b: !!int '12:30'\n", "line 1: b: a study has no tags. Delete !!int."),
        ("b: !!set {c}\n", "line 1: b: a study has no tags. Delete !!set."),
        ("[a]: 1\n", "line 1: the study: a key must be a word."),
        ("a: =\n", "line 1: a: = is read as a sign of YAML's own. Put it in quotes."),
        ("<<: 1\n", "line 1: not YAML (expected a mapping or list of mappings for merging"),
        ("yes: 1\n", "line 1: yes: yes is read as true."),
        ("a: 0b_\n", "line 1: a: 0b_ is no number that can be read."),
        (f"a: {'9' * 5000}\n", " is no number that can be read."),
        ("a: &a [*a]\n", "written out, it has more than 100,000 values or no end"),
        ("[" * 5000, "nested too deeply"),
        ("study: caf\xe9\n".encode("latin-1"), "line 1: not UTF-8. Save the file in the encoding"),
        ("study: a\n".encode("utf-16"), "line 1: not UTF-8."),
    ],
)
def test_a_file_that_is_no_study_is_named_with_line_and_remedy(
    content: str | bytes, told: str, tmp_path: Path
) -> None:
    (line,) = mistakes(write(tmp_path, content))
    assert line.startswith("mine.yaml")
    assert told in line


def test_aliases_that_unfold_to_millions_are_refused_at_once(tmp_path: Path) -> None:
    steps = [f"a{step}: &a{step} [{', '.join([f'*a{step - 1}'] * 9)}]" for step in range(1, 30)]
    path = write(tmp_path, "\n".join(["a0: &a0 [1]", *steps]))
    assert "more than 100,000 values" in mistakes(path)[0]


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    assert mistakes(tmp_path / "config.yaml", tmp_path / "folder.yaml") == [
        "config.yaml is missing: put it back, or name another study with --configfile.",
        "folder.yaml can't be read (Is a directory): correct that, or name another study.",
    ]


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "study: a\n".encode("utf-8-sig"))
    sources.check([path])
    assert load_configfile(path) == {"study": "a"}


def twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(study=st.dictionaries(st.text(max_size=5), VALUES, min_size=1))
def test_what_a_program_writes_as_yaml_or_json_is_read_as_it_is(
    study: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("written")
    sources.check([write(folder, yaml.safe_dump(study, allow_unicode=True), "study.yaml")])
    sources.check([write(folder, json.dumps(study, indent="\t"), "study.json")])


#: Pieces that studies are written in, and mistaken ones.
PIECES = st.sampled_from(
    [
        *(
            "study",
            "sets",
            "fit",
            "count",
            ": ",
            ":",
            "\n",
            "\n  ",
            "\n- ",
            "- ",
            "[",
            "]",
            "{",
            "}",
        ),
        *(
            ", ",
            "&a ",
            "*a",
            "<<: ",
            "!!int ",
            "? ",
            "'",
            '"',
            "|",
            ">",
            "#",
            "---",
            "...",
            "%",
            "@",
        ),
        *("0100", "yes", "12:30", "1_", "0x_", "2020-99-01", "~", "=", "\t", "\r", "\u2028", "é"),
    ]
)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    text=st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=30) | st.binary(max_size=30)
)
@example(text="!<tag:yaml.org,2002:int> : 1")
def test_any_text_is_a_study_or_refused_with_its_file(
    text: str | bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    content = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    path = write(folder, content, "any.yaml")
    try:
        sources.check([path])
    except MnemoError as refused:
        mistake = str(refused)
    else:
        # What is not refused is read by Snakemake, and is a study or not.
        with suppress(MnemoError):
            checked(dict(load_configfile(path)))
        return
    assert all(str(path) in line for line in mistake.splitlines()[1:])
