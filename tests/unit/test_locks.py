"""What the dead leave is cleared, what the living use is not, and a lookalike stops nothing."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from mnemo import locks
from mnemo.errors import MnemoError

DAY = 24 * 60 * 60


@contextmanager
def running(folder: Path, *words: str | Path) -> Iterator[int]:
    """Run a command in a folder, and give its process id once it is that command."""
    process = subprocess.Popen(words, cwd=folder)
    try:
        deadline = time.time() + 60
        while psutil.Process(process.pid).cmdline()[-1:] != [str(words[-1])]:
            assert time.time() < deadline
            time.sleep(0.01)
        yield process.pid
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a stale lock, in which Snakemake would have nothing to do."""
    (tmp_path / "Snakefile").write_text("rule all:\n    output: 'x'\n    shell: 'touch x'\n")
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    (tmp_path / ".snakemake" / "locks" / "0.output.lock").write_text("x\n")
    (tmp_path / ".snakemake" / "log").mkdir()
    (tmp_path / ".snakemake" / "log" / "x.snakemake.log").touch()
    return tmp_path.resolve()


def sleeper(path: Path) -> Path:
    """Write a Python script that sleeps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("import time; time.sleep(60)")
    return path


def test_a_stale_lock_is_cleared_while_somebody_reads_a_log(folder: Path) -> None:
    with running(folder, "tail", "-f", ".snakemake/log/x.snakemake.log"):
        assert locks.clear(folder)
    assert not list(folder.glob(".snakemake/locks/*"))
    assert not locks.clear(folder)


def test_a_job_of_snakemake_keeps_the_lock(folder: Path) -> None:
    script = sleeper(folder / ".snakemake" / "scripts" / "tmp1.render_images.py")
    with (
        running(folder, sys.executable, script) as process,
        pytest.raises(MnemoError, match=rf"running in this folder \(process {process}\)"),
    ):
        locks.clear(folder)
    assert list((folder / ".snakemake" / "locks").iterdir())


def test_without_a_lock_a_process_stops_nothing(folder: Path) -> None:
    (folder / ".snakemake" / "locks" / "0.output.lock").unlink()
    script = sleeper(folder / ".snakemake" / "scripts" / "tmp1.render_images.py")
    with running(folder, sys.executable, script):
        assert not locks.clear(folder)


def test_snakemake_is_known_however_it_was_started(folder: Path) -> None:
    script = sleeper(folder / "bin" / "snakemake")
    # The module that `-m` finds first is the one in the working folder.
    shutil.copy(script, folder / "snakemake.py")
    (folder / "own").mkdir()
    (folder / "own" / "snakemake").symlink_to(shutil.which("sleep") or "")
    for words in (
        (sys.executable, script, "--cores", "1"),
        (sys.executable, "-X", "dev", "-m", "snakemake", "--cores", "1"),
        (folder / "own" / "snakemake", "60"),
    ):
        with running(folder, *words) as process:
            assert locks.processes(folder) == [process]


def test_what_only_mentions_snakemake_or_works_elsewhere_is_not_snakemake(folder: Path) -> None:
    other = sleeper(folder / "notes.py")
    script = sleeper(folder / "bin" / "snakemake")
    with (
        running(folder, sys.executable, other, "snakemake"),
        running(folder, "tail", "-f", script),
        running(folder / "bin", sys.executable, script),
    ):
        assert locks.processes(folder) == []


def test_a_lock_that_snakemake_cannot_clear_is_told_in_its_words(folder: Path) -> None:
    (folder / "Snakefile").write_text(
        "from snakemake.exceptions import WorkflowError\n"
        "raise WorkflowError('the study is not right')\n"
    )
    with pytest.raises(MnemoError, match="could not clear the lock(?s:.)*the study is not right"):
        locks.clear(folder)
    assert list((folder / ".snakemake" / "locks").iterdir())


def partial(folder: Path, writer: str, age: float = 0) -> Path:
    """Leave the file that a job on some machine was writing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".00000.parquet.0123abcd.{writer}.partial"
    path.touch()
    os.utime(path, (time.time() - age,) * 2)
    return path


@pytest.fixture(scope="module")
def ended() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_files_of_dead_writers_are_removed_at_any_depth(tmp_path: Path, ended: int) -> None:
    here = f"{ended}@{socket.gethostname()}"
    stale = [partial(tmp_path / "results" / deep, here) for deep in ("", "demo/fit")]
    elsewhere = partial(tmp_path / "others", here)
    locks.clear_partials(tmp_path / "results", tmp_path / "absent")
    assert not any(path.exists() for path in stale)
    assert elsewhere.exists()


def test_files_of_living_writers_stay_however_old(tmp_path: Path) -> None:
    written = partial(tmp_path, f"{os.getpid()}@{socket.gethostname()}", age=10 * DAY)
    locks.clear_partials(tmp_path)
    assert written.exists()


@pytest.mark.parametrize("prefix", ["gpu-1.", "gpu-1-", "x"])
def test_files_of_another_machine_stay_until_nothing_was_written_to_them_for_a_day(
    tmp_path: Path, ended: int, prefix: str
) -> None:
    """The other machine's name ends as this one's does."""
    written = partial(tmp_path / "a", f"{ended}@{prefix}{socket.gethostname()}", age=DAY - 60)
    abandoned = partial(tmp_path / "b", f"{ended}@{prefix}{socket.gethostname()}", age=DAY + 60)
    locks.clear_partials(tmp_path)
    assert written.exists()
    assert not abandoned.exists()


def test_files_that_mnemo_was_not_writing_stay(tmp_path: Path, ended: int) -> None:
    names = [
        "a.parquet",
        ".partial",
        ".mine.partial",
        ".mine.too.partial",
        f".mine.{ended}.partial",
        f".mine@{socket.gethostname()}.partial",
        f"a.{ended}@{socket.gethostname()}.partial",
    ]
    for name in names:
        (tmp_path / name).touch()
    locks.clear_partials(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(names)
