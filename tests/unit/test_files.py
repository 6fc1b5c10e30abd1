"""A file is whole or absent, whoever else writes it at the same time."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mnemo import files, locks
from mnemo.errors import MnemoError

WRITER = """
import sys
from mnemo import files
path, content = sys.argv[1:]
with files.whole(path) as partial, partial.open("w") as out:
    for _ in range(2):
        out.write(content)
        out.flush()
        print(flush=True)
        sys.stdin.readline()
"""


class Writer:
    """A process that writes a content twice to a file, and pauses after each time."""

    def __init__(self, path: Path, content: str):
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, content],
            env={**os.environ, "PYTHONPATH": str(Path(files.__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait(self) -> None:
        """Wait until it pauses."""
        assert self.process.stdout
        assert self.process.stdout.readline()

    def go_on(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()


def test_of_two_processes_that_write_a_file_each_ends_with_all_of_its_own_content(
    tmp_path: Path,
) -> None:
    path = tmp_path / "table"
    first, second = Writer(path, "first"), Writer(path, "second")
    for writer in (first, second):
        writer.wait()
    for writer in (second, first):
        writer.go_on()
        writer.wait()
    assert not path.exists()
    for writer, content in ((first, "firstfirst"), (second, "secondsecond")):
        writer.go_on()
        assert writer.process.wait() == 0
        assert path.read_text() == content
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_name_and_process_id_do_not_meet(tmp_path: Path) -> None:
    """As processes of two containers may be; here both are this process."""
    path = tmp_path / "table"
    with files.whole(path) as first:
        first.write_text("first")
        with files.whole(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"


def test_a_writer_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_text("before")
    half = 'echo half > "$0"; false'
    with pytest.raises(subprocess.CalledProcessError), files.whole(path) as partial:
        subprocess.run(["sh", "-c", half, partial], check=True)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_leaves_is_cleared_once_it_is_dead(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "table", "content")
    writer.wait()
    (partial,) = tmp_path.iterdir()
    locks.clear_partials(tmp_path)
    assert partial.exists()
    writer.process.kill()
    writer.process.wait()
    locks.clear_partials(tmp_path)
    assert not partial.exists()


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_place_where_nothing_can_be_written_is_named_with_the_remedy(
    tmp_path: Path, code: int
) -> None:
    path = tmp_path / "table"
    message = f"{path} could not be written: {os.strerror(code)}. Allow writing there"
    for own in (True, False):
        with pytest.raises(MnemoError, match=re.escape(message)), files.whole(path) as partial:
            raise OSError(code, os.strerror(code), *([str(partial)] if own else []))


def test_another_file_that_may_not_be_read_is_not_mistaken_for_the_one_written(
    tmp_path: Path,
) -> None:
    with pytest.raises(PermissionError, match="other"), files.whole(tmp_path / "table"):
        raise OSError(errno.EACCES, "Permission denied", str(tmp_path / "other"))
