"""The command line: arguments -> the package's functions -> an exit code."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `corpus-vn-police`; exits with 0, 1, 2 or 3 as the contract has it."""
    from corpus_vn_police.cli.app import run

    sys.exit(run(sys.argv[1:]))
