"""A file arrives whole and of one version, whatever servers, networks and kills do on the way."""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.paths import SCRIPTS
from tests.support.server import Site, serving

from mnemo.errors import MnemoError
from mnemo.weights import downloads

CONTENT = random.Random(1).randbytes(1_000_000)
OTHER = random.Random(2).randbytes(900_000)


@pytest.fixture(autouse=True)
def _local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the server itself, and again soon."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "WAIT", 0.005)


def download(site: Site, folder: Path) -> bytes:
    """Download the site's file, and make sure that nothing else is left in the folder."""
    downloads.download(f"{site.url}/weights.pkl", folder / "target", folder / ".kept")
    assert [path.name for path in folder.iterdir()] == ["target"]
    return (folder / "target").read_bytes()


def fail(site: Site, folder: Path, told: str) -> list[str]:
    """Fail to download the site's file, and name what is left in the folder."""
    with pytest.raises(downloads.UnavailableError, match=told):
        downloads.download(f"{site.url}/weights.pkl", folder / "target", folder / ".kept")
    return sorted(path.name for path in folder.iterdir())


def downloader(url: str, *paths: Path) -> subprocess.Popen[bytes]:
    """Start a process that downloads."""
    script = (
        "import sys; from pathlib import Path; from mnemo.weights import downloads;"
        "downloads.download(sys.argv[1], *map(Path, sys.argv[2:]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, url, *paths], env={**os.environ, "PYTHONPATH": str(SCRIPTS)}
    )


def until(condition: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("fault", ["cut", "reset"])
@pytest.mark.parametrize(("etag", "modified"), [('"1"', None), (None, 10**9), ('W/"1"', 10**9)])
def test_a_broken_connection_is_continued_where_it_broke(
    tmp_path: Path, fault: str, etag: str | None, modified: int | None
) -> None:
    site = Site(CONTENT, etag, modified, answers=[(fault, 300_000), (fault, 250_000)])
    with serving(site):
        assert download(site, tmp_path) == CONTENT
    assert "Range" not in site.asked[0]
    # A reset may overtake bytes that were sent before it.
    if fault == "cut":
        assert [asked["Range"] for asked in site.asked[1:]] == ["bytes=300000-", "bytes=550000-"]
        assert site.sent == len(CONTENT)


def test_a_silent_server_is_asked_again_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "TIMEOUT", 0.3)
    with serving(Site(CONTENT, answers=[("stall", 400_000)])) as site:
        assert download(site, tmp_path) == CONTENT
    assert [asked.get("Range") for asked in site.asked] == [None, "bytes=400000-"]


def test_a_download_is_continued_after_the_process_was_killed(tmp_path: Path) -> None:
    with serving(Site(CONTENT, pace=0.2)) as site:
        kept = tmp_path / ".kept"
        process = downloader(f"{site.url}/weights.pkl", tmp_path / "target", kept)
        until(lambda: kept.is_file() and kept.stat().st_size)
        process.kill()
        process.wait()
        have = kept.stat().st_size
        site.pace = 0
        assert download(site, tmp_path) == CONTENT
    assert 0 < have < len(CONTENT)
    assert site.asked[-1]["Range"] == f"bytes={have}-"


def test_of_several_processes_one_downloads_at_a_time(tmp_path: Path) -> None:
    with serving(Site(CONTENT, pace=0.03)) as site:
        kept = tmp_path / ".kept"
        targets = [tmp_path / name for name in "abc"]
        processes = [downloader(f"{site.url}/weights.pkl", path, kept) for path in targets]
        assert [process.wait() for process in processes] == [0, 0, 0]
    assert site.at_once == 1
    assert [path.read_bytes() for path in targets] == [CONTENT] * 3
    assert sorted(tmp_path.iterdir()) == targets


@pytest.mark.parametrize("heeds_if_range", [True, False])
def test_a_file_that_changes_on_the_way_is_all_of_the_new_version(
    tmp_path: Path, heeds_if_range: bool
) -> None:
    site = Site(CONTENT, heeds_if_range=heeds_if_range, answers=[("cut", 300_000)])
    site.changes_to = (OTHER, '"2"', None)
    with serving(site):
        assert download(site, tmp_path) == OTHER


@pytest.mark.parametrize(
    ("etag", "ranges"), [(None, True), ('W/"1"', True), ('"1"', False)], ids=str
)
def test_what_cannot_be_continued_starts_anew(
    tmp_path: Path, etag: str | None, ranges: bool
) -> None:
    with serving(Site(CONTENT, etag, ranges=ranges, answers=[("cut", 300_000)])) as site:
        assert download(site, tmp_path) == CONTENT
    assert site.sent == 300_000 + len(CONTENT)


def test_a_file_that_was_whole_when_the_process_was_killed_arrives(tmp_path: Path) -> None:
    with serving(Site(CONTENT)) as site:
        (tmp_path / ".kept").write_bytes(CONTENT)
        (tmp_path / ".kept.version").write_text(f'{site.url}/weights.pkl\n"1"\n')
        assert download(site, tmp_path) == CONTENT


def test_what_is_kept_of_another_address_is_not_continued(tmp_path: Path) -> None:
    with serving(Site(CONTENT)) as site:
        (tmp_path / ".kept").write_bytes(OTHER[:1000])
        (tmp_path / ".kept.version").write_text(f'{site.url}/other.pkl\n"1"\n')
        assert download(site, tmp_path) == CONTENT


def test_a_download_is_continued_behind_a_redirection(tmp_path: Path) -> None:
    with serving(Site(CONTENT, moved=True, answers=[("cut", 300_000)])) as site:
        assert download(site, tmp_path) == CONTENT
    assert site.sent == len(CONTENT)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(tmp_path: Path, status: int) -> None:
    with serving(Site(CONTENT, answers=[status, status])) as site:
        assert download(site, tmp_path) == CONTENT
    assert len(site.asked) == 3


def test_a_server_is_left_alone_for_as_long_as_it_asks(tmp_path: Path) -> None:
    with serving(Site(CONTENT, answers=[503], retry_after=1)) as site:
        before = time.monotonic()
        assert download(site, tmp_path) == CONTENT
    assert time.monotonic() - before > 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_told_at_once(tmp_path: Path, status: int) -> None:
    with serving(Site(CONTENT, answers=[status])) as site:
        assert fail(site, tmp_path, f"the server answered {status}") == []
    assert len(site.asked) == 1


def test_a_server_that_is_not_reached_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        site = Site(url=f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert fail(site, tmp_path, r"Connection refused, 5 times in a row") == []


def test_a_server_that_gives_nothing_new_is_given_up_and_what_came_is_kept(tmp_path: Path) -> None:
    with serving(Site(CONTENT, answers=[("cut", 300_000), *[503] * 9])) as site:
        kept = fail(site, tmp_path, "the server answered 503 .*, 5 times in a row")
        assert len(site.asked) == 1 + 5 - 1
        assert kept == [".kept", ".kept.version"]
        site.answers.clear()
        assert download(site, tmp_path) == CONTENT
    assert site.sent == len(CONTENT)


def test_nothing_is_kept_that_could_not_be_continued(tmp_path: Path) -> None:
    with serving(Site(CONTENT, None, answers=[("cut", 300_000), *[503] * 9])) as site:
        assert fail(site, tmp_path, "the server answered 503") == []


def test_a_slow_line_that_breaks_often_is_enough(tmp_path: Path) -> None:
    with serving(Site(CONTENT, answers=[("cut", 60_000)] * 16)) as site:
        assert download(site, tmp_path) == CONTENT
    assert len(site.asked) == 17


class Unending(Site):
    """A server whose Content-Length is no number."""

    def version(self) -> dict[str, str]:
        return {**super().version(), "Content-Length": "abc"}


class Chunked(Site):
    """A server that sends its content, laid out in chunks already, as chunks."""

    def version(self) -> dict[str, str]:
        return {**super().version(), "Transfer-Encoding": "chunked"}


def test_a_length_that_is_no_number_is_no_length(tmp_path: Path) -> None:
    with serving(Unending(CONTENT)) as site:
        assert download(site, tmp_path) == CONTENT


def test_a_file_without_a_length_is_refused_before_it_comes_where_a_cut_would_go_unnoticed(
    tmp_path: Path,
) -> None:
    paths = tmp_path / "target", tmp_path / ".kept"
    with (
        serving(Unending(CONTENT, answers=[("cut", 300_000)] * 2)) as site,
        pytest.raises(downloads.UnavailableError, match="does not tell how long the file is"),
    ):
        downloads.download(f"{site.url}/weights.pkl", *paths, whole=True)
    assert not [path for path in paths if path.exists()]
    assert len(site.asked) == 1


def test_chunks_tell_where_a_file_ends(tmp_path: Path) -> None:
    pieces = [CONTENT[start : start + 100_000] for start in range(0, len(CONTENT), 100_000)]
    chunks = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    # Within a chunk, between two, and before the chunk of no bytes that ends the file.
    cuts = [("cut", 250_000), ("cut", 100_009), ("cut", len(chunks))]
    with serving(Chunked(chunks + b"0\r\n\r\n", etag=None, answers=[*cuts])) as site:
        target = tmp_path / "target"
        downloads.download(f"{site.url}/weights.pkl", target, tmp_path / ".kept", whole=True)
    assert target.read_bytes() == CONTENT
    assert len(site.asked) == 4


def test_a_file_that_does_not_fit_on_the_disk_is_told_before_it_comes(tmp_path: Path) -> None:
    with (
        serving(Site(CONTENT, promised=10**18)) as site,
        pytest.raises(MnemoError, match=r"has room for .* MB, and 1,000,000,000,000 MB are to"),
    ):
        download(site, tmp_path)
    assert not (tmp_path / "target").exists()
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        (
            "ERROR: Could not find a version\nERROR: No matching distribution found for it\n\n"
            "[notice] A new release of pip is available: 23.2.1 -> 26.0\n"
            "[notice] To update, run: pip install --upgrade pip",
            "ERROR: No matching distribution found for it",
        ),
        ("WARNING: Retrying\nno route", "no route"),
        ("", "pip gave no reason"),
    ],
)
def test_the_reason_that_pip_gives_is_its_error_and_not_its_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, reason: str
) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").touch()
    (tmp_path / "pip" / "__main__.py").write_text(f"raise SystemExit({printed!r})\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(downloads.UnavailableError) as raised:
        downloads.unpack("it==1.0", "weights", tmp_path / "target")
    assert str(raised.value) == reason
