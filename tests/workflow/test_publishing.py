"""A study leaves as a crate with nothing private in it, which another machine verifies."""

import json
import re
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import mlcroissant
import numpy as np
import pandas as pd
import pytest
import yaml
from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils.http import HttpRequester
from safetensors.numpy import load_file

from mnemo import tables
from mnemo.crates import layout
from mnemo.crates.opening import Crate
from mnemo.verify import comparing
from mnemo.weights import catalogue
from tests.support import crates
from tests.support.checkout import Checkout

#: What `snakemake verify` says first of a crate that holds.
HOLDS = "# The crate holds"


#: Tables that stand for all: from scores, from features, from embeddings, and from other tables.
RECOMPUTED = ("scores", "agreement", "slopes", "realness", "identity")


@pytest.fixture(scope="module")
def published(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The finished study, with its crate."""
    made = finished.copy(tmp_path_factory.mktemp("published") / "mnemo")
    made.run("publish")
    return made


@pytest.fixture(scope="module")
def crate(published: Checkout) -> Path:
    return published.results() / "crate"


@pytest.fixture
def changed(crate: Path, tmp_path: Path) -> Path:
    """A copy of the crate, to change."""
    return Path(shutil.copytree(crate, tmp_path / "crate"))


def test_the_crate_is_valid_ro_crate(crate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a network, with the context that the library `rocrate` ships, a superset of 1.2's.
    context = json.loads((files("rocrate") / "data/ro-crate.jsonld").read_text())

    class Answer:
        status_code, ok, headers = 200, True, {"Content-Type": "application/ld+json"}
        text = json.dumps(context)

        def json(self) -> object:
            return context

        def raise_for_status(self) -> None: ...

    for method in ("get", "head"):
        monkeypatch.setattr(HttpRequester, method, lambda *_, **__: Answer(), raising=False)
    settings = services.ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier="ro-crate-1.2",
        requirement_severity=Severity.REQUIRED,
    )
    found = services.validate(settings)
    assert [issue.message for issue in found.get_issues()] == []


def test_the_crate_is_valid_croissant(crate: Path) -> None:
    described = mlcroissant.Dataset(jsonld=crate / "croissant.json")
    assert not described.metadata.ctx.issues.errors
    named = {each.name for each in described.metadata.record_sets}
    held = {path.stem for path in (crate / layout.TABLES).glob("*.parquet")}
    assert held | {"square-images", "oval-images"} == named
    rows = [row for row, _ in zip(described.records("scores"), range(3), strict=False)]
    scores = pd.read_parquet(crate / "tables/scores.parquet").head(3)
    assert [row["scores/score"] for row in rows] == pytest.approx(scores["score"].tolist())


def test_the_crate_lists_what_it_leaves_out_with_the_reason(crate: Path) -> None:
    listed = pd.read_csv(crate / layout.LEFT_OUT)
    assert listed["reason"].str.len().min() > 20
    assert any("weights" in each for each in listed["what"])
    assert all(each in (crate / "README.md").read_text() for each in listed["what"])


def test_no_weights_and_no_name_of_this_machine_are_in_the_crate(
    published: Checkout, crate: Path
) -> None:
    sizes = {entry.size for entry in catalogue.entries().values()}
    private = re.compile(rb"(?<![\w.])(/home/|/root/|/tmp/)|" + str(published.path).encode())
    for path in crate.rglob("*"):
        if path.is_file():
            assert path.stat().st_size not in sizes
            assert not private.search(path.read_bytes()), path


def test_a_direction_is_published_in_three_formats_that_hold_the_same(crate: Path) -> None:
    for folder in (crate / layout.DIRECTIONS).iterdir():
        [row] = tables.read(folder / "direction.parquet").to_pylist()
        assert row["name"] == folder.name
        normal = np.array(row["normal"])
        assert load_file(folder / "direction.safetensors")["normal"].ravel() == pytest.approx(
            normal
        )
        assert np.load(folder / "direction.npy").ravel() == pytest.approx(normal, abs=1e-6)
        card = (folder / "README.md").read_text()
        assert row["generator_sha256"] in card
        assert "held-out accuracy" in card


def test_a_study_that_is_not_finished_is_not_published(rerun: Checkout) -> None:
    (rerun.results() / "agreement.parquet").unlink()
    told = rerun.run("publish", fails=True)
    assert "is not finished" in told
    assert "1 x measure_agreement" in told


def test_an_unchanged_crate_holds_to_the_byte(
    published: Checkout, crate: Path, tmp_path: Path
) -> None:
    archive = shutil.make_archive(str(tmp_path / "crate"), "zip", crate)
    told = published.verify(Path(archive), "verify", tables=",".join(RECOMPUTED))
    assert HOLDS in told
    assert "Compared to the byte: yes" in told
    [compared] = published.path.glob("verified/*/compared.parquet")
    columns = tables.read(compared).to_pandas()
    assert set(columns["table"]) == set(RECOMPUTED)
    assert set(columns["verdict"]) == {comparing.IDENTICAL}
    study = yaml.safe_load((crate / layout.CONFIG).read_text())
    redrawn = tables.read(compared.with_name("redrawn.parquet")).to_pandas()
    assert set(redrawn["quantity"]) == {"pixels", "score", "features"}
    assert set(study["assessors"]) <= set(redrawn["by"])
    assert set(redrawn["edit"].dropna()) == {edit["name"] for edit in study["edits"]}


def test_one_changed_score_changes_the_tables_that_are_recomputed(
    published: Checkout, changed: Path
) -> None:
    """Its author has changed it wherever it is published, and put the digests right."""
    measured = changed / "measurements/fit/scores/resmem/square/00000.parquet"
    scores = tables.read(measured)
    place = scores["score"].to_pylist().index(min(scores["score"].to_pylist()))
    image = scores["image"][place].as_py()
    crates.change_table(measured, lambda table: crates.put(table, "score", place, 0.99))
    public = changed / "tables/scores.parquet"
    rows = tables.read(public).to_pandas()
    own = rows["edit"].isna() & (rows["image"] == image)
    own &= (rows["assessor"] == "resmem") & (rows["shape"] == "square")
    [row] = np.flatnonzero(own)
    crates.change_table(public, lambda table: crates.put(table, "score", int(row), 0.99))
    crates.describe(changed)
    target = f"verified/{Crate(changed).digest[:12]}/agreement.parquet"
    published.verify(changed, target)
    found = comparing.compare(
        "agreement", changed / "tables/agreement.parquet", published.path / target, exact=False
    )
    wrong = {row["column"] for row in found if row["verdict"] == comparing.DIFFERS}
    assert {"spearman", "kendall"} <= wrong


def weights(crate: Path) -> None:
    path = crate / layout.WEIGHTS
    sha256 = catalogue.entries()["resmem"].sha256 or ""
    path.write_text(path.read_text().replace(sha256, sha256[::-1]))


def alphas(crate: Path) -> None:
    path = crate / layout.CONFIG
    study = yaml.safe_load(path.read_text())
    study["edits"][0]["alphas"] = [0.0, 2.0]
    path.write_text(yaml.safe_dump(study))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (weights, "says that resmem has the sha256"),
        (alphas, "lacks measurements that its tables are made of"),
    ],
)
def test_other_weights_or_another_study_are_caught(
    published: Checkout, changed: Path, change: Callable[[Path], None], said: str
) -> None:
    change(changed)
    crates.describe(changed)
    assert re.search(said, published.verify(changed, "verify", fails=True))


def test_nothing_but_the_verification_can_be_asked_of_a_crate(
    published: Checkout, crate: Path
) -> None:
    assert "A crate can only be verified" in published.verify(crate, "all", fails=True)


def test_a_crate_has_no_study_beside_it(published: Checkout, crate: Path) -> None:
    told = published.run("verify", "--config", f"crate={crate}", fails=True)
    assert "leave out --configfile" in told
