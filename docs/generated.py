"""Write what the pages take from the code, tables and pictures: `python docs/generated.py`, or `make pages`.

A generated part is between two marks, each on a line of its own. The first says what makes it and from what:

    <!-- generated: fields record -->
    <!-- end: fields record -->

What the blocks of a page print is not written here but by `python tests/support/outputs.py`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(DOCS)]

import picture
import typer

from corpus_vn_police.cli.app import app
from corpus_vn_police.commands.verify.hints import HINTS, WARNINGS, WORDS
from corpus_vn_police.contract import document, load_contract
from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.reasons import BROKEN_KEYWORD, REASONS

_PART = re.compile(
    r"^<!-- generated: (?P<what>[^\n]+?) -->\n(?:.*?)^<!-- end: (?P=what) -->$", re.DOTALL | re.MULTILINE
)


def pages() -> list[Path]:
    """All pages that may have generated parts."""
    return [ROOT / "README.md", *(page for page in sorted(DOCS.rglob("*.md")) if "_build" not in page.parts)]


def with_parts(page: Path) -> str:
    """A page with its generated parts as they should be.

    Raises:
        KeyError: a mark names something that is not known.
    """

    def made(found: re.Match[str]) -> str:
        maker, *arguments = found["what"].split()
        return f"<!-- generated: {found['what']} -->\n{_MAKERS[maker](page, *arguments)}\n<!-- end: {found['what']} -->"

    return _PART.sub(made, page.read_text(encoding="utf-8"))


def _table(heading: str, rows: list[tuple[str, ...]]) -> str:
    """A Markdown table with blank lines around it; `heading` has its columns, separated by ` | `."""
    cells = [heading, "|".join("---" for _ in heading.split(" | ")), *(" | ".join(row) for row in rows)]
    lines = [f"|{line}|" if line.startswith("---") else f"| {line} |" for line in cells]
    return "\n".join(["", *lines, ""])


def _fields(page: Path, name: str) -> str:
    """The fields of a schema."""
    rows = [
        (f"`{field.name}`<br>{field.type}{' or null' if field.nullable else ''}", field.description)
        for field in load_contract(name).fields()
    ]
    return _table("field | meaning", rows)


def _reasons(page: Path) -> str:
    """The reasons why a seed is rejected."""
    rows = []
    for reason in (*REASONS.values(), BROKEN_KEYWORD):
        section, _, key = (reason.setting or "").partition(".")
        setting = f"<br>Setting: [`[{section}] {key}`](settings.md#{section})" if key else ""
        rows.append((f"`{reason.code}`", f"{_sentence(reason.meaning)}<br>**Do:** {reason.remedy}.{setting}"))
    return _table("code | what it means, and what to do", rows)


_KINDS = {
    "Files": ("file", "shards"),
    "Manifest": ("manifest",),
    "Rows": ("schema", "records", "configs", "sources", "annotations"),
    "Splits and copies": ("splits", "copies"),
    "Ledger": ("ledger", "removed"),
    "Documents": ("card", "croissant", "figures", "export"),
}
"""The first part of the codes of `verify`, by the kind of thing that is checked."""


def _codes(page: Path) -> str:
    """What `verify` finds, kind by kind; codes with the same remedy are in one table, and the remedy is below it.

    Raises:
        ValueError: a code belongs to no kind.
    """
    todo, parts = HINTS | WARNINGS, []
    codes = {kind: [code for code in todo if code.split(".")[0] in first] for kind, first in _KINDS.items()}
    if strange := todo.keys() - {code for some in codes.values() for code in some}:
        raise ValueError(f"these codes of verify have no kind in docs/generated.py: {sorted(strange)}")
    for kind, some in codes.items():
        parts += ["", f"### {kind}"]
        for remedy in dict.fromkeys(todo[code] for code in some):
            rows = [(f"`{code}`", WORDS[code]) for code in some if todo[code] == remedy]
            parts += [_table("code | what it means", rows), f"**What to do:** {_sentence(remedy)}"]
    return "\n".join([*parts, ""])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".") + "."


def _commands(page: Path) -> str:
    """All commands, each with a link to its page."""
    where = "" if page.parent.name == "commands" else "commands/" if page.parent == DOCS else "docs/commands/"
    rows = []
    for name, command in typer.main.get_command(app).commands.items():
        does = (command.help or "").split("\n\n")[0].replace("\n", " ").rstrip(".")
        rows.append((f"[`{name}`]({where}{name}.md)", does[:1].lower() + does[1:]))
    return _table("command | does", rows)


def _options(page: Path, name: str) -> str:
    """The arguments and options of a command, as its `--help` has them."""
    command = typer.main.get_command(app).commands[name]
    context = command.make_context(name, [], resilient_parsing=True)
    parameters = sorted(command.get_params(context), key=lambda each: each.param_type_name)  # arguments come first
    told = [found for each in parameters if (found := each.get_help_record(context))]
    rows = [(_option(option), _told(meaning)) for option, meaning in told if "--help" not in option]
    return _table("option | meaning", rows)


def _option(option: str) -> str:
    """An argument as a user writes it: `--dedup near|exact` for `--dedup <near|exact>`, `DIR` for `DIR <str>`."""
    named = re.sub(r" <(?:list|str|path).*>$", "", option.strip("{} ")).replace("<", "").replace(">", "")
    return "`" + named.replace("|", r"\|") + "`"


def _told(meaning: str) -> str:
    """What an argument means, with its default as a sentence."""
    told = re.sub(r" +\[(required|default: .*)\]$", lambda found: f" {found[1].capitalize()}.", meaning)
    return told.replace("|", r"\|")


def _settings(page: Path) -> str:
    """Every key of corpus.toml, table by table."""
    schema = document("corpus")
    tables = {key: part for key, part in schema["properties"].items() if part.get("type") == "object"}
    parts = [
        "",
        "## At the top of the file",
        *_keys(schema, [key for key in schema["properties"] if key not in tables]),
    ]
    for table, part in tables.items():
        parts += ["", f"## `[{table}]`", "", part["description"], *_keys(part, list(part["properties"]))]
    return "\n".join([*parts, ""])


def _keys(schema: dict[str, Any], keys: list[str]) -> list[str]:
    rows = []
    for key in keys:
        part = resolve(schema["properties"][key], document("corpus"), key)
        default = f"; default: `{_toml(part['default'])}`" if "default" in part else ""
        meaning = part.get("description") or schema["description"]
        rows.append((f"`{key}`", f"{meaning}<br>Value: {_allowed(part)}{default}"))
    return [_table("key | meaning", rows).rstrip("\n")]


def _allowed(part: dict[str, Any]) -> str:
    """Which values a key may have, in a few words."""
    if "enum" in part:
        return " or ".join(f'`"{value}"`' for value in part["enum"])
    if part["type"] == "boolean":
        return "`true` or `false`"
    if part["type"] in ("integer", "number"):
        low = f"from {part['minimum']:,}" if "minimum" in part else f"more than {part['exclusiveMinimum']:,}"
        return f"{'a whole number' if part['type'] == 'integer' else 'a number'}, {low}, up to {part['maximum']:,}"
    return f"such as `{_toml(part['examples'][0])}`" if "examples" in part else "a text"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


_MAKERS: dict[str, Callable[..., str]] = {
    "codes": _codes,
    "commands": _commands,
    "fields": _fields,
    "options": _options,
    "reasons": _reasons,
    "settings": _settings,
}
"""What makes a part; given the page, and what the mark names."""


def pictures() -> dict[Path, str]:
    """The pictures that are drawn from the code, by where they belong."""
    return {DOCS / "_static" / name: drawn for name, drawn in picture.drawn().items()}


def main() -> None:
    """Write every generated part anew."""
    for file, text in {**{page: with_parts(page) for page in pages()}, **pictures()}.items():
        if not file.exists() or text != file.read_text(encoding="utf-8"):
            file.write_text(text, encoding="utf-8", newline="\n")
            print(f"{file.relative_to(ROOT)}: written")


if __name__ == "__main__":
    main()
