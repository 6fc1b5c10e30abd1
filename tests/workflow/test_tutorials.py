"""Every command of a tutorial is run: what takes a study's time as a dry run, all else for real."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from mnemo.ratings import images
from mnemo.ratings.read import read
from mnemo.results import joined
from mnemo.results.registry import RESULTS
from mnemo.study.mistakes import checked
from tests.support import served
from tests.support.checkout import Checkout
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "tutorials"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md"))
#: What a page's commands find elsewhere, or smaller, in the test.
INSTEAD = {
    "assessor": {
        "results/my-training/training/holdout/assessor.safetensors": "scripts/mnemo/weights/"
        "student.safetensors"
    },
    # Its alphas are closer together, and an estimate of its power takes long.
    "experiment": {
        "results/my-game/experiments/game": "game",
        "--slope 0.2": "--slope 4 --runs 20",
    },
    "publish": {"results/demo": "results/tiny"},
}
#: Snakemake, but for what takes long, of which a dry run is enough, once.
SNAKEMAKE = f"""#!{sys.executable}
import pathlib, subprocess, sys
words = sys.argv[1:]
if words[0] != "plan" and words != ["publish", "--cores", "all"]:
    words = [word for word in words if word not in ("-n", "-q", "rules", "host")]
    studies = [pathlib.Path(word).read_text() for word in words if word.endswith(".yaml")]
    ran = repr((sorted(set(words) - {{"--cores", "all"}}), studies)) + "\\n"
    with open("dry-runs", "a+") as record:
        record.seek(0)
        if ran in record.readlines():
            sys.exit()
        record.write(ran)
    words += ["-n", "-q", "rules", "host"]
sys.exit(subprocess.call([{sys.executable!r}, "-m", "snakemake", *words]))
"""
#: Python, but for a server, which would never end: of that, whether its words are understood.
PYTHON = f"""#!/bin/sh
if [ "$1 $2 $3" = "-m mnemo.experiment serve" ]; then
    shift 2
    set -- -c "from mnemo.experiment.__main__ import parser; parser().parse_args()" "$@"
fi
exec '{sys.executable}' "$@"
"""
#: Make, but for what needs npm and a network.
MAKE = """#!/bin/sh
[ "$1" != experiment-page ] || set -- -n "$@"
exec /usr/bin/make "$@"
"""


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """List a page's blocks of code: language and text."""
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    for old, new in INSTEAD.get(page, {}).items():
        assert old in text
        text = text.replace(old, new)
    yield from re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)


def script(page: str) -> str:
    """Write a page's files and commands, in their order, as one script."""
    lines = ["set -e"]
    for language, text in blocks(page):
        if language == "bash":
            lines.append(text)
        elif language == "yaml":
            (name,) = re.findall(r"^# (studies/[\w-]+\.yaml)\n", text)
            lines.append(f"cat > {name} <<'END'\n{text}END")
    return "\n".join(lines)


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def install(checkout: Checkout) -> None:
    """Give a checkout what `make install` makes, with which Snakemake makes dry runs."""
    venv = checkout.path / ".venv"
    executable(venv / "bin" / "snakemake", SNAKEMAKE)
    executable(venv / "bin" / "python", PYTHON)
    executable(checkout.path / "bin" / "make", MAKE)
    (venv / "bin" / "activate").write_text(f"PATH='{venv}/bin':$PATH\n")
    (venv / "run").touch()


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small memory game that simulated participants have played."""
    game = tmp_path_factory.mktemp("experiment") / "game"
    served.export(game)
    command = [sys.executable, "-m", "mnemo.experiment", "simulate", game, "--participants", "2"]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, check=True)
    return game


@pytest.fixture(scope="module")
def examples(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Run the Python of a page in a folder that has the results of which it speaks."""

    def run(page: str) -> Path:
        folder = tmp_path_factory.mktemp(page)
        text = "\n".join(text for language, text in blocks(page) if language == "python")
        for study in set(re.findall(r"results/([\w-]+)/", text)):
            results = folder / "results" / study
            results.mkdir(parents=True)
            for path in finished.results().iterdir():
                (results / path.name).symlink_to(path)
            # Other studies have further tables: of these, all columns, and no rows.
            for name in RESULTS:
                if not (table := results / f"{name}.parquet").exists():
                    pq.write_table(pa.Table.from_pylist([], schema=joined.schema(name)), table)
        subprocess.run([sys.executable, "-c", text], cwd=folder, check=True)
        return folder

    return run


@pytest.fixture(scope="module")
def done(
    finished: Checkout,
    answered: Path,
    examples: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, "subprocess.CompletedProcess[str]"]:
    """What the commands of all pages did, two pages at a time."""

    def run(page: str) -> "subprocess.CompletedProcess[str]":
        checkout = Checkout(tmp_path_factory.mktemp(page) / "mnemo")
        if page == "publish":
            checkout = finished.copy(checkout.path)
            shutil.copy(checkout.path / "tests/data/study.yaml", checkout.path / "config.yaml")
        else:
            checkout.check_out()
        install(checkout)
        if page == "experiment":
            shutil.copytree(answered, checkout.path / "game")
        elif page == "photographs":
            shutil.copytree(ROOT / "studies" / "photographs", checkout.path / "my-photos")
        elif page == "ratings":
            shutil.copy(examples(page) / "my-ratings.csv", checkout.path)
        return subprocess.run(
            ["/bin/bash", "-c", script(page)],
            cwd=checkout.path,
            env={
                "PATH": f"{checkout.path}/bin:/usr/bin:/bin",
                "HOME": str(checkout.path),
                "XDG_CONFIG_HOME": str(checkout.path / "config-home"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(PAGES, pool.map(run, PAGES), strict=True))


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_tutorial_run(
    done: dict[str, "subprocess.CompletedProcess[str]"], page: str
) -> None:
    assert done[page].returncode == 0, done[page].stdout
    assert "Job stats" in done[page].stdout


@pytest.mark.parametrize("page", PAGES)
def test_a_study_of_a_tutorial_has_no_mistake(page: str) -> None:
    studies = [yaml.safe_load(text) for language, text in blocks(page) if language == "yaml"]
    assert studies or page == "cluster"
    for study in studies:
        checked(study)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "python" in dict(blocks(page)) and page != "ratings"]
)
def test_the_python_of_a_tutorial_runs(examples: Callable[[str], Path], page: str) -> None:
    examples(page)


def test_the_ratings_that_a_tutorial_makes_are_those_of_its_images(
    examples: Callable[[str], Path],
) -> None:
    made = examples("ratings") / "my-ratings.csv"
    ratings = read(made, "liked", images.of_seeds(0, 50))
    assert len(ratings) == 50
    assert ratings["score"].std() > 0.5


def test_a_tutorial_has_only_blocks_that_are_tested() -> None:
    for page in PAGES:
        found = list(blocks(page))
        assert {language for language, _ in found} <= {"bash", "python", "yaml"}
        assert (FOLDER / f"{page}.md").read_text().count("\n```\n") == len(found)
