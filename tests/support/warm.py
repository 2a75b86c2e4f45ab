"""Programs in processes that have their imports already: a command then takes as long as its work, not as its imports.

A server imports what the commands need and forks for each program. A client hands it the program, its folder, its
environment and its standard streams, and ends with its exit code:

    python tests/support/warm.py SOCKET serve [LIBRARY]...           libraries to import besides the package
    python tests/support/warm.py SOCKET run PROGRAM [ARGUMENT]...    PROGRAM: corpus-vn-police, or a Python file
"""

import atexit
import json
import os
import signal
import socket
import sys
from pathlib import Path

_NEEDED = ("fsspec.implementations.local", "jinja2", "rensa", "rich.table", "typer.main")
_LARGEST = 1 << 20  # bytes of a request


def _run(path, command):
    """Have the server run a program; its exit code."""
    asked = {"command": command, "folder": str(Path.cwd()), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LARGEST)
        server.connect(path)
        socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
        return int(server.recv(16) or b"70")  # nothing comes back from a process that was killed


def _import_all(libraries):
    import importlib
    import pkgutil

    import corpus_vn_police

    for name in (*_NEEDED, *libraries):
        importlib.import_module(name)
    for module in pkgutil.walk_packages(corpus_vn_police.__path__, "corpus_vn_police."):
        if not module.name.startswith(("corpus_vn_police.train", "corpus_vn_police.__main__")):
            importlib.import_module(module.name)


def _serve(path, libraries):
    _import_all(libraries)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children: their clients hear from them
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            client, _ = listener.accept()
            request, streams, _, _ = socket.recv_fds(client, _LARGEST, 3)
            if os.fork() == 0:
                listener.close()
                break
            client.close()
            for each in streams:
                os.close(each)
    _become(json.loads(request), streams, client)


def _become(asked, streams, client):
    """Run the program in this process, and end it as Python ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for place, each in enumerate(streams):
        os.dup2(each, place)
        os.close(each)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the streams of this process
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    code = 1

    def answer():
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        client.send(str(code).encode())

    atexit.register(answer)  # the first that is registered is the last that is run
    program, *sys.argv[1:] = asked["command"]
    sys.argv[0] = program
    try:
        if program == "corpus-vn-police":
            from corpus_vn_police.cli import main

            main()
        else:
            import runpy

            sys.path[0] = str(Path(program).parent)
            runpy.run_path(program, run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


if __name__ == "__main__":
    if sys.argv[2] == "serve":
        _serve(sys.argv[1], sys.argv[3:])
    else:
        sys.exit(_run(sys.argv[1], sys.argv[3:]))
