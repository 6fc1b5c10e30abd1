"""Reading weights files of any format as data, and loading them completely into networks."""

import mmap
import re
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import lz4.frame
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mnemo.checkpoints import hdf5, matlab, pickles
from mnemo.checkpoints.hdf5 import Hdf5 as Hdf5
from mnemo.checkpoints.pickles import Record as Record
from mnemo.errors import AGAIN, MnemoError

# What the parsers may raise for a damaged file.
_DAMAGE = (
    EOFError,
    LookupError,
    OSError,  # for a zip file that refers to places outside itself
    OverflowError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
# The header as every version of numpy writes it. It is matched here because numpy's own parser
# evaluates it as Python literals.
_HEADER = re.compile(
    rb"\{'descr': '([<>=|])(O|[a-z]\d+)', 'fortran_order': (True|False), "
    rb"'shape': \(([\dL, ]*)\),? *\}\s*"
)
# The same for an array that does not hold numbers, whose content is not read.
_OTHER_HEADER = re.compile(
    rb"\{'descr': (?:'[<>=|]([USMmV]\d+[^'\n]*)'|\[.+\]), 'fortran_order': (?:True|False), "
    rb"'shape': \(([\dL, ]*)\),? *\}\s*"
)
_LONGEST_HEADER = 1000
_CHUNK = 2**20
# The first bytes of a frame of LZ4.
_LZ4 = b"\x04\x22\x4d\x18"
# LZ4 expands to at most 255 times as much: this to 16 MiB, beyond which the budget decides.
_LZ4_CHUNK = 2**16
_SAVE = (
    "If it is your own, write a file with arrays or tensors alone, as numpy.savez or "
    "torch.save(network.state_dict(), ...) does."
)
# How files of other kinds begin, and what they are.
_OTHERS = {
    b"<": "is a web page or another text with markup, not the file that was to be downloaded",
    b"version https://git-lfs": "is a pointer of Git LFS; run `git lfs pull` where it came from",
    b"PAR1": "is a parquet table",
    b"PK\x05\x06": "is an empty archive",
    b"\x1f\x8b": "is compressed with gzip; unpack it first",
    b"BZh": "is compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "is compressed with xz; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive; unpack it first",
    b"\x89PNG": "is an image",
    b"\xff\xd8\xff": "is an image",
}


class Safetensors(NamedTuple):
    """The content of a safetensors file.

    Attributes:
        metadata: The metadata that its writer stored.
        tensors: Tensors by name, on the CPU.
    """

    metadata: Mapping[str, str]
    tensors: Mapping[str, Tensor]


def read(path: str | Path) -> Any:
    """Read a weights file of any known format, without executing anything in it.

    The format is detected from the content: safetensors, HDF5, torch files from before and after
    2020, pickles (also joblib's, compressed with LZ4 or not), `.npy`, `.npz` or MATLAB 5.

    Args:
        path: The file.

    Returns:
        `Safetensors`, `Hdf5`, or a tree of dicts (also for an `.npz` and a MATLAB file), lists
        (also for sets), tuples, text, bytes, numbers, None, numpy arrays of numbers (an array of
        objects becomes a list or, if it has no dimensions, its content), torch tensors on the CPU
        (parameters become tensors, and every tensor keeps its stored type), and a `Record` for
        each object of another class: NVIDIA's networks, dates, paths, classes of the user's own,
        and also an array of text.

    Raises:
        MnemoError: The file is missing, damaged or in another format, or it refers to something of
            Python, numpy or torch that holds no data.
    """
    path = Path(path)
    if not path.is_file():
        raise MnemoError(f"{path} is missing: correct its path, or run `snakemake weights`")
    try:
        file = path.open("rb")
    except OSError as why:
        raise MnemoError(f"{path} can't be read: {why.strerror}") from why
    try:
        with file:
            # The mapping is not closed here, because an error's traceback may hold a view of it; it
            # is released with its last view.
            return _read(path, memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    except pickles.RefusedError as why:
        raise MnemoError(
            f"{path} can't be read: it {why}. Nothing in it was executed. {_SAVE} {AGAIN}"
        ) from why
    except _DAMAGE as why:
        reason = (str(why) or type(why).__name__).splitlines()[0]
        raise MnemoError(
            f"{path} is damaged, cut short or of another kind ({reason}). {AGAIN}"
        ) from why


def tensors(path: str | Path, key: str | None = None) -> dict[str, Tensor]:
    """Read a weights file that holds tensors by name.

    Args:
        path: A file in a format that `read` reads.
        key: The entry that holds the tensors; None if the whole file does.

    Returns:
        The tensors by name, on the CPU.

    Raises:
        MnemoError: As for `read`, or the file holds something else.
    """
    content = read(path)
    if isinstance(content, Safetensors):
        content = content.tensors
    if key is not None:
        content = content.get(key) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in content.items()
    ):
        raise MnemoError(
            f"{path} is not the expected file: it holds no tensors by name"
            f"{f' as {key!r}' if key else ''}. {AGAIN}"
        )
    return content


def fill(
    network: nn.Module,
    state: Mapping[str, Tensor],
    path: str | Path,
    unused: Collection[str] = (),
) -> None:
    """Load every tensor of a checkpoint into a network, leaving no tensor at its initial value.

    Args:
        network: The network, changed in place.
        state: Tensors by the network's own names.
        path: The file that they come from, for error messages.
        unused: Names in `state` that the network does not need.

    Raises:
        MnemoError: A tensor is missing or unexpected, has another shape, or is not finite.
    """
    used = {name: tensor for name, tensor in state.items() if name not in unused}
    # A sum that is finite is of finite numbers, and takes a tenth of the time of looking at each.
    broken = [
        name
        for name, tensor in used.items()
        if not (torch.isfinite(tensor.sum()) or torch.isfinite(tensor).all())
    ]
    if broken:
        raise MnemoError(
            f"{path} holds infinite or undefined numbers, in {', '.join(broken)}: the file is "
            "damaged, or its training failed"
        )
    try:
        network.load_state_dict(used)
    except RuntimeError as why:
        raise MnemoError(f"{path} holds another network: {why}") from why


def _read(path: Path, data: memoryview) -> Any:
    """Detect the format of a file, and read it."""
    budget = pickles.Budget(len(data))
    start = bytes(data[:9])
    if start.startswith(b"PK\x03\x04"):
        return _zip(path, budget)
    if start.startswith(b"\x93NUMPY"):
        return _npy(data, budget)
    if start.startswith(hdf5.MAGIC):
        return hdf5.load(path, data, budget)
    if start.startswith(matlab.MAGIC):
        return matlab.load(data, budget)
    if start.startswith(_LZ4):
        return pickles.load(memoryview(_expanded(data, budget)), budget)
    # A safetensors file begins with the length of its header, below 100 MB, and the header's first
    # character.
    if start.endswith(b"\0\0\0\0{"):
        return _safetensors(path)
    for magic, what in _OTHERS.items():
        if bytes(data[: len(magic)]) == magic:
            raise pickles.RefusedError(what)
    try:
        return pickles.load(data, budget)
    except pickles.RefusedError:
        raise
    except _DAMAGE:
        # A pickle of protocol 0 is text too, and is named as that.
        if len(data) and re.fullmatch(rb"[\t\n\r -~]+", bytes(data[:200])):
            raise pickles.RefusedError("is a text file, such as JSON or CSV") from None
        raise


def _expanded(data: memoryview, budget: pickles.Budget) -> bytearray:
    """Decompress a frame of LZ4, within the budget."""
    budget.inflate(len(data))
    frame = lz4.frame.LZ4FrameDecompressor()
    content = bytearray()
    for start in range(0, len(data), _LZ4_CHUNK):
        part = frame.decompress(data[start : start + _LZ4_CHUNK])
        budget.make(len(part))
        content += part
        if frame.eof:
            return content
    raise EOFError("its compressed content is too short")


def _safetensors(path: Path) -> Safetensors:
    with safe_open(path, "pt") as file:
        return Safetensors(
            dict(file.metadata() or {}),
            {name: file.get_tensor(name) for name in file.offset_keys()},
        )


def _zip(path: Path, budget: pickles.Budget) -> Any:
    """Read a torch file from 2020 or later, or an `.npz`."""
    with zipfile.ZipFile(path) as archive:
        # Some programs that pack an archive again add folders, and macOS its own files.
        names = [
            name for name in archive.namelist() if not re.search(r"/$|^__MACOSX/|\.DS_Store$", name)
        ]
        if all(name.endswith(".npy") for name in names):
            return {
                name.removesuffix(".npy"): _npy(memoryview(_entry(archive, name, budget)), budget)
                for name in names
            }
        roots = [name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")]
        if len(roots) != 1 or f"{roots[0]}constants.pkl" in names:
            raise pickles.RefusedError("is a zip file with neither tensors nor arrays")
        return _torch(archive, roots[0], budget)


def _torch(archive: zipfile.ZipFile, root: str, budget: pickles.Budget) -> Any:
    """Read a torch file from 2020 or later, whose entries are in the folder `root`."""
    order = f"{root}byteorder"
    if order in archive.namelist() and _entry(archive, order, budget) != b"little":
        raise pickles.RefusedError("was written by a big-endian machine")
    found: dict[str, pickles.Storage] = {}

    def storages(dtype: torch.dtype, key: str, count: int) -> pickles.Storage:
        if key not in found:
            storage = pickles.Storage(dtype, count)
            storage.data = _entry(archive, f"{root}data/{key}", budget)
            found[key] = storage
        storage = found[key]
        if (storage.dtype, storage.count, storage.size) != (dtype, count, len(storage.data or b"")):
            raise ValueError(f"the storage {key} is damaged")
        return storage

    pickle = memoryview(_entry(archive, f"{root}data.pkl", budget))
    return pickles.load(pickle, budget, storages)


def _entry(archive: zipfile.ZipFile, name: str, budget: pickles.Budget) -> bytearray:
    """Read an entry of a zip file, within its stated length and the budget."""
    entry = archive.getinfo(name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise pickles.RefusedError("is compressed in a way that neither torch nor numpy uses")
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        budget.inflate(entry.compress_size)
    budget.make(entry.file_size)
    content = bytearray(entry.file_size)
    with archive.open(entry) as file:
        for start in range(0, entry.file_size, _CHUNK):
            content[start : start + _CHUNK] = file.read(_CHUNK)
    if len(content) != entry.file_size:
        raise EOFError(f"{name} is too short")
    return content


def _npy(data: memoryview, budget: pickles.Budget) -> Any:
    """Read an `.npy` file."""
    start = 10 if data[6] == 1 else 12
    end = start + int.from_bytes(data[8:start], "little")
    if end > len(data):
        raise EOFError("its header is too short")
    text = bytes(data[start : min(end, start + _LONGEST_HEADER)])
    if other := _OTHER_HEADER.fullmatch(text):
        code, lengths = ((group or b"V").decode() for group in other.groups())
        return Record("numpy.ndarray", (code, _shape(lengths)), None)
    header = _HEADER.fullmatch(text)
    if header is None:
        raise pickles.RefusedError("is not an array of numbers")
    order, code, fortran, lengths = (group.decode() for group in header.groups())
    if code == "O":
        return pickles.load(data[end:], budget)
    return pickles.array(budget, data[end:], order, code, _shape(lengths), fortran == "True")


def _shape(lengths: str) -> tuple[int, ...]:
    return tuple(int(length) for length in re.findall(r"\d+", lengths))
