"""Write weights files that try to run code, fill the memory, or never end.

Each function is one file, and its docstring says what it tries. `python -m tests.data.hostile
FOLDER` writes them all for a look at them; some create a file, the canary, once a program reads
them that trusts them.
"""

import io
import marshal
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import joblib
import lz4.frame
import numpy as np
import torch

Maker = Callable[[Path], bytes]

#: What makes each file, given the canary, and what the error about it says: files that create the
#: canary where they are trusted, ...
RUNNERS: dict[Maker, str] = {}
#: ... files that reach for memory or objects that are not theirs, ...
INTRUDERS: dict[Maker, str] = {}
#: ... and files that fill the memory or never end.
BOMBS: dict[Maker, str] = {}


def _file(files: dict[Maker, str], told: str) -> Callable[[Maker], Maker]:
    def register(make: Maker) -> Maker:
        files[make] = told
        return make

    return register


# The opcodes of a pickle.


def pickled(body: bytes, protocol: int = 2) -> bytes:
    """Make a pickle of the opcodes that leave its content on the stack."""
    return b"\x80" + bytes([protocol]) + body + b"."


def value(content: object) -> bytes:
    """Give the opcodes of plain content, without its places in the memo."""
    return pickle.dumps(content, 3)[2:-1] if not isinstance(content, str) else text(content)


def text(content: str) -> bytes:
    """Give the opcodes of text."""
    return b"X" + struct.pack("<I", len(content.encode())) + content.encode()


def named(name: str) -> bytes:
    """Give the opcode that takes a class or a function by its name."""
    module, _, name = name.rpartition(".")
    return f"c{module}\n{name}\n".encode()


def call(name: str, *arguments: bytes) -> bytes:
    """Give the opcodes that call a function of a name."""
    return named(name) + b"(" + b"".join(arguments) + b"tR"


def _bytes(content: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(content)) + content


def _storage() -> bytes:
    """Give the torch file that holds three numbers in a pickle of a tensor."""
    file = io.BytesIO()
    numbers = torch.zeros(3).untyped_storage()
    storage = torch.storage.TypedStorage(wrap_storage=numbers, dtype=torch.float32, _internal=True)
    torch.save(storage, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


#: How an old torch file starts.
_PREAMBLE = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)


def touch(canary: Path) -> bytes:
    """Give the opcodes that create the canary."""
    return call("posix.system", text(f"touch {canary}"))


class Toucher:
    """Pickles as a call that creates the canary."""

    def __init__(self, canary: Path):
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, (f"touch {self.canary}",)


def _saved(content: object, **options: bool) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


# Files that would run code.


@_file(RUNNERS, "names posix.system")
def a_call_of_the_shell(canary: Path) -> bytes:
    """Calls os.system."""
    return pickled(touch(canary))


@_file(RUNNERS, "names posix.system")
def a_call_of_the_shell_in_protocol_4(canary: Path) -> bytes:
    """Calls os.system, whose name is two texts on the stack."""
    return pickle.dumps(Toucher(canary), 4)


@_file(RUNNERS, "names posix.system")
def a_call_of_the_shell_by_inst(canary: Path) -> bytes:
    """Calls os.system by the opcode with which protocol 0 made instances."""
    return b"(" + text(f"touch {canary}") + b"iposix\nsystem\n."


@_file(RUNNERS, "names posix.system")
def a_call_of_the_shell_by_obj(canary: Path) -> bytes:
    """Calls os.system by the opcode with which protocol 1 made instances."""
    return b"(" + named("posix.system") + text(f"touch {canary}") + b"o."


@_file(RUNNERS, "names builtins.eval")
def an_evaluated_text(canary: Path) -> bytes:
    """Calls eval, by the name that it had in Python 2."""
    return pickled(call("__builtin__.eval", text(f"open({str(canary)!r}, 'w')")))


@_file(RUNNERS, "names builtins.exec")
def an_executed_text(canary: Path) -> bytes:
    """Calls exec."""
    return pickled(call("builtins.exec", text(f"open({str(canary)!r}, 'w')")), 3)


@_file(RUNNERS, "names builtins.__import__")
def a_chain_of_attributes(canary: Path) -> bytes:
    """Reaches os.system by getattr and __import__, and never names it."""
    system = call("builtins.getattr", call("builtins.__import__", text("os")), text("system"))
    return pickled(system + b"(" + text(f"touch {canary}") + b"tR", 3)


@_file(RUNNERS, "names torch.serialization.os.system")
def a_dotted_name(canary: Path) -> bytes:
    """Reaches os.system as an attribute of a module that imports os."""
    name = text("torch.serialization") + text("os.system") + b"\x93"
    return pickled(name + text(f"touch {canary}") + b"\x85R", 4)


@_file(RUNNERS, "names subprocess.Popen")
def a_process(canary: Path) -> bytes:
    """Starts a process."""
    return pickled(call("subprocess.Popen", value(["touch", str(canary)])), 4)


@_file(INTRUDERS, "names subprocess.Popen")
def an_object_made_anew(_: Path) -> bytes:
    """Makes an object of a class that is not allowed, without its arguments."""
    return pickled(named("subprocess.Popen") + b")\x81")


@_file(INTRUDERS, "has the pickle operation NEWOBJ_EX")
def an_object_made_anew_with_keywords(_: Path) -> bytes:
    """Makes an object of an allowed class by an operation that no weights file has."""
    return pickled(named("collections.OrderedDict") + b")}\x92", 4)


@_file(RUNNERS, "names posix.system")
def a_state_that_is_called(canary: Path) -> bytes:
    """Gives a harmless object of the standard library a harmful state, by __setstate__."""
    partial = call("functools.partial", named("builtins.list"))
    state = b"(" + named("posix.system") + b"(" + text(f"touch {canary}") + b"t}Nt"
    return pickled(partial + state + b"b)R")


@_file(RUNNERS, "names posix.system")
def an_object_made_without_its_class(canary: Path) -> bytes:
    """Makes an object of any class, as protocols 0 and 1 do."""
    made = call(
        "copyreg._reconstructor", named("pathlib.PosixPath"), named("builtins.object"), b"N"
    )
    return pickled(made + touch(canary) + b"0", 3)


@_file(RUNNERS, "names types.CodeType")
def a_function_from_its_bytecode(canary: Path) -> bytes:
    """Makes a function of bytecode, which names nothing of what it calls, and calls it."""
    code = compile(f"open({str(canary)!r}, 'w')", "weights", "exec")
    counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_nlocals]
    parts = [*counts, code.co_stacksize, code.co_flags, code.co_code, code.co_consts, code.co_names]
    parts += [code.co_varnames, code.co_filename, code.co_name, code.co_qualname]
    parts += [code.co_firstlineno, code.co_linetable, code.co_exceptiontable]
    made = call("types.CodeType", *map(value, parts))
    return pickled(made + b"q\x000" + call("types.FunctionType", b"h\x00", b"}") + b")R", 3)


@_file(RUNNERS, "names types.FunctionType")
def a_function_from_a_cache(canary: Path) -> bytes:
    """Makes a function of the bytes of a .pyc file, and calls it."""
    code = marshal.dumps(compile(f"open({str(canary)!r}, 'w')", "weights", "exec"))
    return pickled(call("types.FunctionType", call("marshal.loads", value(code)), b"}") + b")R", 3)


@_file(RUNNERS, "names runpy._run_code")
def a_run_of_a_module(canary: Path) -> bytes:
    """Runs text as a module, by a function that few lists of forbidden names have."""
    return pickled(call("runpy._run_code", text(f"open({str(canary)!r}, 'w')"), b"}"))


@_file(RUNNERS, "names torch.load")
def another_file(canary: Path) -> bytes:
    """Has torch read another file, with no limits."""
    return pickled(call("torch.load", touch(canary)))


@_file(RUNNERS, "names torch_utils.persistence._src_to_module")
def a_source_by_itself(canary: Path) -> bytes:
    """Has NVIDIA's persistence.py execute source that belongs to no network."""
    source = text(f"open({str(canary)!r}, 'w')")
    return pickled(call("torch_utils.persistence._src_to_module", source))


@_file(RUNNERS, "names posix.system")
def a_state_of_a_network(canary: Path) -> bytes:
    """Hides the call among the variables of the second of NVIDIA's TensorFlow networks."""
    network = named("dnnlib.tflib.network.Network") + b")\x81}"
    calm = network + text("variables") + b"]sb"
    return pickled(
        calm + network + text("variables") + b"]" + touch(canary) + b"asb" + calm + b"\x87"
    )


@_file(RUNNERS, "names posix.system")
def a_state_of_a_persistent_network(canary: Path) -> bytes:
    """Hides the call in the state of one of NVIDIA's PyTorch networks."""
    meta = b"}(" + text("class_name") + text("Generator") + text("state") + touch(canary) + b"u"
    return pickled(call("torch_utils.persistence._reconstruct_persistent_obj", meta))


@_file(RUNNERS, "names posix.system")
def an_array_of_objects(canary: Path) -> bytes:
    """Hides the call in an .npy file, in an array of objects."""
    file = io.BytesIO()
    np.save(file, np.array({"4x4/Const/const": Toucher(canary)}), allow_pickle=True)
    return file.getvalue()


@_file(RUNNERS, "names posix.system")
def an_array_of_objects_in_a_zip(canary: Path) -> bytes:
    """Hides the call in an .npz file, behind an array of numbers."""
    file = io.BytesIO()
    np.savez(file, w=np.zeros(3), b=np.array([Toucher(canary)], object))
    return file.getvalue()


@_file(RUNNERS, "names posix.system")
def an_array_of_objects_in_a_pickle(canary: Path) -> bytes:
    """Hides the call in an array of objects that a pickle holds."""
    return pickle.dumps({"w": np.array([[0, Toucher(canary)]], object)}, 3)


@_file(RUNNERS, "has an array of numpy's type '|O8'")
def an_array_of_objects_of_joblib(canary: Path) -> bytes:
    """Hides the call in a file of joblib, in the pickle that follows an array of objects."""
    file = io.BytesIO()
    joblib.dump([np.zeros(3), np.array([Toucher(canary)], object)], file)
    return file.getvalue()


@_file(RUNNERS, "names posix.system")
def a_call_that_is_compressed(canary: Path) -> bytes:
    """Hides the call in a file of joblib that is compressed."""
    return lz4.frame.compress(pickle.dumps([0, Toucher(canary)], 4))


@_file(RUNNERS, "names posix.system")
def a_torch_file(canary: Path) -> bytes:
    """Hides the call in a torch file, beside tensors."""
    return _saved({"g_ema": {"w": torch.zeros(3)}, "args": Toucher(canary)})


@_file(RUNNERS, "names posix.system")
def a_torch_file_of_before_2020(canary: Path) -> bytes:
    """Hides the call in a torch file of the old format."""
    content = {"w": torch.zeros(3), "args": Toucher(canary)}
    return _saved(content, _use_new_zipfile_serialization=False)


@_file(RUNNERS, "names posix.system")
def the_preamble_of_a_torch_file(canary: Path) -> bytes:
    """Hides the call in the third of the pickles of an old torch file, which nobody uses."""
    return _PREAMBLE + pickle.dumps(Toucher(canary), 2)


@_file(RUNNERS, "names posix.system")
def the_bytes_of_a_storage(canary: Path) -> bytes:
    """Hides the call in a torch file that is the bytes of a tensor's storage in a pickle."""
    inner = a_torch_file_of_before_2020(canary)
    return pickled(call("torch.storage._load_from_bytes", _bytes(inner)), 3)


@_file(RUNNERS, "names posix.system")
def the_attributes_of_a_dict(canary: Path) -> bytes:
    """Hides the call in the attributes of an OrderedDict, where torch keeps its versions."""
    return pickled(
        call("collections.OrderedDict") + b"}" + text("_metadata") + touch(canary) + b"sb"
    )


@_file(RUNNERS, "names posix.system")
def a_whole_module(canary: Path) -> bytes:
    """Is a module instead of its tensors, with a call among its hooks."""
    module = torch.nn.Linear(2, 2)
    module.hook = Toucher(canary)  # type: ignore[assignment]
    return _saved(module)


# Files that would take what is not theirs.


@_file(INTRUDERS, "has the pickle operation EXT1")
def an_extension(_: Path) -> bytes:
    """Takes a function by its number in Python's registry of extensions."""
    return pickled(b"\x82\x01)R")


@_file(INTRUDERS, "refers to objects outside itself")
def an_object_elsewhere(_: Path) -> bytes:
    """Refers to an object that is not in the file, in a pickle that is no torch file."""
    return pickled(b"(" + text("storage") + named("torch.FloatStorage") + value(["0"]) + b"tQ")


@_file(INTRUDERS, "has the pickle operation PERSID")
def an_object_elsewhere_in_protocol_0(_: Path) -> bytes:
    """Refers to an object that is not in the file, in protocol 0."""
    return b"Pstorage\n."


@_file(INTRUDERS, "has the pickle operation NEXT_BUFFER")
def a_buffer_elsewhere(_: Path) -> bytes:
    """Refers to bytes that are not in the file."""
    return pickled(b"\x97", 5)


@_file(INTRUDERS, "has an array of numpy's type '|O8'")
def forged_addresses(_: Path) -> bytes:
    """Passes a number as the address of an object, in an array of objects."""
    dtype = call("numpy.dtype", text("O8"), value(False), value(True))
    raw = _bytes(struct.pack("<Q", 0xDEADBEEF))
    arguments = raw, dtype, value(1) + b"\x85", text("C")
    return pickled(call("numpy._core.numeric._frombuffer", *arguments), 5)


@_file(INTRUDERS, "a tensor reaches beyond its storage")
def a_look_at_the_memory(_: Path) -> bytes:
    """Has a tensor start 4 MB after its numbers."""
    storage = call("torch.storage._load_from_bytes", _bytes(_storage()))
    arguments = storage, value(2**20), value(3) + b"\x85", value(1) + b"\x85", value(False), b"}"
    return pickled(call("torch._utils._rebuild_tensor_v2", *arguments), 3)


@_file(INTRUDERS, "an array of shape")
def an_array_that_is_longer_than_its_numbers(_: Path) -> bytes:
    """Has an array of 1,000 numbers with the bytes of one."""
    array = pickle.dumps(np.zeros(1), 2)
    return array.replace(b"K\x01\x85", b"M\xe8\x03\x85")


# Files that would fill the memory or never end.


@_file(BOMBS, "a dict with a tuple as a key")
def a_key_that_doubles(_: Path) -> bytes:
    """Has a key of 2 to the power of 60 values, of which Python would take the hash."""
    return pickled(b"})" + b"q\x00h\x00\x86" * 60 + b"Ns")


@_file(BOMBS, "an integer of more than 64 bits as a key")
def keys_that_collide(_: Path) -> bytes:
    """Has 100,000 integers of the same hash as keys, each of which is compared with all others."""
    keys = ((2**61 - 1) * number for number in range(1, 100_001))
    items = b"".join(b"\x8a\x0a" + key.to_bytes(10, "little") + b"N" for key in keys)
    return pickled(b"}(" + items + b"u")


@_file(BOMBS, "more values than its size accounts for")
def a_tree_that_doubles(_: Path) -> bytes:
    """Has a list of twice the same list, of twice the same list, ... 60 deep."""
    return pickled(b"N" + b"q\x000](h\x00h\x00e" * 60)


@_file(BOMBS, "contains itself")
def a_list_in_itself(_: Path) -> bytes:
    """Has a list that holds itself."""
    return pickled(b"]q\x00h\x00a")


@_file(BOMBS, "nested more than 64 deep")
def lists_in_lists(_: Path) -> bytes:
    """Has a list in a list in a list, 100,000 times."""
    return pickled(b"]" * 100_000 + b"a" * 99_999)


@_file(BOMBS, "nested more than 64 deep")
def tuples_in_tuples(_: Path) -> bytes:
    """Has a tuple in a tuple in a tuple, 100,000 times."""
    return pickled(b")" + b"\x85" * 100_000)


@_file(BOMBS, "nested more than 64 deep")
def tuples_in_tuples_that_are_known(_: Path) -> bytes:
    """Has a list of tuples, each of which is nested 60 deep around the one before."""
    return pickled(b"(N" + (b"\x85" * 60 + b"q\x00h\x00") * 100 + b"l")


@_file(BOMBS, "nested more than 64 deep")
def networks_in_networks(_: Path) -> bytes:
    """Has a network in the state of a network, 50,000 times."""
    network = named("dnnlib.tflib.network.Network") + b"q\x00)\x81"
    return pickled(network + b"h\x00)\x81" * 50_000 + b"b" * 50_000)


@_file(BOMBS, "takes more operations than its size accounts for")
def endless_operations(_: Path) -> bytes:
    """Has a million operations, which leave nothing."""
    return pickled(b"N0" * 500_000 + b"N")


@_file(BOMBS, "many times more memory")
def bytes_that_are_encoded_again_and_again(_: Path) -> bytes:
    """Makes a megabyte of bytes from the same text, 100,000 times."""
    again = b"h\x00h\x01R"
    arguments = text("a" * 2**20) + text("latin1") + b"\x86q\x01"
    return pickled(b"]" + named("_codecs.encode") + b"q\x00" + arguments + b"R" + again * 100_000)


@_file(BOMBS, "many times more memory")
def an_array_that_is_made_again_and_again(_: Path) -> bytes:
    """Makes an array of the same megabyte, 100,000 times."""
    dtype = call("numpy.dtype", text("f4"), value(False), value(True))
    arguments = b"(" + _bytes(bytes(2**20)) + dtype + value(2**18) + b"\x85" + text("C") + b"tq\x01"
    start = b"(" + named("numpy._core.numeric._frombuffer") + b"q\x00" + arguments + b"R"
    return pickled(start + b"h\x00h\x01R" * 100_000 + b"l", 5)


@_file(BOMBS, "many times more memory")
def a_storage_that_is_read_again_and_again(_: Path) -> bytes:
    """Reads a megabyte that nobody uses in the bytes of a storage, 100,000 times."""
    machine = b"}" + text("little_endian") + b"\x88s"
    waste = pickled(_bytes(bytes(2**20)) + b"0" + machine)
    rest = _storage().removeprefix(_PREAMBLE)
    arguments = _bytes(_PREAMBLE + waste + rest[rest.index(b".\x80") + 1 :]) + b"\x85q\x01"
    start = b"(" + named("torch.storage._load_from_bytes") + b"q\x00" + arguments + b"R"
    return pickled(start + b"h\x00h\x01R" * 100_000 + b"l", 3)


@_file(BOMBS, "takes more operations than its size accounts for")
def a_list_that_is_copied_again_and_again(_: Path) -> bytes:
    """Makes a list of the same 10,000 values, 100,000 times."""
    arguments = b"](" + b"N" * 10_000 + b"e\x85q\x01"
    start = b"(" + named("builtins.set") + b"q\x00" + arguments + b"R"
    return pickled(start + b"h\x00h\x01R" * 100_000 + b"l", 3)


@_file(BOMBS, "a storage is damaged")
def storages_in_storages(_: Path) -> bytes:
    """Has a pickle in the bytes of a storage in a pickle in the bytes of a storage, 500 deep."""
    inner = pickled(b"N")
    for _level in range(500):
        inner = pickled(call("torch.storage._load_from_bytes", _bytes(_PREAMBLE + inner)), 3)
    return inner


@_file(BOMBS, "many times more memory")
def a_number_as_a_tensor_of_any_size(_: Path) -> bytes:
    """Has one number, expanded to a tensor of 10 to the power of 12 numbers."""
    return _saved({"w": torch.zeros(1).expand(10**6, 10**6)})


@_file(BOMBS, "many times more memory")
def nothing_as_an_array_of_any_size(_: Path) -> bytes:
    """Has an array without numbers, whose other dimension is 2 to the power of 60."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': (0, {2**60}), }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


@_file(BOMBS, "many times more memory")
def zeros_in_a_zip(_: Path) -> bytes:
    """Has 200 MB of zeros, compressed to 200 kB, as an array."""
    file = io.BytesIO()
    np.savez_compressed(file, w=np.zeros(200_000_000, np.uint8))
    return file.getvalue()


@_file(BOMBS, "many times more memory")
def zeros_in_a_torch_file(_: Path) -> bytes:
    """Has a torch file whose pickle is 100 MB of zeros, compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(100_000_000))
    return file.getvalue()


@_file(BOMBS, "many times more memory")
def zeros_in_a_frame_of_lz4(_: Path) -> bytes:
    """Has a list of 200 MB of zeros, compressed to 800 kB."""
    return lz4.frame.compress(pickled(b"]" + _bytes(bytes(200_000_000)) + b"a", 3))


@_file(BOMBS, "is damaged, cut short")
def numbers_of_joblib_without_end(_: Path) -> bytes:
    """Says that 2 to the power of 60 numbers follow an array."""
    file = io.BytesIO()
    joblib.dump(np.zeros(1), file)
    return file.getvalue().replace(b"K\x01\x85", b"\x8a\x08" + struct.pack("<Q", 2**60) + b"\x85")


@_file(BOMBS, "is compressed in a way that neither torch nor numpy uses")
def zeros_in_another_compression(_: Path) -> bytes:
    """Has an array that is compressed by a method without a limit of its ratio."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("w.npy", bytes(1000))
    return file.getvalue()


@_file(BOMBS, "is damaged, cut short")
def bytes_without_end(_: Path) -> bytes:
    """Says that 2 to the power of 62 bytes follow."""
    return pickled(b"\x8e" + struct.pack("<Q", 2**62), 4)


@_file(BOMBS, "is damaged, cut short")
def writable_bytes_without_end(_: Path) -> bytes:
    """Says that 2 to the power of 40 writable bytes follow."""
    return pickled(b"\x96" + struct.pack("<Q", 2**40), 5)


@_file(BOMBS, "is damaged, cut short")
def a_header_without_end(_: Path) -> bytes:
    """Says that a safetensors file has a header of 4 GB."""
    return struct.pack("<Q", 2**32 - 1) + b'{"w":'


@_file(BOMBS, "more than 128 bits")
def a_number_without_end(_: Path) -> bytes:
    """Has an integer of a megabyte, which takes hours to print."""
    return pickled(b"\x8b" + struct.pack("<i", 2**20) + b"\x7f" * 2**20)


@_file(BOMBS, "is not an array of numbers")
def a_header_that_is_nested(_: Path) -> bytes:
    """Has an .npy header of nested brackets, for whoever evaluates it."""
    header = b"{'descr': " + b"[" * 300 + b"]" * 300 + b"}\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def persistent_with_source(canary: Path) -> bytes:
    """Is harmless once its source is left alone: a network of NVIDIA's, as stylegan2-ada has them.

    Its source creates the canary.
    """
    meta = {
        "type": "class",
        "version": 6,
        "module_src": f"open({str(canary)!r}, 'w')\nclass Generator:\n    pass\n",
        "class_name": "Generator",
        "state": {"z_dim": 512},
    }
    rebuilt = call("torch_utils.persistence._reconstruct_persistent_obj", value(meta))
    return pickled(b"}" + text("G_ema") + rebuilt + b"s", 3)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for make in (*RUNNERS, *INTRUDERS, *BOMBS, persistent_with_source):
        (target / f"{make.__name__}.pkl").write_bytes(make(target / "canary"))
