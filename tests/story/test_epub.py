"""The text of an EPUB, and files that only look like one."""

import zipfile
from pathlib import Path

import pytest

from voiceact.errors import UsageError
from voiceact.story import epub
from voiceact.story.paragraphs import read_blocks, read_story

CONTAINER = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
PACKAGE = """<package><manifest><item id="b" href="two.xhtml"/><item id="a" href="text/one%20.xhtml"/>
<item id="n" href="nav.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="n" linear="no"/><itemref idref="b"/>
</spine></package>"""
ONE = "<html><head><title>x</title></head><body><h2>One</h2><p>It was <i>very</i>\ndark &amp; cold.</p><hr/><p>Anna came.</p></body>"


def write_book(path: Path, **members: str) -> Path:
    pages = {"META-INF/container.xml": CONTAINER, "OPS/book.opf": PACKAGE, "OPS/text/one .xhtml": ONE}
    pages |= {"OPS/two.xhtml": "<h1>Two</h1><p>The end.", "OPS/nav.xhtml": "<p>contents</p>"} | members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in pages.items():
            book.writestr(name, text)
    return path


def test_pages_are_read_in_the_order_of_the_book(tmp_path: Path) -> None:
    text = read_story(write_book(tmp_path / "book.epub"))
    assert [(block.kind, block.text) for block in read_blocks(text, markdown=False)] == [
        ("heading", "One"),
        ("text", "It was very dark & cold."),
        ("break", ""),
        ("text", "Anna came."),
        ("heading", "Two"),
        ("text", "The end."),
    ]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epub, "MOST_BYTES", 1 << 20)
    book = write_book(tmp_path / "book.epub", **{"OPS/two.xhtml": "a" * (3 << 20)})
    with pytest.raises(UsageError, match="book.epub unpacks to more than 1 MB, which no book does"):
        read_story(book)


def test_a_protected_book_is_refused(tmp_path: Path) -> None:
    secret = '<encryption><EncryptedData><CipherReference URI="OPS/two.xhtml"/></EncryptedData></encryption>'
    with pytest.raises(UsageError, match=r"book.epub is protected by DRM"):
        read_story(write_book(tmp_path / "book.epub", **{"META-INF/encryption.xml": secret}))
    fonts = secret.replace("two.xhtml", "font.otf")
    assert "Anna came." in read_story(write_book(tmp_path / "fonts.epub", **{"META-INF/encryption.xml": fonts}))


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.epub").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "zip.epub", "w") as archive:
        archive.writestr("a.txt", "a")
    for name, message in (
        ("text.epub", "is no EPUB that can be"),
        ("zip.epub", "list of pages is missing"),
        ("no.epub", "read"),
    ):
        with pytest.raises(UsageError, match=message):
            read_story(tmp_path / name)
