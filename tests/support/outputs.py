"""Write into pages what their blocks print: `python tests/support/outputs.py [PAGE]...`, or `make pages` for all.

A `text` block right below one that is run shows what it printed. Where that has changed, the new lines are written; a line
with `…`, which stands for anything, stays if it still fits.
"""

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.pages import blocks
from support.pages_run import PAGES, is_run, matches, name_of, running

_CHANGING = re.compile(
    r"(?<=\bsha256:)[0-9a-f]{64}|\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b|\b[0-9][0-9,]*(?= bytes)|(?<=\"bytes\": )[0-9]+"
)
"""Digests and sizes: they change with every change of a card."""


def _shown(old, printed):
    """What a page shows of what was printed: lines that its old text matches stay as they are."""
    kept = {line: line for line in old.splitlines() if "…" in line}
    lines = [next((line for line in kept if matches(line, new)), new) for new in printed.strip("\n").splitlines()]
    return _CHANGING.sub("…", "\n".join(line.rstrip() for line in lines)) + "\n"


def with_outputs(page, ran):
    """The page with what its blocks print, where it shows another output."""
    text = page.read_text(encoding="utf-8")
    for block in reversed([each for each in blocks(text) if is_run(each) and each.output is not None]):
        told = ran.get(block.line, {"code": 1})  # it is not there where a block above it failed
        if told["code"] or matches(block.output, told["printed"]):
            continue
        begin = text.index("```text\n", _end_of(text, block)) + len("```text\n")
        text = text[:begin] + _shown(block.output, told["printed"]) + text[begin + len(block.output) :]
    return text


def _end_of(text, block):
    """Where a block's own text ends in its page."""
    lines = text.splitlines(keepends=True)
    return len("".join(lines[: block.line])) + len(block.text)


def main(names):
    """Run pages (all of them, if none is named), and write what their blocks print into them."""
    wanted = [Path(name).resolve() for name in names] or PAGES
    failed = []
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as ran:
        for page in wanted:
            text = page.read_text(encoding="utf-8")
            if not any(is_run(each) and each.output is not None for each in blocks(text)):
                continue
            told = ran(page)
            failed += [f"{name_of(page)}:{line}: {each['printed']}" for line, each in told.items() if each["code"]]
            new = with_outputs(page, told)
            if new != text:
                page.write_text(new, encoding="utf-8", newline="\n")
                print(f"{name_of(page)}: written")
    print("\n".join(failed), file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
