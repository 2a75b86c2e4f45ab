"""Matplotlib, imported beside other work."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def matplotlib_at_hand() -> Iterator[None]:
    """Import matplotlib beside other work, for 0.3 s: writing Parquet files hardly needs the interpreter."""
    importing = threading.Thread(target=_import_matplotlib, name="corpus-vn-police-matplotlib")
    with suppress(RuntimeError):  # no more threads: who draws imports it
        importing.start()
    try:
        yield
    finally:
        if importing.ident is not None:
            importing.join()


def _import_matplotlib() -> None:
    with suppress(Exception):  # who draws imports it again, and says what is wrong
        importlib.import_module("matplotlib.figure")
        importlib.import_module("matplotlib.backends.backend_svg")
