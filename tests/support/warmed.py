"""A server of `support.warm`, and the commands that run in it."""

import contextlib
import subprocess
import sys

from support.builds import ROOT

_WARM = ROOT / "tests/support/warm.py"


@contextlib.contextmanager
def serving(socket, environment, *libraries):
    """Have a server listen at a socket; it imports the package and some libraries."""
    command = [sys.executable, _WARM, socket, "serve", *libraries]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout.readline() == "ready\n"
            yield
        finally:
            server.kill()


def client(socket, program):
    """The command that runs a program in the server; its arguments follow."""
    return [sys.executable, "-IS", str(_WARM), str(socket), "run", str(program)]
