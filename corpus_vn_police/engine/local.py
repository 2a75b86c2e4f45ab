"""Processes of this machine."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import itertools
import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.connection import wait
from typing import TypeVar

from corpus_vn_police.errors import InterruptedBuildError

T = TypeVar("T")
R = TypeVar("R")

# A forked copy of a process whose Polars has started threads can hang, so workers are forked
# from a server that has imported only what is safe to fork.
_PRELOAD = ["numpy", "pyarrow.parquet", "jsonschema"]
# One thread a worker: the workers are the parallelism, and more threads only cost CPU time.
_ENVIRONMENT = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def available_cpus() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_back_memory() -> None:
    """Have the allocators give back to the system what was freed; a no-op where they cannot.

    They keep it for later: of a million records 170 MB, while other processes want them.
    """
    import pyarrow

    pyarrow.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)


def map_tasks(function: Callable[[T], R], tasks: Iterable[T], workers: int) -> Iterator[R]:
    """Map a function over tasks, results in the order of the tasks.

    Args:
        function: must pickle where there is more than one worker; so must tasks and results.
        tasks: read ahead by at most two a worker, so that memory stays flat.
        workers: processes; 1, or a single task, runs in this process.

    Raises:
        InterruptedBuildError: a worker was killed (by the kernel for its memory, say).
    """
    ahead = iter(tasks)
    first = list(itertools.islice(ahead, 2))
    rest = itertools.chain(first, ahead)
    # A daemonic process (one of a multiprocessing.Pool, say) may not have children.
    if workers <= 1 or len(first) < 2 or multiprocessing.current_process().daemon:
        yield from map(function, rest)
        return
    with _pool(workers) as pool:
        waiting: collections.deque[Future[R]] = collections.deque()
        try:
            for task in rest:
                with _apart_from_the_script():
                    waiting.append(pool.submit(function, task))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise InterruptedBuildError(
                "a worker process was killed before it was done",
                "the kernel does that when memory runs out: try fewer --workers",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(_PRELOAD)
        with _apart_from_the_script():
            forkserver.ensure_running()
    with ProcessPoolExecutor(workers, context, _start_worker) as pool:
        yield pool


@contextlib.contextmanager
def _apart_from_the_script() -> Iterator[None]:
    """Have a process that is started here know nothing of the user's script, nor of Ctrl-C.

    `multiprocessing` runs the script again in each process, to find functions that it defines.
    Ours stand in this package, and a plain script that calls `build` would build in each process.
    Ctrl-C goes to all processes of a terminal; only the first one is to answer.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        sys.modules["__main__"] = script
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it: an orphan would wait for tasks for ever."""
    os.environ.update(_ENVIRONMENT)  # read when Polars is imported, by the first task
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
