"""Run tasks in threads of this process.

The columnar libraries release the interpreter's lock while they work. So threads can use all processors, and they
do not need what processes need: start methods, pickling, sockets and shared memory.
"""

from __future__ import annotations

import collections
import ctypes
import itertools
import sys
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def give_back_memory() -> None:
    """Make the allocators return freed memory to the system; does nothing if they cannot do that.

    They keep it for later, 170 MB after a million records, but other processes may need it.
    """
    import pyarrow

    pyarrow.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)


def map_tasks(function: Callable[[T], R], tasks: Iterable[T], workers: int) -> Generator[R]:
    """Map a function over tasks; the results are in the order of the tasks.

    Args:
        function: called from several threads at once if there is more than one worker.
        tasks: at most two per worker are taken ahead, so that memory does not grow.
        workers: the number of threads; with 1, or with a single task, it runs in the caller's thread.

    Returns:
        The results. If you stop before the end, close the generator: then no task runs any more.
    """
    ahead = iter(tasks)
    first = list(itertools.islice(ahead, 2))
    rest = itertools.chain(first, ahead)
    if workers <= 1 or len(first) < 2:
        yield from map(function, rest)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="corpus-vn-police")
    waiting: collections.deque[Future[R]] = collections.deque()
    try:
        for task in rest:
            waiting.append(pool.submit(function, task))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # Waits for running tasks: nobody may clear a folder that a task still writes into.
        pool.shutdown(cancel_futures=True)
