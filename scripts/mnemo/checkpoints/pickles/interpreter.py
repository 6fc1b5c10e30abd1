"""An interpreter of pickle opcodes that can call only the builders passed to it."""

import pickletools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from mnemo.checkpoints.pickles.limits import Budget, RefusedError, pairs, whole
from mnemo.checkpoints.pickles.parts import (
    RECORD,
    Array,
    Dtype,
    Floats,
    Following,
    Global,
    Object,
    Storages,
    storage_from_list,
)

_INTEGER_BITS = 128
# From this length on, bytes are not copied from the file until an array or tensor is made of them.
_LARGE = 4096
# A float with the opcode before it, and the number of floats that Python appends to a list at once.
_FLOAT = np.dtype([("operation", "S1"), ("value", ">f8")])
_BATCH = 1000
# Operations of protocol 0, which stores numbers and bytes as text.
_OLD = {"PUT", "GET", "STRING", "UNICODE", "LONG", "FLOAT"}
# Modules that Python 2 had under other names.
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}


class _Cursor:
    """The part of a binary file's interface that `pickletools` needs."""

    def __init__(self, data: memoryview):
        self.data = data
        self.position = 0

    def read(self, count: int) -> bytes:
        return bytes(self.take(min(count, len(self.data) - self.position)))

    def readline(self) -> bytes:
        # In a pickle, a line holds only a name or a number.
        line = bytes(self.data[self.position : self.position + _LARGE])
        end = line.find(b"\n") + 1
        return self.read(end or len(line))

    def tell(self) -> int:
        return self.position

    def take(self, count: int) -> memoryview:
        if count > len(self.data) - self.position:
            raise EOFError(f"{count} bytes are missing at its end")
        self.position += count
        return self.data[self.position - count : self.position]


class Unpickler:
    """An interpreter of pickles, one after the other.

    Attributes:
        cursor: The position in the file.
        budget: Limits on the operations and memory that the file may take.
        builder: Returns what stands for a name, by its module and itself: a function, called with
            this unpickler and the file's arguments; the number type of a torch storage; `RECORD`;
            or None for a name that must not be called. It refuses a name with `RefusedError`.
        storages: Returns the storages that the next pickle refers to; None if it may refer to none.
    """

    def __init__(
        self,
        data: memoryview,
        budget: Budget,
        builder: Callable[[str, str], Any],
        storages: Storages | None,
    ):
        self.cursor = _Cursor(data)
        self.budget = budget
        self.builder = builder
        self.storages = storages

    def load(self) -> Any:
        """Interpret the next pickle.

        Returns:
            Its content, in `parts` that may refer to each other and to content not yet read.

        Raises:
            RefusedError: The pickle uses something that no weights file needs.
            ValueError, TypeError, LookupError, EOFError: The pickle is damaged.
        """
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        # typeshed requires a complete file object, but pickletools uses only three methods.
        for opcode, argument, _ in pickletools.genops(self.cursor):  # type: ignore[arg-type]
            self.budget.operate()
            self._interpret(opcode.name, argument)
        return self._stack.pop()

    def _interpret(self, name: str, argument: Any) -> None:
        match name:
            case "PROTO" | "FRAME" | "STOP":
                pass
            case (
                "INT"
                | "BININT"
                | "BININT1"
                | "BININT2"
                | "LONG1"
                | "LONG4"
                | "BINFLOAT"
                | "BINSTRING"
                | "SHORT_BINSTRING"
                | "BINBYTES"
                | "SHORT_BINBYTES"
                | "BINBYTES8"
                | "BYTEARRAY8"
                | "BINUNICODE"
                | "SHORT_BINUNICODE"
                | "BINUNICODE8"
            ):
                self._stack.append(self._checked(argument))
            case "NONE":
                self._stack.append(None)
            case "NEWTRUE":
                self._stack.append(True)
            case "NEWFALSE":
                self._stack.append(False)
            case "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = self._stack[-1]
            case "MEMOIZE":
                self._memo[len(self._memo)] = self._stack[-1]
            case "BINGET" | "LONG_BINGET":
                self._stack.append(self._memo[argument])
            case "MARK":
                self._mark()
            case "POP":
                if self._stack:
                    self._stack.pop()
                else:
                    self._pop_mark()
            case "POP_MARK":
                self._pop_mark()
            case "EMPTY_TUPLE":
                self._stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                start = len(self._stack) - int(name[-1])
                if start < 0:
                    raise ValueError("its stack is empty")
                self._stack[start:] = [tuple(self._stack[start:])]
            case "TUPLE":
                items = self._pop_mark()
                self._stack.append(tuple(items))
            # A set becomes a list, because its members need not be hashed.
            case "EMPTY_LIST" | "EMPTY_SET":
                self._stack.append([])
            case "LIST" | "FROZENSET":
                items = self._pop_mark()
                self._stack.append(items)
            case "APPEND":
                self._extend([self._stack.pop()])
            case "APPENDS" | "ADDITEMS":
                self._extend(self._pop_mark())
            case "EMPTY_DICT":
                self._stack.append({})
            case "DICT":
                items = self._pop_mark()
                self._stack.append({})
                self._set(items)
            case "SETITEM":
                value = self._stack.pop()
                self._set([self._stack.pop(), value])
            case "SETITEMS":
                self._set(self._pop_mark())
            case "GLOBAL":
                self._stack.append(self._named(argument))
            case "STACK_GLOBAL":
                name, module = self._stack.pop(), self._stack.pop()
                if type(name) is not str or type(module) is not str:
                    raise ValueError("the name of a class is not text")
                self._stack.append(self._known(module, name))
            case "REDUCE" | "NEWOBJ":
                arguments, function = self._stack.pop(), self._stack.pop()
                if type(arguments) is not tuple:
                    raise ValueError("arguments are not a tuple")
                self._stack.append(self.called(function, arguments))
            case "NEWOBJ_EX":
                keywords, arguments, function = (self._stack.pop() for _ in range(3))
                if type(function) is not Global or function.builder is not RECORD:
                    raise RefusedError(f"has the pickle operation {name}")
                self._stack.append(self.called(function, (*arguments, keywords)))
            case "OBJ":
                function, *items = self._pop_mark()
                self._stack.append(self.called(function, items))
            case "INST":
                items = self._pop_mark()
                self._stack.append(self.called(self._named(argument), items))
            case "BUILD":
                state = self._stack.pop()
                self._build(self._stack[-1], state)
            case "BINPERSID":
                self._persistent()
            case _ if name in _OLD:
                raise RefusedError("is a pickle of protocol 0; write it again with protocol=4")
            case _:
                raise RefusedError(f"has the pickle operation {name}")

    def _checked(self, argument: Any) -> Any:
        """Return the argument of an opcode, after checking its size."""
        if isinstance(argument, str | bytes | bytearray) and len(argument) >= _LARGE:
            self.budget.make(len(argument))
            if not isinstance(argument, str):
                end = self.cursor.position
                return self.cursor.data[end - len(argument) : end]
        if type(argument) is int and argument.bit_length() > _INTEGER_BITS:
            raise RefusedError(f"has an integer of more than {_INTEGER_BITS} bits")
        return argument

    def _mark(self) -> None:
        self._marks.append(self._stack)
        self._stack = []
        # Torch before 1.0 pickled storages as lists of floats, with one operation for each.
        start = self.cursor.position
        end = start + _BATCH * _FLOAT.itemsize
        if (
            bytes(self.cursor.data[end : end + 1]) == b"e"
        ):  # which appends everything since the mark
            floats = np.frombuffer(self.cursor.data[start:end], _FLOAT)
            if (floats["operation"] == b"G").all():
                self.cursor.position = end
                self._stack.append(Floats(floats["value"]))

    def _pop_mark(self) -> list[Any]:
        """Return what was stacked since the last mark, and restore the stack from before it."""
        items = self._stack
        self._stack = self._marks.pop()
        return items

    def _extend(self, items: list[Any]) -> None:
        self._filled(list).extend(items)

    def _set(self, items: list[Any]) -> None:
        self._filled(dict).update(pairs(zip(items[::2], items[1::2], strict=True)))

    def _filled(self, kind: type) -> Any:
        """Return the dict or list on top of the stack, or that of the object on top of it."""
        target = self._stack[-1]
        if type(target) is Object:
            target.items = kind() if target.items is None else target.items
            target = target.items
        if type(target) is not kind:
            raise ValueError(f"it fills something other than a {kind.__name__}")
        return target

    def _named(self, argument: str) -> Global:
        # pickletools joins the two lines with a space.
        module, _, name = argument.partition(" ")
        return self._known(module, name)

    def _known(self, module: str, name: str) -> Global:
        module = _RENAMED.get(module, module)
        return Global(f"{module}.{name}", self.builder(module, name))

    def called(self, function: Any, arguments: Iterable[Any]) -> Any:
        """Build what stands for the result of a call.

        Args:
            function: What the file calls.
            arguments: The arguments of the call.

        Returns:
            The part that stands for it.

        Raises:
            RefusedError: The file calls something other than a builder.
            ValueError, TypeError, LookupError: The arguments are damaged.
        """
        if type(function) is not Global:
            raise RefusedError(f"calls a {getattr(function, 'kind', type(function).__name__)}")
        if function.builder is RECORD:
            return Object(function.kind, *arguments)
        if isinstance(function.builder, torch.dtype):
            return storage_from_list(self.budget, function.builder, *arguments)
        if not callable(function.builder):
            raise RefusedError(f"calls {function.kind}")
        return function.builder(self, *arguments)

    def _build(self, target: Any, state: Any) -> None:
        match target:
            case Object():
                target.state = state
            case Following():
                target.follow(self.budget, self.cursor.take, state)
            case Array():
                target.fill(self.budget, *state)
            case Dtype():
                target.set_order(state[1])
            case dict():
                pass  # attributes of an OrderedDict: torch's versions of the modules
            case _:
                raise RefusedError(f"sets the state of a {type(target).__name__}")

    def _persistent(self) -> None:
        if self.storages is None:
            raise RefusedError("refers to objects outside itself")
        kind, of, key, _location, count, *view = self._stack.pop()
        if kind != "storage" or type(of) is not Global or type(of.builder) is not torch.dtype:
            raise RefusedError("refers to something other than a storage of numbers")
        if type(key) is not str or any(view):
            raise ValueError("the name of a storage is damaged")
        (count,) = whole([count])
        self._stack.append(self.storages(of.builder, key, count))
