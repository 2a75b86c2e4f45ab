"""Turn failures of the machine, or of the calling process, into errors that say what to do; nothing hangs."""

from __future__ import annotations

import errno
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus_vn_police.errors import CorpusError, DiskError, ForkedError, OutOfMemoryError, ThreadsError

_THREADS = Path("/proc/self/task")
_PATIENCE = 20  # seconds; an expression takes microseconds, or a little longer on a busy machine
_NAMING = 2  # seconds; a thread has its name only after it has started, on a busy machine some milliseconds later
_SYSTEM_ERROR = re.compile(r"Os \{ code: ([0-9]+)")  # the form in which Rust shows a system error
_forked_after_import = False


def _note_fork() -> None:
    """Remember, in a forked process, that Polars was imported before the fork."""
    global _forked_after_import
    _forked_after_import = _forked_after_import or "polars" in sys.modules


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


@contextmanager
def machine_failures() -> Iterator[None]:
    """Turn failures of the machine while a command runs into errors that name them; also usable as a decorator.

    Raises:
        ForkedError: this process was forked from one whose Polars had started its threads.
        OutOfMemoryError: memory ran out.
        ThreadsError: the system starts no more threads.
        DiskError: the system failed to read or write.
    """
    refuse_after_fork()
    try:
        yield
    except (CorpusError, BrokenPipeError):
        raise
    except OSError as error:
        lack = OutOfMemoryError if error.errno == errno.ENOMEM else DiskError  # a library cannot list a folder
        raise lack.of(error) from error
    except MemoryError as error:
        raise OutOfMemoryError.of(error) from error
    except BaseException as error:
        named = _of_the_machine(error)
        if named is None:
            raise
        raise named from error


def _of_the_machine(error: BaseException) -> CorpusError | None:
    """Recognise errors that libraries raise when the machine fails; None for any other error.

    The loader finds no memory for a library: it raises an `ImportError`. Python finds no memory while it imports one: a
    `SystemError` about `_find_and_load`, or about an exception that nobody set, as in every second import of Polars
    within 700 MB of address space. Python cannot start a thread: `RuntimeError: can't start new thread`. Polars cannot
    start its threads, or Rust finds no memory: a `PanicException`, which is not an `Exception`, and whose text says so.
    A system call fails, for example because too many files are open: also a `PanicException`, with the error's number.
    """
    text = str(error)
    if isinstance(error, ImportError) and "failed to map segment" in text:
        return OutOfMemoryError.of(error)
    if isinstance(error, SystemError) and ("_find_and_load" in text or "error return without exception set" in text):
        return OutOfMemoryError.of(MemoryError("a library could not be imported"))
    if isinstance(error, RuntimeError) and "start new thread" in text:
        return ThreadsError.of(error)
    if type(error).__name__ == "PanicException":
        if "spawn thread" in text or "ThreadPoolBuildError" in text or "Resource temporarily unavailable" in text:
            return ThreadsError.of(error)
        if "memory" in text or "capacity overflow" in text:
            return OutOfMemoryError.of(error)
        if system := _SYSTEM_ERROR.search(text):
            return DiskError.of(OSError(int(system[1]), os.strerror(int(system[1]))))
    return None


def refuse_after_fork() -> None:
    """Refuse to use Polars in a forked process that lacks the threads that Polars had started.

    Polars starts its threads with the first expression of a process. A fork copies what Polars knows about them,
    but not the threads, so every expression in the child waits for ever. Tried with Polars 2.1: `str.contains`,
    `filter`, `sort` and `group_by` hang; with POLARS_MAX_THREADS=1, `filter` and `group_by` still do.

    Raises:
        ForkedError: this process is one.
    """
    if "polars" not in sys.modules:
        return
    import polars

    polars.thread_pool_size()  # starts the threads, unless they were started already, here or before a fork
    until = time.monotonic() + _NAMING
    names = _names_of_threads()
    while names and _forked_after_import and not _of_polars(names) and time.monotonic() < until:
        time.sleep(0.005)
        names = _names_of_threads()
    if _of_polars(names):
        return
    if (names and _forked_after_import) or not _polars_answers():
        raise ForkedError.of()


def _of_polars(names: Iterable[str]) -> bool:
    """Whether a thread of Polars is among some threads."""
    return any(name.startswith("polars-") for name in names)


def _names_of_threads() -> list[str]:
    """The names of this process's threads; empty if the system does not tell."""
    try:
        return [(task / "comm").read_text(encoding="ascii", errors="replace") for task in _THREADS.iterdir()]
    except OSError:  # there is no /proc, or a thread has just ended
        return []


def _polars_answers() -> bool:
    """Whether an expression finishes: the last resort, if no fork was noted, or threads have no names."""
    import polars

    probe = threading.Thread(target=lambda: polars.Series(["a"]).str.contains("a"), daemon=True)
    probe.start()
    probe.join(_PATIENCE)
    return not probe.is_alive()
