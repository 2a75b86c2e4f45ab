"""Import matplotlib in the background."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from corpus_vn_police.documents.charts import FEWEST


@contextmanager
def matplotlib_at_hand(records: int) -> Iterator[None]:
    """Import matplotlib in a thread while the `with` block runs.

    The import takes 0.3 s. Meanwhile the block can write Parquet files, which hardly needs the interpreter. If there
    are too few records for pictures, nothing is imported.
    """
    if records < FEWEST:
        yield
        return
    importing = threading.Thread(target=_import_matplotlib, name="corpus-vn-police-matplotlib")
    with suppress(RuntimeError):  # no more threads can start: then the import happens when something is drawn
        importing.start()
    try:
        yield
    finally:
        if importing.ident is not None:
            importing.join()


def _import_matplotlib() -> None:
    with suppress(Exception):  # drawing imports it again, and then reports what is wrong
        importlib.import_module("matplotlib.figure")
        importlib.import_module("matplotlib.backends.backend_svg")
