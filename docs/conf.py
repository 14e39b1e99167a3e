"""How the documentation site is built: `sphinx-build -W -b html docs build/site`."""

from __future__ import annotations

import re
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Final

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

REPOSITORY: Final = "https://github.com/launchfsm/launchfsm"

project = "launchfsm"
author = "the launchfsm authors"
project_copyright = author
release = version = installed("launchfsm")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns = ["build"]
html_theme = "furo"
html_title = "launchfsm"
html_static_path: list[str] = []

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

# A docstring's `name` is code, as in the Markdown of the pages.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_attr_annotations = True
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
# A default is shown as it is written: the catalogue, spelled out, has 14,000 characters.
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "show-inheritance": True}
# Classes of attrs document their fields under `Attributes`, or beside each by `#:`; listing them
# again says it twice.
autoclass_content = "class"


def link_to_repository(_app: Sphinx, page: str, source: list[str]) -> None:
    """Lead links to files beside the docs, which the site does not have, to the repository."""
    outside = r"\]\(" + "../" * (page.count("/") + 1) + r"(?=\w)"
    source[0] = re.sub(outside, f"]({REPOSITORY}/blob/main/", source[0])


def setup(app: Sphinx) -> None:
    """What Sphinx calls when it reads this file."""
    for language in ("crontab", "nagios"):  # Pygments has no lexers for them
        app.add_lexer(language, TextLexer)
    app.connect("source-read", link_to_repository)
