"""Addresses of the web and mail, handles, and single signs, named in each language."""

import re

from voiceact.text.numbers import digits

SIGNS = {
    "en": {
        ".": "dot",
        "@": "at",
        "/": "slash",
        "-": "dash",
        "_": "underscore",
        "&": "ampersand",
        ":": "colon",
        "+": "plus",
        "?": "question mark",
        "=": "equals",
        "#": "hash",
        "%": "percent",
        "~": "tilde",
        "$": "dollar",
        "!": "exclamation mark",
        ",": "comma",
        "*": "asterisk",
        "|": "bar",
        "\\": "backslash",
        ";": "semicolon",
    },
    "de": {
        ".": "Punkt",
        "@": "at",
        "/": "Slash",
        "-": "Minus",
        "_": "Unterstrich",
        "&": "und",
        ":": "Doppelpunkt",
        "+": "plus",
        "?": "Fragezeichen",
        "=": "gleich",
        "#": "Raute",
        "%": "Prozent",
        "~": "Tilde",
        "$": "Dollar",
        "!": "Ausrufezeichen",
        ",": "Komma",
        "*": "Stern",
        "|": "senkrechter Strich",
        "\\": "Backslash",
        ";": "Semikolon",
    },
    "es": {
        ".": "punto",
        "@": "arroba",
        "/": "barra",
        "-": "guion",
        "_": "guion bajo",
        "&": "y",
        ":": "dos puntos",
        "+": "más",
        "?": "interrogación",
        "=": "igual",
        "#": "almohadilla",
        "%": "por ciento",
        "~": "tilde",
        "$": "dólar",
        "!": "exclamación",
        ",": "coma",
        "*": "asterisco",
        "|": "barra vertical",
        "\\": "barra inversa",
        ";": "punto y coma",
    },
    "fr": {
        ".": "point",
        "@": "arobase",
        "/": "barre oblique",
        "-": "tiret",
        "_": "tiret bas",
        "&": "et",
        ":": "deux points",
        "+": "plus",
        "?": "point d'interrogation",
        "=": "égale",
        "#": "dièse",
        "%": "pour cent",
        "~": "tilde",
        "$": "dollar",
        "!": "point d'exclamation",
        ",": "virgule",
        "*": "astérisque",
        "|": "barre verticale",
        "\\": "barre inverse",
        ";": "point-virgule",
    },
}
"""names of signs inside addresses"""

WORD_DOMAINS = frozenset("com org net edu gov info mil biz app dev blog shop page news wiki".split())
"""ends of addresses that are said as words; the others are spelt"""
_DOMAINS = (
    "com|org|net|edu|gov|mil|info|biz|app|dev|blog|shop|io|ai|tv|me|co|uk|us|ca|au|de|at|ch|fr|es|it|nl|be|eu|se|no|dk|fi|"
    "pl|ru|jp|cn|in|br|mx|ar|cl|pt|gr|ie|nz|sm|ly|cz|hu|ro|tr|kr|za"
)

ADDRESS = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]{1,12}://[^\s<>\"“”]+"
    r"|www\.[^\s<>\"“”]+"
    r"|[\w.+&'-]*[\w]@[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"“”]*)?"
    r"|[\w-]*[A-Za-z][\w-]*(?:\.[\w-]+)*\.(?:" + _DOMAINS + r")(?![\w@])(?:[/?#:][^\s<>\"“”]*)?)",
    re.IGNORECASE,
)
HANDLE = re.compile(r"@[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*|#[A-Za-z][\w]*")
TRAILING = ".,;:!?…)]}'’\"”»"

_PIECE = re.compile(r"[^\W\d_]+|\d+|.", re.DOTALL)
_SPELT = frozenset(
    "www http https html htm php asp aspx ftp sftp xml pdf jpg jpeg png gif svg css js ssl url api faq rss cgi abc "
    "bbc cnn nbc cbs ibm mit ucla usa gmbh".split()
)


def address_end(text: str, start: int, end: int) -> int:
    """Where an address ends once the marks of the sentence around it are taken off."""
    while end > start and text[end - 1] in TRAILING:
        end -= 1
    return end


def verbalize_address(address: str, language: str, *, spell: bool = False) -> str:
    """Name an address piece by piece.

    Args:
        address: of a page, a file or a mailbox, or a handle
        language: code of the language
        spell: spell every name that is not an everyday word of addresses, as Germans and Spaniards are used to
    """
    names = SIGNS[language]
    spoken: list[str] = []
    pieces = _PIECE.findall(address)
    for place, piece in enumerate(pieces):
        if piece.isdecimal():
            spoken.append(digits(piece, language))
        elif piece[0].isalpha():
            behind_dot = place > 0 and pieces[place - 1] == "."
            domain = (
                behind_dot and (place + 1 == len(pieces) or not pieces[place + 1][0].isalnum()) and "@" not in pieces[place:]
            )
            spoken.append(_verbalize_name(piece, domain, spell))
        elif piece in names:
            spoken.append(names[piece])
    return " ".join(spoken)


def _verbalize_name(name: str, domain: bool, spell: bool) -> str:
    low = name.lower()
    if low in WORD_DOMAINS and domain:
        return low
    unspeakable = not re.search(r"[aeiouyäöüáéíóúàèêâîôû]", low)
    if (
        low in _SPELT
        or unspeakable
        or domain
        and len(low) == 2
        or spell
        and low not in ("gmail", "hotmail", "yahoo", "outlook")
    ):
        return spelt(low)
    return low


def spelt(letters: str) -> str:
    """Letters that are said one by one: capitals, in a spoken form, always are."""
    return letters.upper()
