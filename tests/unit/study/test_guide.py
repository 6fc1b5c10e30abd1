"""The reference of a study's settings says of each key what the schema says."""

from tests.support.paths import ROOT

from mnemo.study import guide
from mnemo.study.config import Config


def test_the_reference_is_that_of_the_schema() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text() == guide.page()


def test_every_key_of_every_section_is_in_the_reference() -> None:
    schema = Config.model_json_schema()
    lines = guide.page().splitlines()
    for section in (schema, *schema["$defs"].values()):
        for key, value in section["properties"].items():
            rows = [line for line in lines if line.startswith(f"| `{key}` | ")]
            words = " ".join(value.get("description", "").split())[:30].split("docs/")[0]
            assert any(words.replace("<", "&lt;") in row for row in rows), key


def test_a_row_has_as_many_cells_as_its_table() -> None:
    rows = [line.replace("\\|", "") for line in guide.page().splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}


def test_a_default_is_that_of_the_study() -> None:
    default = Config.model_fields["shard_size"].default
    (row,) = (line for line in guide.page().splitlines() if line.startswith("| `shard_size` |"))
    assert row.endswith(f"| whole number, above 0 | `{default}` |")
