"""The command line: arguments -> the package's functions -> an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import TextIO

_STDERR = 2  # the highest of the standard descriptors


def main() -> None:
    """Run `corpus-vn-police`; exits with 0, 1, 2 or 3 as the contract has it."""
    try:
        _occupy_standard_streams()
        _escape(sys.stdout)
        _escape(sys.stderr)
        _spare_the_processor()
        from corpus_vn_police.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before `run` could take it
        code = 3
    sys.exit(code)


def _occupy_standard_streams() -> None:
    """Have descriptors 0 to 2 open.

    If one is closed (`2>&-`) the next file that is opened gets its number, and what a library then writes to
    its stderr ends up in that file.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        continue
    os.close(descriptor)


def _spare_the_processor() -> None:
    """Have Python and numpy do less beside the work, in a process that is this command's alone.

    Of a build's CPU 4 % went into looking for cycles among objects that nearly all live to its end, and 3 % into the
    threads of numpy's linear algebra, which wait in a loop and have nothing to do.
    """
    gc.set_threshold(20_000)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _escape(stream: TextIO | None) -> None:
    """Have letters that the stream's encoding lacks (a redirected console's) written as escapes."""
    if stream is not None and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
