"""The pieces a page is made of, as HTML; whatever is not `Markup` is escaped."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template


class Markup(str):
    """HTML that is already escaped."""


def document(title: str, body: str, *, style: str = "") -> str:
    """A whole page.

    title: plain text
    body: HTML
    style: CSS after that of all pages
    """
    here = files("voiceact.report")
    return Template((here / "page.html").read_text("utf-8")).substitute(
        title=escape(title), style=(here / "style.css").read_text("utf-8") + style, body=body)


def table(head: Iterable[str], rows: Iterable[Iterable[str]], caption: str = "") -> str:
    """A table that scrolls by itself where it is too wide."""
    body = "".join("<tr>" + "".join(f"<td>{safe(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    top = "".join(f'<th scope="col">{safe(cell)}</th>' for cell in head)
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (f'<div class="wide" tabindex="0"><table>{above}<thead><tr>{top}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def safe(text: str) -> str:
    """The text as HTML."""
    return text if isinstance(text, Markup) else escape(text)


def bullets(lines: Iterable[str]) -> str:
    """A list of lines that are HTML; nothing if there are none."""
    inside = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{inside}</ul>" if inside else ""


def gallery(named: Iterable[tuple[str, str]]) -> str:
    """Pictures with a name above each; nothing if there are none."""
    inside = "".join(f"<figure><figcaption>{escape(name)}</figcaption>{picture}</figure>" for name, picture in named)
    return f'<div class="pictures">{inside}</div>' if inside else ""


def section(title: str, what: str, inside: str) -> str:
    """A heading, a sentence and what stands below; nothing if nothing does."""
    return f"<h3>{escape(title)}</h3><p>{escape(what)}</p>{inside}" if inside else ""


def details(summary: str, inside: str) -> str:
    """What is shown when it is asked for."""
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"
