"""Paths and text that came from elsewhere: what is let through, what is taken out, and that secrets are found however written."""

import base64
import html
import json
import os
import re
import stat
import unicodedata
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.runtime.untrusted_paths import UntrustedPathError, check_relative_name, read_regular_file, resolve_inside
from voiceact.runtime.untrusted_text import (
    REDACTED,
    clean_text,
    escape_markdown,
    neutralize_formula,
    redact,
    strip_credentials,
    url_secrets,
)

DOCUMENT = Path(__file__).parents[1] / "docs" / "security.md"


def test_the_threat_model_names_modules_that_exist() -> None:
    named = re.findall(r"`((?:voiceact|tests|benchmarks)/[\w/]+\.py)`", DOCUMENT.read_text())
    assert len(named) > 30
    assert [name for name in named if not (DOCUMENT.parents[1] / name).is_file()] == []


# --- Paths


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/..",
        "..",
        "~/x",
        "~root/x",
        "C:\\x",
        "c:x",
        "a\\..\\x",
        "a\0b",
        "a\nb",
        "",
        "x" * 2000,
        "\\\\host\\share",
        "a\x9bb",
        "a\ud800b",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(UntrustedPathError, match="expected"):
        resolve_inside(tmp_path, name)
    with pytest.raises(UntrustedPathError, match=r"^x\.json: "):
        check_relative_name(name, source="x.json")


def test_links_are_followed_inside_the_folder_and_nowhere_else(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.wav").write_bytes(b"s")
    (inside / "a.wav").write_bytes(b"a")
    (inside / "same").symlink_to("a.wav")
    (inside / "file").symlink_to(outside / "secret.wav")
    (inside / "folder").symlink_to(outside)
    (inside / "loop").symlink_to("loop")
    assert resolve_inside(inside, "same") == (inside / "a.wav").resolve()
    for name in ("file", "folder/secret.wav", "folder/new.wav", "loop"):
        with pytest.raises(UntrustedPathError):
            resolve_inside(inside, name)
    # The folder itself was chosen by the user and may be a link.
    (tmp_path / "link").symlink_to(inside)
    assert resolve_inside(tmp_path / "link", "a.wav") == (inside / "a.wav").resolve()


def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder", "."):
        with pytest.raises(UntrustedPathError):
            resolve_inside(tmp_path, name)
    with pytest.raises(UntrustedPathError, match="no regular file"):
        read_regular_file(tmp_path / "pipe")
    with pytest.raises(UntrustedPathError, match="NUL"):
        read_regular_file("a\0b")
    (tmp_path / "long").write_bytes(b"x" * 11)
    assert read_regular_file(tmp_path / "long", max_bytes=11) == b"x" * 11
    with pytest.raises(UntrustedPathError, match="larger than"):
        read_regular_file(tmp_path / "long", max_bytes=10)


def test_a_missing_file_is_where_it_would_be(tmp_path):
    assert resolve_inside(tmp_path, "a/b.wav") == tmp_path.resolve() / "a" / "b.wav"


@given(st.text(max_size=40))
def test_no_name_at_all_resolves_outside(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    try:
        found = resolve_inside(folder, name)
    except UntrustedPathError:
        return
    assert found.is_relative_to(folder.resolve()) and (not found.exists() or stat.S_ISREG(found.stat().st_mode))


# --- Text


def test_escape_sequences_controls_and_marks_of_direction_are_taken_out():
    assert clean_text("a\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]8;;http://x\x1b\\b\x9b2Jc") == "aredbc"
    assert clean_text("one\r\ntwo\tthree\x00\x07") == "one two three"
    assert clean_text("user\u202egpj.exe\u2066\u200e") == "usergpj.exe"
    assert clean_text("a\ud800b") == "a\ufffdb"
    assert clean_text(b"caf\xc3\xa9\xff") == "café\ufffd"
    assert clean_text("x" * 500, limit=10) == "x" * 9 + "…"
    assert clean_text({"a": 1}) == "{'a': 1}"


@given(st.text() | st.binary(), st.integers(0, 80))
def test_what_is_cleaned_can_be_printed_in_one_line(text, limit):
    found = clean_text(text, limit)
    assert len(found) <= max(limit, 1) and "\n" not in found
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in found)
    assert not set(found) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\ufeff")
    found.encode()


KEY = 'sk-p+ä/"Zq9 7xyz&1'


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.upper(),
        quote(KEY, safe=""),
        quote_plus(KEY),
        quote(quote(KEY, safe=""), safe=""),
        json.dumps(KEY),
        json.dumps(json.dumps(KEY)),
        html.escape(KEY),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        repr(KEY),
        "".join(f"%{byte:02X}" for byte in KEY.encode()),
        "".join(f"\\u{ord(one):04x}" for one in KEY),
        "".join(f"&#{ord(one)};" for one in KEY),
        "".join(f"&#x{ord(one):X};" for one in KEY),
        repr(KEY.encode()),
        "".join("\\" + one for one in KEY),
    ],
)
def test_a_secret_is_found_however_it_is_written(written):
    assert redact(f"<{written}>", [KEY]).replace("'", "").replace('"', "").replace("\\", "") in (
        f"<{REDACTED}>",
        f"<b{REDACTED}>",
    )


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=8, max_size=60),
    st.binary(max_size=5),
    st.binary(max_size=5),
    st.booleans(),
)
def test_a_secret_within_base64_cannot_be_read_out_of_it(secret, before, after, urlsafe):
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    found = redact(encode(before + secret.encode() + after).decode(), [secret])
    assert REDACTED in found
    rest = "".join(found.split(REDACTED))
    # What is left are the characters at its two ends, of at most two bytes each and the neighbours'.
    assert len(rest) <= 12 + 8


@given(st.text(min_size=12, max_size=40), st.integers(0, 20), st.integers(8, 40), st.text(max_size=20))
def test_no_eight_characters_in_a_row_of_a_secret_are_left(secret, start, length, around):
    part = secret[start : start + length]
    found = redact(around + part + around, [secret])
    for at in range(len(part) - 7):
        assert part[at : at + 8] not in found or part[at : at + 8] in REDACTED


def test_short_and_missing_secrets_change_no_words():
    assert redact("a cat sat", ["a", None, ""]) == f"{REDACTED} cat sat"
    assert redact("nothing here", ["sk-secret-1"]) == "nothing here"


def test_the_secrets_of_a_url_are_named_and_taken_out():
    url = "https://bob:p%20w@host:8080/v1?token=abc123&x=1#frag"
    assert strip_credentials(url) == "https://host:8080/v1?token&x"
    assert {"p w", "p%20w", "abc123", "frag", "bob:p w"} <= set(url_secrets(url))
    assert strip_credentials("http://localhost:8000/v1") == "http://localhost:8000/v1"
    assert "pw" not in strip_credentials("http://a:pw@[bad") and "pw" not in strip_credentials("http://u:pw@h:99999999")


@given(st.text(max_size=60))
def test_markdown_and_html_are_shown_as_written(text):
    found = escape_markdown(text)
    assert "<" not in found and ">" not in found
    assert "\n" not in found and "http://" not in found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[a](javascript:x)", r"\[a\](javascript:x)"),
        ("http://x.y", r"http\://x.y"),
        ("# title", r"\# title"),
        ("1. one", r"1\. one"),
        ("- item", r"\- item"),
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("a_b `c`", r"a\_b \`c\`"),
        ("R&D", "R&amp;D"),
        ("![i](u)", r"\!\[i\](u)"),
    ],
)
def test_what_means_something_in_markdown_is_escaped(text, shown):
    assert escape_markdown(text) == shown


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\u200b=1", "'\u200b=1"),
        ("-3.5", "-3.5"),
        ("+7", "+7"),
        ("1e-5", "1e-5"),
        ("-1e5", "-1e5"),
        ("plain", "plain"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_calculated_and_numbers_stay(cell, shown):
    assert neutralize_formula(cell) == shown
