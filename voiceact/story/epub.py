"""The text of an EPUB, as paragraphs separated by empty lines and headings that begin with "#"."""

import posixpath
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from voiceact.errors import UsageError

MOST_BYTES = 64 << 20
"""of all that is unpacked: some sixty million letters; a file that holds more is a bomb and no book"""
MOST_CHAPTERS = 5000

_BLOCKS = frozenset("p div li blockquote section article td dd dt pre body figcaption".split())
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_SILENT = frozenset("head script style title sup nav svg math".split())


class _Text(HTMLParser):
    """Collects the paragraphs of one page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._words: list[str] = []
        self._heading = False
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.close_paragraph()
            self._heading = tag in _HEADINGS
        elif tag == "br":
            self._words.append(" ")
        elif tag == "hr":
            self.close_paragraph()
            self.paragraphs.append("* * *")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.close_paragraph()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)

    def close_paragraph(self) -> None:
        """End the paragraph that was collected, if it has any text."""
        text = " ".join("".join(self._words).split())
        if text:
            self.paragraphs.append(f"# {text}" if self._heading else text)
        self._words, self._heading = [], False


class _Package(HTMLParser):
    """Collects from the package document which pages the book has, and in which order."""

    def __init__(self) -> None:
        super().__init__()
        self.root, self.items, self.order = "", dict[str, str](), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "rootfile":
            self.root = self.root or values.get("full-path", "")
        elif tag == "item":
            self.items[values.get("id", "")] = values.get("href", "")
        elif tag == "itemref" and values.get("linear") != "no":
            self.order.append(values.get("idref", ""))


def read_epub(path: Path) -> str:
    """Return the text of an EPUB in the order in which it is read.

    Raises:
        UsageError: if the file cannot be read, is no EPUB, is encrypted, or unpacks to more than `MOST_BYTES`
    """
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(path) as book:
            names = set(book.namelist())
            lock = _unpack(book, "META-INF/encryption.xml", left) if "META-INF/encryption.xml" in names else b""
            # Embedded fonts may be scrambled without protecting the text.
            if re.search(rb"\.x?html?[\"'#]", lock) or (lock and "META-INF/rights.xml" in names):
                raise UsageError(f"{path.name} is protected by DRM and cannot be read; expected an EPUB without it")
            container = _Package()
            container.feed(_unpack(book, "META-INF/container.xml", left).decode("utf-8", "replace"))
            package = _Package()
            package.feed(_unpack(book, container.root, left).decode("utf-8", "replace"))
            paragraphs: list[str] = []
            for item in package.order[:MOST_CHAPTERS]:
                href = unquote(package.items.get(item, "").partition("#")[0])
                name = posixpath.normpath(posixpath.join(posixpath.dirname(container.root), href))
                if not href or name not in names:
                    continue
                page = _unpack(book, name, left)
                left -= len(page)
                text = _Text()
                text.feed(page.decode("utf-8", "replace"))
                text.close()
                text.close_paragraph()
                paragraphs += text.paragraphs
    except KeyError:
        raise UsageError(f"{path.name} is no EPUB: its list of pages is missing") from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise UsageError(f"{path.name} is no EPUB that can be unpacked ({error})") from error
    except OSError as error:
        raise UsageError(f"story {str(path)!r} cannot be read: {error.strerror or error}") from error
    return "\n\n".join(paragraphs)


def _unpack(book: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return the bytes of a member; its stated size is not trusted."""
    with book.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise UsageError(
            f"{Path(book.filename or 'the file').name} unpacks to more than {MOST_BYTES >> 20} MB, which no book does; "
            "expected an EPUB of text"
        )
    return content
