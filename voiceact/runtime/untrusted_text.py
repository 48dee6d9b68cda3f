"""Text from elsewhere: this module is the only way by which it is shown or stored.

Servers, records, runs and listeners may state anything: escape sequences, marks that reverse the direction of writing, HTML,
spreadsheet formulas, and the very key that was sent to them (docs/security.md).
"""

import base64
import html
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

REDACTED = "[redacted]"

SHORTEST_SECRET = 4
"""characters below which a secret is only redacted where it stands as a word"""
SHORTEST_PART = 8
"""shortest part of a secret, in characters, that is redacted"""

MAX_SHOWN_CHARACTERS = 300
"""of a message from a server or a record"""

_ESCAPE_SEQUENCE = re.compile(
    r"""
    (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]                        # CSI: colours, cursor
    |(?:\x1b[\]P^_X]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)   # OSC, DCS: titles, links, clipboard
    |\x1b[ -/]*[0-~]                                        # two-character sequences
    """,
    re.VERBOSE,
)
# Bidirectional marks, invisible characters, and tags; not the joiners U+200C and U+200D, which some scripts need.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""control characters other than tabs and line breaks, bidirectional marks, and half characters"""
_SURROGATE = re.compile("[\ud800-\udfff]")
# What has a meaning within a line, what makes a link of an address, and what has a meaning at the start of a line.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~@$^])|(?<=www)(\.)|(:)(?=//)|(?:^|(?<=^\d)|(?<=^\d\d))([-+#=>.)!:])", re.IGNORECASE)


def clean_text(text: object, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """Make foreign text fit to be printed in one line or stored.

    Terminal escape sequences, control characters, bidirectional marks and invisible characters are removed; line breaks and
    tabs become spaces, half characters (surrogates) U+FFFD.

    Args:
        text: string, or bytes in UTF-8; anything else is converted by str()
        limit: greatest number of characters; the end of longer text is replaced by "…"

    Returns:
        Printable text in one line, at most `limit` characters.
    """
    string = text.decode(errors="replace") if isinstance(text, bytes | bytearray) else str(text)
    # What cannot be shown need not be cleaned: an answer may be megabytes long.
    string = string[: max(limit, 0) * 8 + 4096]
    string = _ESCAPE_SEQUENCE.sub("", string)
    string = _INVISIBLE.sub("", _SURROGATE.sub("\ufffd", string))
    string = " ".join(_CONTROL.sub(lambda match: " " if match[0] in "\t\n\v\f\r\x85\u2028\u2029" else "", string).split())
    return string if len(string) <= limit else string[: max(limit - 1, 0)].rstrip() + "…"


def redact(text: str, secrets: Iterable[str | None]) -> str:
    """Replace secrets in text, also where they stand encoded, escaped, or in part.

    Found are: a secret in any case; each of its characters as %XX (also encoded twice), \\uXXXX, \\xXX, an HTML reference, or
    after a backslash, in any mixture; its hexadecimal and Base64 forms (both alphabets, at any offset in a longer string); and
    any SHORTEST_PART characters in a row of it.

    Args:
        text: text that may hold a secret
        secrets: keys, tokens and passwords; None and empty ones are passed over

    Returns:
        The text with each of them replaced by REDACTED.
    """
    known = {form for secret in secrets if secret for form in (secret, secret.strip(), unquote(secret)) if form}
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) < SHORTEST_SECRET:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", REDACTED, text)
            continue
        for form in _encoded_forms(secret):
            text = re.sub("".join(map(_any_spelling, form)), REDACTED, text, flags=re.IGNORECASE)
        text = _redact_parts(text, secret)
    return text


def strip_credentials(url: str) -> str:
    """Return a URL without user name, password, query values and fragment, fit to be shown or stored.

    Args:
        url: address as the user gave it

    Returns:
        Scheme, host, port and path, and the names of query parameters; the text up to the first of @ ? # removed or cut if it
        is no valid URL.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        names = "&".join(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
        return clean_text(urlunsplit((parts.scheme, host, parts.path, names, "")), 2048)
    except ValueError:
        return clean_text(re.split(r"[?#]", url)[0].rpartition("@")[2], 2048)


def url_secrets(url: str) -> list[str]:
    """Return what strip_credentials removes from a URL, so that it can be redacted from messages.

    Args:
        url: address as the user gave it

    Returns:
        User name and password together, password, query values and fragment; encoded and decoded. An ordinary user name
        alone is no secret, but stands in for the key where there is no password.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    values = [value for _, value in parse_qsl(parts.query, keep_blank_values=True)]
    secrets = [f"{user}:{password}" if password else "", password or user, parts.query, parts.fragment, *values]
    return [form for value in secrets if value for form in dict.fromkeys((value, unquote(value)))]


def escape_markdown(text: object, limit: int = 4000) -> str:
    """Return foreign text so that Markdown and HTML show it as written.

    Args:
        text: text of a recipe, run or record
        limit: greatest number of its characters that are kept

    Returns:
        One line without control characters; HTML's special characters as references, Markdown's after a backslash.
    """
    # Escaped for Markdown first: a reference such as &lt; must stay whole.
    return html.escape(_MARKDOWN.sub(lambda match: "\\" + match[0], clean_text(text, limit)), quote=False)


def neutralize_formula(text: str) -> str:
    """Return a table cell that a spreadsheet shows instead of calculating.

    Args:
        text: cell as text

    Returns:
        The text, with ' before it if a spreadsheet would take it for a formula (= + - @ and their wide forms, also after
        spaces, tabs and line breaks); numbers are unchanged.
    """
    start = unicodedata.normalize("NFKC", _INVISIBLE.sub("", _CONTROL.sub("", text))).lstrip()[:1]
    if start not in {"=", "+", "-", "@", "\u2212"} and text[:1] not in {"\t", "\r", "\n"}:
        return text
    return text if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) else "'" + text


def _encoded_forms(secret: str) -> list[str]:
    """Return the secret itself, in hexadecimal, and in Base64 at the three offsets at which it can begin."""
    data = secret.encode(errors="surrogatepass")
    forms = [secret, data.hex()]
    for offset in range(3):
        # The characters that also depend on the neighbours of the secret are left out.
        encoded = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")
        inner = encoded[(0, 2, 3)[offset] : (len(data) + offset) * 8 // 6]
        forms += [inner, inner.replace("+", "-").replace("/", "_")]
    return list(dict.fromkeys(form for form in forms if len(form) >= SHORTEST_SECRET))


def _any_spelling(character: str) -> str:
    """Return a pattern of all ways in which texts encode a character."""
    data = character.encode(errors="surrogatepass")
    utf8 = "".join(rf"(?:%(?:25)*|\\+x){byte:02x}" for byte in data)
    escaped = "".join(rf"\\*\\u{{?0*{unit:x}}}?" for unit in _utf16_units(character))
    named = [re.escape(html.escape(character))] if html.escape(character) != character else []
    spellings = [
        r"\\*" + re.escape(character),
        utf8,
        escaped,
        rf"\\*\\x0*{ord(character):x}",
        rf"&\#0*{ord(character)};?",
        rf"&\#x0*{ord(character):x};?",
        *named,
    ]
    if character == " ":
        spellings.append(r"\+")
    return "(?:" + "|".join(spellings) + ")"


def _utf16_units(character: str) -> list[int]:
    data = character.encode("utf-16-be", errors="surrogatepass")
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def _redact_parts(text: str, secret: str) -> str:
    """Redact every stretch of the text all of whose windows of SHORTEST_PART characters are in the secret."""
    length = SHORTEST_PART
    folded, windows = text.lower(), {secret.lower()[at : at + length] for at in range(len(secret) - length + 1)}
    if len(folded) != len(text) or not windows:  # a few characters change length when folded
        folded = text
    parts, at = [], 0
    while at < len(text):
        if folded[at : at + length] not in windows:
            parts.append(text[at])
            at += 1
            continue
        while folded[at : at + length] in windows:
            at += 1
        parts.append(REDACTED)
        at += length - 1
    return "".join(parts)
