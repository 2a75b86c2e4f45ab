"""Run the blocks of a Markdown page in order, in a scratch folder: `python tests/support/pages.py PAGE`.

Shell blocks are run by `bash -eu`, Python blocks in this process, with one namespace for the page. Prints JSON:
of each block that was run its line, its exit code and what it printed. Ends at the first that fails.
"""

import contextlib
import io
import json
import re
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]*) -->\s*\n)?^(?P<fence>`{3,})(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes:
        line: that of its fence, from 1.
        language: what is written behind the fence.
        text: what stands between the fences.
        reason: why it is not run; None where it is.
        output: what it prints, as the page shows it right below; None where the page shows nothing.
    """

    line: int
    language: str
    text: str
    reason: str | None
    output: str | None


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = list(_BLOCK.finditer(page))
    taken = []
    for place, match in enumerate(found):
        then = found[place + 1] if place + 1 < len(found) else None
        shown = then and then["language"] == "text" and not page[match.end() : then.start()].strip()
        line = page.count("\n", 0, match.start("fence")) + 1
        taken.append(Block(line, match["language"], match["text"], match["reason"], then["text"] if shown else None))
    return taken


def _prose(page: str) -> str:
    """A page without what stands in its fenced blocks."""
    return _BLOCK.sub("", page)


def links(page: str) -> list[str]:
    """What a page links to or shows, but for what has a scheme (`https://`)."""
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", _prose(page))
    return [target for pair in found if not re.match("[a-z]+:", target := pair[0] or pair[1])]


def anchors(page: str) -> set[str]:
    """The names that a code host gives to the headings of a page."""
    taken: dict[str, int] = {}
    names = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", _prose(page), re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        names.add(f"{name}-{taken[name]}" if name in taken else name)
        taken[name] = taken.get(name, 0) + 1
    return names


def _shell(text: str) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-eu", "-c", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=120
    )
    return done.returncode, done.stdout


def _python(text: str, name: str, namespace: dict[str, object]) -> tuple[int, str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(text, name, "exec"), namespace)
        except Exception:
            print(traceback.format_exc())
            return 1, printed.getvalue()
    return 0, printed.getvalue()


def main() -> None:
    page = Path(sys.argv[1])
    namespace: dict[str, object] = {"__name__": "__main__"}
    told = []
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.reason is not None or block.language not in ("sh", "python"):
            continue
        name = f"{page.name}:{block.line}"
        code, printed = _shell(block.text) if block.language == "sh" else _python(block.text, name, namespace)
        told.append({"line": block.line, "code": code, "printed": printed})
        if code:
            break
    print(json.dumps(told))


if __name__ == "__main__":
    main()
