"""The folded state as bytes, and back: what spares a restart the reading of the whole ledger.

An image holds everything that the fold remembers, whatever stages it is made of, with parts that are shared
still shared. It is read only by the very code that wrote it, with the very inputs: ``form`` names both, and
an image of another form is not looked into. The fold then begins with the first entry, so nothing is migrated
and a forgotten version number cannot mislead.
"""

from __future__ import annotations

import gc
import io
import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard

from edge.errors import StorageError
from edge.payload import encode

PROTOCOL = 5
"""Of pickle; only its reading of our own classes is used."""

ROOM = Path(__file__).parent.parent

CODE = ("aggregator/**/*.py", "config/*.py", "messages/*.py", "*.py")
"""Files below ``edge`` that decide what a fold holds; some others among them only cost time."""

NO_CODE = ("aggregator/ledger", "aggregator/web")
"""Folders that the fold does not use."""

_ROOMS = ("edge.aggregator.", "edge.config.", "edge.messages.", "edge.planogram")
_CLOSED = ("edge.aggregator.ledger", "edge.aggregator.main", "edge.aggregator.web", "edge.aggregator.writer")
_PLAIN = {
    "builtins": {"set", "frozenset", "list", "dict", "tuple", "int", "float", "str"},
    "collections": {"deque", "Counter", "defaultdict", "OrderedDict"},
    "msgspec._utils": {"rebuild"},
}


class FoldImage:
    """Makes and reads images.

    Args:
        given: what the fold is made with and did not learn, by name: catalogue, planogram, options. An image
            names it and holds no copy.
        inputs: the same as bytes or anything that becomes JSON: a change of it makes another form.

    Attributes:
        form: of all images made here.
    """

    def __init__(self, given: Mapping[str, object], inputs: object) -> None:
        self._given = dict(given)
        names = {id(value): name for name, value in self._given.items()}

        def reduce(value: object) -> Any:
            name = names.get(id(value))
            return value.__reduce_ex__(PROTOCOL) if name is None else (_named, (name,))

        self._reducers = {type(value): reduce for value in self._given.values()}
        self.form = sha256(encode((_code_digest(), sys.version_info[:2], inputs))).hexdigest()

    def freeze(self, folded: object) -> bytes:
        """An image of ``folded``, not yet packed: quick, for it stops the loop.

        Raises:
            StorageError: it holds what no image can.
        """
        stream = io.BytesIO()
        try:
            pickler = pickle.Pickler(stream, PROTOCOL)
            pickler.dispatch_table = self._reducers
            with _uncollected():
                pickler.dump(folded)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
            raise StorageError("the fold cannot be remembered", where="snapshot", found=str(error)) from error
        return stream.getvalue()

    def thaw(self, image: bytes) -> Any:
        """What was frozen.

        Raises:
            StorageError: no image of this form.
        """
        try:
            with _uncollected():
                return _Reader(io.BytesIO(image), self._given).load()
        except Exception as error:  # damaged bytes can lead anywhere
            raise StorageError("the snapshot cannot be read", where="snapshot", found=repr(error)) from error


def packed(image: bytes) -> bytes:
    """For the disk: about a tenth."""
    return zstandard.ZstdCompressor(level=3).compress(image)


def unpacked(state: bytes) -> bytes:
    """Raises ``StorageError`` when it is damaged."""
    try:
        return zstandard.ZstdDecompressor().decompress(state)
    except zstandard.ZstdError as error:
        raise StorageError("the snapshot is damaged", where="snapshot", found=str(error)) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection, which looks through all new objects again and again: 10 times faster."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _named(name: str) -> object:
    """What stands in an image for something given; a reader has its own."""
    raise NotImplementedError(name)


class _Reader(pickle.Unpickler):
    """Makes objects of the fold's own classes and of plain containers, and calls nothing else."""

    def __init__(self, stream: io.BytesIO, given: Mapping[str, object]) -> None:
        super().__init__(stream)
        self._given = given

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (__name__, _named.__name__):
            return self._given.__getitem__
        if name in _PLAIN.get(module, ()):
            return super().find_class(module, name)
        if module.startswith(_ROOMS) and not module.startswith(_CLOSED) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a fold")


def _code_digest() -> str:
    digest = sha256()
    for pattern in CODE:
        for file in sorted(ROOM.glob(pattern)):
            name = file.relative_to(ROOM).as_posix()
            if not name.startswith(NO_CODE):
                digest.update(encode((name, sha256(file.read_bytes()).hexdigest())))
    return digest.hexdigest()
