"""Render pages from jinja2 templates that lie beside the code of their room; every value is escaped.

A page extends `report/page.html` and may import the macros of `report/macros.html`; a name without a folder is a
template of the room itself. The page needs nothing else: no script, no network, its style and pictures inside.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

Filter = Callable[..., object]


@cache
def load_templates(package: str) -> Environment:
    """Return the templates of a package, with those of this room below `report/`.

    Args:
        package: Import name of the package that the templates lie in, such as "voiceact.dataset.report".
    """
    shared = PrefixLoader({"report": PackageLoader("voiceact.report", "")})
    return Environment(
        loader=ChoiceLoader([shared, PackageLoader(package, "")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_page(
    package: str,
    template: str,
    *,
    title: str,
    style: str | None = None,
    filters: Mapping[str, Filter] | None = None,
    **context: object,
) -> str:
    """Render a page that extends `report/page.html`.

    Args:
        package: Import name of the package that the template lies in.
        template: File name of the template.
        title: Title of the page, plain text.
        style: File name of a style sheet of the package, put after that of all pages.
        filters: Name -> function that the template applies to values.
        **context: What the template shows.

    Returns:
        The whole HTML document.
    """
    sheets = [files("voiceact.report") / "style.css", *([files(package) / style] if style else [])]
    templates = load_templates(package).overlay()
    templates.filters = {**templates.filters, **(filters or {})}
    css = "".join(sheet.read_text("utf-8") for sheet in sheets)
    return templates.get_template(template).render(title=title, style=Markup(css), **context)


__all__ = ["Markup", "load_templates", "render_page"]
