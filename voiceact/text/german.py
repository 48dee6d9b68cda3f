"""How German is read."""

import re

from voiceact.text.continental import Continental, Tongue, Unit, is_queen
from voiceact.text.numbers import cardinal, digits, ordinal
from voiceact.text.scan import Scan, Spoken, rule

CODE = "de"

_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
MONTHS = (
    {name.lower(): name for name in _MONTHS}
    | {name[:3].lower(): name for name in _MONTHS}
    | {"sept": "September", "jänner": "Januar"}
)
_DAYS = {
    "mo": "Montag",
    "di": "Dienstag",
    "mi": "Mittwoch",
    "do": "Donnerstag",
    "fr": "Freitag",
    "sa": "Samstag",
    "so": "Sonntag",
}


def _same(name: str, feminine: bool = False) -> Unit:
    return Unit(name, name, feminine)


UNITS = {
    **{
        prefix + "m": _same(name + "meter")
        for prefix, name in (
            ("", "M"),
            ("k", "Kilo"),
            ("c", "Zenti"),
            ("m", "Milli"),
            ("d", "Dezi"),
            ("µ", "Mikro"),
            ("n", "Nano"),
        )
        if prefix
    },
    "m": _same("Meter"),
    "km": _same("Kilometer"),
    "g": _same("Gramm"),
    "kg": _same("Kilogramm"),
    "mg": _same("Milligramm"),
    "t": Unit("Tonne", "Tonnen", True),
    "l": _same("Liter"),
    "ml": _same("Milliliter"),
    "cl": _same("Zentiliter"),
    "dl": _same("Deziliter"),
    "hl": _same("Hektoliter"),
    "h": Unit("Stunde", "Stunden", True),
    "std": Unit("Stunde", "Stunden", True),
    "min": Unit("Minute", "Minuten", True),
    "s": Unit("Sekunde", "Sekunden", True),
    "sek": Unit("Sekunde", "Sekunden", True),
    "ms": Unit("Millisekunde", "Millisekunden", True),
    "ft": _same("Fuß"),
    "lb": _same("Pfund"),
    "lbs": _same("Pfund"),
    "oz": Unit("Unze", "Unzen", True),
    "mi": Unit("Meile", "Meilen", True),
    "mph": Unit("Meile pro Stunde", "Meilen pro Stunde", True),
    "kmh": _same("Kilometer pro Stunde"),
    "ha": _same("Hektar"),
    "w": _same("Watt"),
    "kw": _same("Kilowatt"),
    "mw": _same("Megawatt"),
    "kwh": Unit("Kilowattstunde", "Kilowattstunden", True),
    "v": _same("Volt"),
    "mv": _same("Millivolt"),
    "kv": _same("Kilovolt"),
    "a": _same("Ampere"),
    "ma": _same("Milliampere"),
    "hz": _same("Hertz"),
    "khz": _same("Kilohertz"),
    "mhz": _same("Megahertz"),
    "ghz": _same("Gigahertz"),
    "kb": _same("Kilobyte"),
    "mb": _same("Megabyte"),
    "gb": _same("Gigabyte"),
    "tb": _same("Terabyte"),
    "mbit": _same("Megabit"),
    "db": _same("Dezibel"),
    "pa": _same("Pascal"),
    "hpa": _same("Hektopascal"),
    "bar": _same("Bar"),
    "j": _same("Joule"),
    "kj": _same("Kilojoule"),
    "kcal": Unit("Kilokalorie", "Kilokalorien", True),
    "ps": _same("P S"),
    "k": _same("Kelvin"),
    "°c": _same("Grad Celsius"),
    "°f": _same("Grad Fahrenheit"),
    "°": _same("Grad"),
    "%": _same("Prozent"),
    "‰": _same("Promille"),
    "tl": _same("Teelöffel"),
    "el": _same("Esslöffel"),
    "zoll": _same("Zoll"),
    "n": _same("Newton"),
    "px": _same("Pixel"),
}
PER = {
    "h": "pro Stunde",
    "std": "pro Stunde",
    "s": "pro Sekunde",
    "min": "pro Minute",
    "d": "pro Tag",
    "tag": "pro Tag",
    "kg": "pro Kilogramm",
    "l": "pro Liter",
    "m": "pro Meter",
    "m²": "pro Quadratmeter",
    "m³": "pro Kubikmeter",
    "km": "pro Kilometer",
    "km²": "pro Quadratkilometer",
    "monat": "pro Monat",
    "jahr": "pro Jahr",
    "woche": "pro Woche",
    "person": "pro Person",
    "stück": "pro Stück",
    "g": "pro Gramm",
}
_CENT = ("Cent", "Cent")
MONEY = {
    "€": Unit("Euro", "Euro", minor=_CENT),
    "eur": Unit("Euro", "Euro", minor=_CENT),
    "euro": Unit("Euro", "Euro", minor=_CENT),
    "$": Unit("Dollar", "Dollar", minor=_CENT),
    "us$": Unit("US-Dollar", "US-Dollar", minor=_CENT),
    "usd": Unit("US-Dollar", "US-Dollar", minor=_CENT),
    "£": Unit("Pfund", "Pfund", minor=("Penny", "Pence")),
    "gbp": Unit("Pfund", "Pfund", minor=("Penny", "Pence")),
    "¥": Unit("Yen", "Yen"),
    "jpy": Unit("Yen", "Yen"),
    "₩": Unit("Won", "Won"),
    "₹": Unit("Rupie", "Rupien", True),
    "₽": Unit("Rubel", "Rubel"),
    "chf": Unit("Schweizer Franken", "Schweizer Franken", minor=("Rappen", "Rappen")),
    "fr": Unit("Franken", "Franken", minor=("Rappen", "Rappen")),
    "kr": Unit("Krone", "Kronen", True),
    "dm": Unit("D Mark", "D Mark", True, ("Pfennig", "Pfennig")),
    "₺": Unit("Lira", "Lira", True),
    "¢": Unit("Cent", "Cent"),
    "ct": Unit("Cent", "Cent"),
    "sek": Unit("schwedische Krone", "schwedische Kronen", True),
    "pln": Unit("Zloty", "Zloty"),
    "cny": Unit("Yuan", "Yuan"),
    "btc": Unit("Bitcoin", "Bitcoin"),
    "₿": Unit("Bitcoin", "Bitcoin"),
}
MAGNITUDES = {
    "tausend": ("Tausend", "Tausend"),
    "tsd.": ("Tausend", "Tausend"),
    "million": ("Million", "Millionen"),
    "millionen": ("Million", "Millionen"),
    "mio.": ("Million", "Millionen"),
    "mio": ("Million", "Millionen"),
    "milliarde": ("Milliarde", "Milliarden"),
    "milliarden": ("Milliarde", "Milliarden"),
    "mrd.": ("Milliarde", "Milliarden"),
    "mrd": ("Milliarde", "Milliarden"),
    "billion": ("Billion", "Billionen"),
    "billionen": ("Billion", "Billionen"),
    "billiarden": ("Billiarde", "Billiarden"),
    "trillionen": ("Trillion", "Trillionen"),
    "m.": ("Million", "Millionen"),
}
ABBREVIATIONS = {
    "dr.": "Doktor",
    "prof.": "Professor",
    "hr.": "Herr",
    "hrn.": "Herrn",
    "fr.": "Frau",
    "frl.": "Fräulein",
    "mrs.": "Misses",
    "mr.": "Mister",
    "ms.": "Miss",
    "dipl.-ing.": "Diplomingenieur",
    "ing.": "Ingenieur",
    "mag.": "Magister",
    "st.": "Sankt",
    "z. b.": "zum Beispiel",
    "z.b.": "zum Beispiel",
    "d. h.": "das heißt",
    "d.h.": "das heißt",
    "u. a.": "unter anderem",
    "u.a.": "unter anderem",
    "usw.": "und so weiter",
    "bzw.": "beziehungsweise",
    "ca.": "circa",
    "vgl.": "vergleiche",
    "etc.": "et cetera",
    "ff.": "folgende",
    "evtl.": "eventuell",
    "ggf.": "gegebenenfalls",
    "inkl.": "inklusive",
    "i. d. r.": "in der Regel",
    "i.d.r.": "in der Regel",
    "o. ä.": "oder ähnliches",
    "o.ä.": "oder ähnliches",
    "s. o.": "siehe oben",
    "s.o.": "siehe oben",
    "s. u.": "siehe unten",
    "u. s. w.": "und so weiter",
    "z. t.": "zum Teil",
    "z.t.": "zum Teil",
    "z. zt.": "zurzeit",
    "zzgl.": "zuzüglich",
    "exkl.": "exklusive",
    "max.": "maximal",
    "mind.": "mindestens",
    "min.": "Minuten",
    "std.": "Stunden",
    "sek.": "Sekunden",
    "tel.": "Telefon",
    "nr.": "Nummer",
    "bd.": "Band",
    "kap.": "Kapitel",
    "abb.": "Abbildung",
    "abs.": "Absatz",
    "jh.": "Jahrhundert",
    "jhd.": "Jahrhundert",
    "geb.": "geboren",
    "gest.": "gestorben",
    "verh.": "verheiratet",
    "n. chr.": "nach Christus",
    "v. chr.": "vor Christus",
    "n.chr.": "nach Christus",
    "v.chr.": "vor Christus",
    "bspw.": "beispielsweise",
    "sog.": "sogenannt",
    "allg.": "allgemein",
    "u. u.": "unter Umständen",
    "m. e.": "meines Erachtens",
    "str.": "Straße",
    "pl.": "Platz",
    "gr.": "Gramm",
    "einschl.": "einschließlich",
    "zz.": "zurzeit",
    "ing": "Ingenieur",
    "b. a.": "B A",
}
TITLES = frozenset(
    "dr. prof. hr. hrn. fr. frl. mrs. mr. ms. dipl.-ing. ing. mag. st. nr. bd. kap. abb. abs. tel. ca. vgl. z.b. d.h. bzw. "
    "evtl. ggf. inkl. max. mind.".split()
) | {"z. b.", "d. h."}
del ABBREVIATIONS["ing"]

SIGN_NAMES = {
    "-": "minus",
    "−": "minus",
    "–": "minus",
    "+": "plus",
    "±": "plus minus",
    "~": "etwa",
    "≈": "etwa",
    "<": "kleiner als",
    ">": "größer als",
    "≤": "höchstens",
    "≥": "mindestens",
    "#": "Nummer",
    "%": "Prozent",
    "‰": "Promille",
    "&": "und",
    "@": "at",
    "=": "gleich",
    "€": "Euro",
    "$": "Dollar",
    "£": "Pfund",
    "¥": "Yen",
    "§": "Paragraph",
    "°": "Grad",
    "×": "mal",
    "÷": "durch",
    "/": "Schrägstrich",
    "©": "Copyright",
    "→": "nach",
    "∞": "unendlich",
    "µ": "Mikro",
    "²": "Quadrat",
    "³": "hoch drei",
    "≠": "ungleich",
}

_FRACTIONS = {2: "halb", 3: "drittel", 7: "siebtel", 8: "achtel"}


def _counted(number: int, unit: Unit) -> str:
    """A number in front of a noun: "ein Meter", "eine Stunde"."""
    if number == 1:
        return "eine" if unit.feminine else "ein"
    return cardinal(number, CODE)


def _fraction(top: int, bottom: int) -> str:
    if bottom == 2:
        return "ein halb" if top == 1 else f"{cardinal(top, CODE)} halbe"
    name = _FRACTIONS.get(bottom) or cardinal(bottom, CODE) + ("tel" if bottom < 20 else "stel")
    return f"{'ein' if top == 1 else cardinal(top, CODE)} {name}"


def _mixed(number: int, top: int, bottom: int) -> str:
    whole = "ein" if number == 1 else cardinal(number, CODE)
    return f"{whole}einhalb" if (top, bottom) == (1, 2) else f"{cardinal(number, CODE)} {_fraction(top, bottom)}"


def year(text: str) -> str:
    """Name a year: 1100 to 1999 by hundreds."""
    number = int(text)
    if 1100 <= number <= 1999:
        hundreds, rest = divmod(number, 100)
        return f"{cardinal(hundreds, CODE)}hundert{cardinal(rest, CODE) if rest else ''}"
    return cardinal(number, CODE) if len(text) != 2 or text[0] != "0" else digits(text, CODE)


def declined(word: str, before: str) -> str:
    """Bring an ordinal ("dritter") to the ending that the word before it asks for."""
    if before in ("am", "vom", "zum", "beim", "im", "dem", "den", "des", "seit", "ab", "bis"):
        return word[:-1] + "n"
    return word[:-1] if before in ("der", "die", "das", "dieser", "jeder", "heute") else word


def _date(day: int, month: str, years: str, before: str) -> str:
    parts = [declined(ordinal(day, CODE), before)] if day else []
    return " ".join([*parts, month, *([year(years)] if years else [])])


def _clock(hour: int, minute: str, second: str, half: str) -> str:
    if second:
        return (
            f"{_counted(hour, Unit('', ''))} Uhr {_counted(int(minute), Unit('', '', True))} "
            f"{'Minute' if int(minute) == 1 else 'Minuten'} "
            f"{_counted(int(second), Unit('', '', True))} {'Sekunde' if int(second) == 1 else 'Sekunden'}"
        )
    return f"{_counted(hour, Unit('', ''))} Uhr" + (f" {cardinal(int(minute), CODE)}" if minute and int(minute) else "")


TONGUE = Tongue(
    CODE,
    SIGN_NAMES,
    MONTHS,
    _DAYS,
    UNITS,
    PER,
    {"²": "Quadrat{}", "³": "Kubik{}"},
    MONEY,
    MAGNITUDES,
    ABBREVIATIONS,
    TITLES,
    "Komma",
    _fraction,
    _mixed,
    lambda text: digits(text, CODE),
    _date,
    _clock,
    _counted,
    spell=True,
    acronyms=frozenset("nato unesco nasa aids bafög dax fifa uefa unicef opec radar laser".split()),
    stopped_ordinals=True,
    year=year,
    many_millions="Millionen Euro",
    roman_nouns=frozenset("kapitel teil akt band szene weltkrieg klasse stufe phase artikel abschnitt buch".split()),
    roman_names=lambda value, name: ("die " if is_queen(name) else "der ") + ordinal(value, CODE)[:-1],
)
_RULES = Continental(TONGUE)

OPENERS = frozenset(
    """der die das ein eine er sie es wir ihr ich du man und aber oder doch dann da so wenn als wie was wer wo warum nicht
    ja nein heute morgen gestern in im am auf mit nach vor bei zu von für aus mein meine dein sein seine alle jetzt hier
    dort""".split()
)
COUNTED = TONGUE.roman_nouns
WATCHED = (
    frozenset(key.rstrip(".") for key in ABBREVIATIONS)
    | frozenset(_DAYS)
    | frozenset(
        {*(key for key in (*MONTHS, *_DAYS) if len(key) < 4), *(code for code in MONEY if code.isalpha()), "v", "version"}
        - {"mai", "so", "do", "mi", "di", "euro"}
    )
)


_DATIVE = frozenset("in an auf mit von zu bei nach aus seit vor unter über neben zwischen hinter ab".split())
"""prepositions that make "der" a dative: "in der zweiten Reihe" """
_ORDINAL_ARTICLES = frozenset("der die das dem den des am vom zum beim im".split())


def _day_month(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A day and a month as numbers: "am 24.12."."""
    if not (1 <= int(match["d"]) <= 31 and 1 <= int(match["m"]) <= 12):
        return None
    last = scan.last_word().lower()
    month = ordinal(int(match["m"]), CODE)
    return Spoken(f"{declined(ordinal(int(match['d']), CODE), last)} {declined(month, last)}", stop=True)


def _decade(match: "re.Match[str]", scan: Scan) -> Spoken:
    """ "90er", "1980ern"."""
    number = match["n"]
    return Spoken((year(number) if len(number) == 4 else cardinal(int(number), CODE)) + match["ending"])


def _compound(match: "re.Match[str]", scan: Scan) -> Spoken:
    """A number that is the first part of a word: "3-jährig", "20-fach"."""
    return Spoken(("ein" if match["n"] == "1" else cardinal(int(match["n"]), CODE)) + match["rest"])


def _stopped_unit(match: "re.Match[str]", scan: Scan) -> Spoken:
    """A unit with a full stop: "5 Min."."""
    return Spoken(_RULES.valued(match["n"], UNITS[match["unit"].lower()]), stop=True)


def _house_letter(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A house number with a letter, behind the name of a street."""
    if not re.search(r"(?:str\.?|straße|weg|platz|gasse|allee|ring|ufer)$", scan.last_word().lower()):
        return None
    return Spoken(f"{cardinal(int(match['n']), CODE)} {match['letter'].upper()}")


def _day_range(match: "re.Match[str]", scan: Scan) -> Spoken:
    """Days of the week from one to another: "Mo.-Fr."."""
    return Spoken(f"{_DAYS[match['a'].lower()]} bis {_DAYS[match['b'].lower()]}", title=True)


def _day(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A day of the week by its first letters: "am Sa. um zehn"; before a name "Fr." is a woman."""
    following = scan.text[match.end() :]
    dated = re.match(r",?\s*(?:den\s|um\s|ab\s|und\s|bis\s|oder\s|von\s|\d)|\s*[-–,;)]|\s*$", following)
    before = scan.last_word().lower() in (
        "am",
        "ab",
        "bis",
        "jeden",
        "vom",
        "nächsten",
        "letzten",
        "diesen",
        "und",
        "oder",
        "kommenden",
    )
    if match["day"] == "Fr" and re.match(r"\s+[A-ZÄÖÜ]", following) or not (dated or before):
        return None
    if match["day"] in ("So", "Do", "Mi", "Di", "Mo") and not before and not re.match(r",?\s*\d|,", following):
        return None
    return Spoken(_DAYS[match["day"].lower()], stop=True, title=bool(following.strip()))


def _ordinal(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A number with a full stop is an ordinal before a noun, a day or alone; at the end of a sentence it is a number."""
    number = int(match["n"])
    alone = not scan.text[: match.start()].strip() and not scan.text[match.end() :].strip()
    last = scan.last_word().lower()
    if scan.after(match.end()) in ",;)" and last in _ORDINAL_ARTICLES:
        return Spoken(declined(ordinal(number, CODE), last))
    if last == "der" and len(scan.words) > 1 and scan.words[-2].written.lower() in _DATIVE:
        last = "dem"
    following = scan.next_word(match.end())
    ends = not following or following[0].isupper() and following.lower() in OPENERS
    if ends and last in _ORDINAL_ARTICLES:
        # "Am 3." and "der 2." end their sentence with the ordinal's own full stop.
        return Spoken(declined(ordinal(number, CODE), last), stop=True)
    if not alone and (ends or scan.text[match.end() : match.end() + 1] != " "):
        return None
    if last in ("und", "oder", "bis") and len(scan.words) > 1 and scan.words[-2].kind == "ordinal":
        # "In der 2. und 3. Reihe": both have the ending that the article asks for.
        ending = scan.words[-2].spoken[-1]
        word = ordinal(number, CODE)[:-1]
        return Spoken(word if ending == "e" else word + ending)
    return Spoken(declined(ordinal(number, CODE), last))


def _hour(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    return _RULES._clock(match, scan)


def _year_word(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """Four digits from 1100 to 1999 are a year unless a unit follows."""
    return (
        Spoken(year(match[0]), readings=(cardinal(int(match[0]), CODE),))
        if 1100 <= int(match[0]) <= 1999
        and scan.last_word().lower()
        in (
            "jahr",
            "jahre",
            "jahres",
            "in",
            "im",
            "seit",
            "ab",
            "bis",
            "von",
            "um",
            "nach",
            "vor",
            "anno",
            "sommer",
            "winter",
            "herbst",
            "frühling",
            "geboren",
            *(name.lower() for name in _MONTHS),
        )
        else None
    )


ADDRESSES, NUMBERS, LETTERS, SIGNED, SIGNS = _RULES.rules(
    [
        rule("time", r"(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2}))?\s?(?:Uhr\b|h\b)", _hour, re.IGNORECASE),
        rule("time", r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])", _hour),
        rule("time", r"(?P<h>\d{1,2})\s?Uhr(?:\s(?P<m>\d{1,2})(?![\d.,]))?(?P<s>)(?!\w)", _hour, re.IGNORECASE),
        rule(
            "ratio",
            r"(?P<a>\d{1,4})\s:\s(?P<b>\d{1,4})(?!\w)",
            lambda m, s: f"{cardinal(int(m['a']), CODE)} zu {cardinal(int(m['b']), CODE)}",
        ),
        rule("date", r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?!\s?\d)(?!\w)", _day_month),
        rule("decade", r"(?P<n>1[1-9]\d0|20\d0|[1-9]0)(?P<ending>ern?)(?!\w)", _decade),
        rule(
            "cardinal",
            r"(?P<n>\d{1,4})-(?P<rest>(?:jährig|fach|mal|prozentig|stündig|tägig|wöchig|monatig|minütig|köpfig|seitig|stellig|teilig)\w*)",
            _compound,
        ),
        rule(
            "cardinal", r"(?P<n>\d{1,3})x(?!\w)", lambda m, s: ("ein" if m["n"] == "1" else cardinal(int(m["n"]), CODE)) + "mal"
        ),
        rule("measure", r"(?P<n>\d+(?:,\d+)?)\s?(?P<unit>Min|Std|Sek)\.(?!\w)", _stopped_unit),
        rule("address", r"(?P<n>\d{1,4})\s?(?P<letter>[a-hA-H])(?!\w)", _house_letter),
        rule("ordinal", r"(?P<n>\d{1,4})\.(?!\d)(?=[\s,;)]|$)(?!\s(?:" + "|".join(MONTHS) + r")\b)", _ordinal),
        rule("year", r"1[1-9]\d\d(?![\w:%€$]|[.,]\d)", _year_word),
    ],
    [
        rule("abbreviation", r"(?P<day>Mo|Di|Mi|Do|Fr|Sa|So)\.(?!\w)", _day),
        rule("date", r"(?P<a>Mo|Di|Mi|Do|Fr|Sa|So)\.?\s?[-–]\s?(?P<b>Mo|Di|Mi|Do|Fr|Sa|So)\b\.?(?!\w)", _day_range),
        rule("abbreviation", r"S\.\s?(?=\d)", lambda m, s: Spoken("Seite", title=True)),
        rule("abbreviation", r"(?P<stem>[A-ZÄÖÜ][a-zäöüß]+)str\.(?!\w)", lambda m, s: Spoken(m["stem"] + "straße", title=True)),
    ],
    [],
)
