"""How `make docs` makes the site: Sphinx, furo, MyST; nothing is fetched, and no clock is asked."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from corpus_vn_police.commands.init import config_template
from corpus_vn_police.contract import load_contract

project = "corpus-vn-police"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
default_role = "code"  # what stands between single backquotes in a docstring
autodoc_default_options = {"members": True, "member-order": "bysource", "exclude-members": "__init__"}
autodoc_typehints_format = "short"
napoleon_use_rtype = False
napoleon_use_ivar = True
# Types of other projects: their pages would have to be fetched to link to them.
nitpick_ignore_regex = [("py:.*", r"(?!corpus_vn_police\.).*")]

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "corpus-vn-police"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_show_copyright = False
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False

_GENERATED = re.compile(r"<!-- generated: (\w+)(?: (\w+))? -->")


def _fields(name: str) -> str:
    """The table of a schema's fields, in Markdown."""
    rows = [
        f"| `{field.name}` | {field.type} | {'yes' if field.nullable else 'no'} | {field.description} |"
        for field in load_contract(name).fields()
    ]
    return "\n".join(["| field | type | may be null | meaning |", "|---|---|---|---|", *rows])


def _settings(_: None) -> str:
    """The corpus.toml that `init` writes, every key with its default."""
    return f"```toml\n{config_template('my_seeds', {})}```"


def _fill_in(app: object, name: str, source: list[str]) -> None:
    makers = {"fields": _fields, "settings": _settings}
    source[0] = _GENERATED.sub(lambda found: makers[found[1]](found[2]), source[0])


def setup(app):  # noqa: ANN001, ANN201 - Sphinx, which the type checker does not see
    """Have the pages' generated parts filled in."""
    app.connect("source-read", _fill_in)
    return {"parallel_read_safe": True, "version": "1"}
