"""How `make docs` makes the site: Sphinx, furo, MyST; nothing is fetched, and no clock is asked."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

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

# What the theme leaves out, for people who read with a keyboard or by ear: levels of the headings in the sidebar, its
# name, and that what scrolls by itself can be reached.
_COMPLETED = (
    ('class="caption" role="heading">', 'class="caption" role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All pages">'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)


def _complete(app: Sphinx, failure: Exception | None) -> None:
    for page in Path(app.outdir).rglob("*.html") if failure is None else ():
        text = page.read_text(encoding="utf-8")
        for given, completed in _COMPLETED:
            text = text.replace(given, completed)
        page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Have the pages completed once they are written."""
    app.connect("build-finished", _complete)
