"""Runs `corpus-vn-police` again and again in one process, so that a test need not wait for its imports.

A line of JSON on stdin, `{"arguments": […], "variables": {…}}`, gives one on stdout: exit code, both
streams, and how long it would have slept: nothing sleeps here.
"""

import contextlib
import io
import json
import os
import sys
import time

from corpus_vn_police.cli.app import run


def main():
    slept = []
    time.sleep = slept.append
    for line in sys.stdin:
        asked = json.loads(line)
        before = dict(os.environ)
        os.environ.update(asked["variables"])
        slept.clear()
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = run(asked["arguments"])
        os.environ.clear()
        os.environ.update(before)
        told = {"code": code, "out": out.getvalue(), "err": err.getvalue(), "slept": slept}
        print(json.dumps(told), flush=True)


main()
