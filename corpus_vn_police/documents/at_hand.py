"""Matplotlib, imported beside other work."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from corpus_vn_police.documents.charts import FEWEST


@contextmanager
def matplotlib_at_hand(records: int) -> Iterator[None]:
    """Import matplotlib beside other work, for 0.3 s: writing Parquet files hardly needs the interpreter.

    A build of so few records that it has no pictures does not import it.
    """
    if records < FEWEST:
        yield
        return
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
