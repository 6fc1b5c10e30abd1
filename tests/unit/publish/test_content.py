"""Nobody leaves by the name under which a platform knows them."""

from pathlib import Path

import pytest

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.publish import content
from mnemo.results.people.participants import PARTICIPANTS


def participants(folder: Path, name: str) -> None:
    rows = {
        "experiment": ["game"],
        "kind": ["memory-game"],
        "participant": [name],
        "series": [0],
        "simulated": [False],
        "n": [100],
        "missed": [0.0],
        "false_alarms": [0.1],
        "excluded": [False],
        "reason": [None],
    }
    made = tables.Provenance("tiny", "merge_table", {}, {})
    tables.write(folder / "participants.parquet", PARTICIPANTS, rows, made)


def test_participants_leave_by_their_pseudonyms(tmp_path: Path) -> None:
    participants(tmp_path, "p00001")
    content.copy_tables(tmp_path, tmp_path / "crate", ["participants"])
    assert tables.read(tmp_path / "crate/tables/participants.parquet").num_rows == 1


@pytest.mark.parametrize("name", ["ada@example.org", "5f3c1d2e4b6a7c8d9e0f1a2b", "A1B2C3D4E5F6G7"])
def test_an_identifier_of_a_platform_stops_the_crate(tmp_path: Path, name: str) -> None:
    participants(tmp_path, name)
    with pytest.raises(MnemoError, match=r"participant .* looks like an e-mail address"):
        content.copy_tables(tmp_path, tmp_path / "crate", ["participants"])
    assert not (tmp_path / "crate/tables/participants.parquet").exists()


def test_only_charts_leave_where_pictures_must_not(tmp_path: Path) -> None:
    figures = tmp_path / "figures" / "memorable"
    figures.mkdir(parents=True)
    (tmp_path / "report.html").write_text("")
    for name, text in {
        "strip.png": "",
        "chart.svg": "<svg><path/></svg>",
        "faces.svg": '<svg><image href="data:image/png;base64,"/></svg>',
    }.items():
        (figures / name).write_text(text)
    content.copy_report(tmp_path, tmp_path / "crate", pictures=False)
    left = {path.name for path in (tmp_path / "crate").rglob("*") if path.is_file()}
    assert left == {"chart.svg"}
