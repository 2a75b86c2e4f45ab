"""The command line: arguments -> the package's functions -> an exit code."""

from __future__ import annotations

import sys
from typing import TextIO


def main() -> None:
    """Run `corpus-vn-police`; exits with 0, 1, 2 or 3 as the contract has it."""
    try:
        _escape(sys.stdout)
        _escape(sys.stderr)
        from corpus_vn_police.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before `run` could take it
        code = 3
    sys.exit(code)


def _escape(stream: TextIO) -> None:
    """Have letters that the stream's encoding lacks (a redirected console's) written as escapes."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
