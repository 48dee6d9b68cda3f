"""Whole numbers, ordinals and years in words: English, German, Spanish, French.

>>> cardinal(18052, "en"), cardinal(97, "de"), cardinal(21, "es"), cardinal(91, "fr")
('eighteen thousand and fifty two', 'siebenundneunzig', 'veintiuno', 'quatre-vingt-onze')
"""

from collections.abc import Callable

LONGEST = 24
"""digits that are read as one number; more are read one by one"""

_EN_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_EN_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_EN_SCALES = ["", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion"]
_EN_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

_DE_ONES = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn"
).split()
_DE_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_DE_SCALES = [
    ("Million", "Millionen"),
    ("Milliarde", "Milliarden"),
    ("Billion", "Billionen"),
    ("Billiarde", "Billiarden"),
    ("Trillion", "Trillionen"),
    ("Trilliarde", "Trilliarden"),
]

_ES_ONES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
).split()
_ES_TENS = "- - - treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_ES_HUNDREDS = (
    "- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
).split()
_ES_SCALES = [("millón", "millones"), ("billón", "billones"), ("trillón", "trillones")]
_ES_ORDINAL_ONES = "- primero segundo tercero cuarto quinto sexto séptimo octavo noveno".split()
_ES_ORDINAL_TEENS = (
    "décimo undécimo duodécimo decimotercero decimocuarto decimoquinto decimosexto decimoséptimo decimoctavo decimonoveno"
).split()
_ES_ORDINAL_TENS = (
    "- décimo vigésimo trigésimo cuadragésimo quincuagésimo sexagésimo septuagésimo octogésimo nonagésimo"
).split()
_ES_ORDINAL_HUNDREDS = (
    "- centésimo ducentésimo tricentésimo cuadringentésimo quingentésimo sexcentésimo "
    "septingentésimo octingentésimo noningentésimo"
).split()

_FR_ONES = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
).split()
_FR_TENS = "- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt".split()
_FR_SCALES = [
    ("million", "millions"),
    ("milliard", "milliards"),
    ("billion", "billions"),
    ("billiard", "billiards"),
    ("trillion", "trillions"),
    ("trilliard", "trilliards"),
]


def cardinal(number: int, language: str = "en") -> str:
    """Name a whole number.

    Args:
        number: from 10 ** `LONGEST` on it is read digit by digit, as people do
        language: "en", "de", "es" or "fr"
    """
    if number < 0:
        minus = {"es": "menos", "fr": "moins"}.get(language, "minus")
        return f"{minus} {cardinal(-number, language)}"
    return digits(str(number), language) if number >= 10**LONGEST else _CARDINALS[language](number)


def ordinal(number: int, language: str = "en") -> str:
    """Name a place in a row: "twenty third"; German in the nominative ("dritter"), Spanish and French masculine."""
    return digits(str(number), language) if number >= 10**LONGEST else _ORDINALS[language](number)


def digits(text: str, language: str = "en") -> str:
    """Name the digits of a string one by one; other characters are left out."""
    return " ".join(_CARDINALS[language](int(char)) for char in text if char.isdecimal())


def whole(text: str, language: str = "en") -> str:
    """Name a string of digits as a number, digit by digit where it begins with 0 or is longer than `LONGEST`."""
    if len(text) > LONGEST or (len(text) > 1 and text[0] == "0"):
        return digits(text, language)
    return cardinal(int(text), language)


def year(number: int) -> str:
    """Name a year in English: "nineteen oh five", "two thousand five", "twenty twelve"."""
    high, low = divmod(number, 100)
    if number < 1000 or high % 10 == 0 and low < 10 or number > 9999:
        return _en_cardinal(number, linked=False)
    if low == 0:
        return f"{_en_cardinal(high)} hundred"
    return f"{_en_cardinal(high)} {'oh ' if low < 10 else ''}{_en_cardinal(low)}"


def pairs(text: str) -> str:
    """Name a house number as Americans do: "fourteen twenty eight", "one twenty three", "one oh five"."""
    number = int(text)
    if len(text) not in (3, 4) or text[0] == "0" or number % 100 == 0 and len(text) == 3 or number % 1000 < 10:
        return whole(text)
    high, low = divmod(number, 100)
    if low == 0:
        return f"{_en_cardinal(high)} hundred"
    return f"{_en_cardinal(high)} {'oh ' if low < 10 else ''}{_en_cardinal(low)}"


def _en_hundreds(number: int, linked: bool) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_EN_ONES[hundreds]} hundred"] if hundreds else []
    if rest and hundreds and linked:
        words.append("and")
    if 0 < rest < 20:
        words.append(_EN_ONES[rest])
    elif rest:
        words.append(_EN_TENS[rest // 10] + (f" {_EN_ONES[rest % 10]}" if rest % 10 else ""))
    return " ".join(words)


def _en_cardinal(number: int, linked: bool = True) -> str:
    """Name a number; "and" links the last two places of numbers below a million, as listeners expect it there."""
    if number == 0:
        return "zero"
    words: list[str] = []
    rest, scale = number, 0
    while rest:
        rest, group = divmod(rest, 1000)
        if group:
            last = scale == 0 and number < 1_000_000 and linked
            name = _en_hundreds(group, last)
            if last and group < 100 and number >= 1000:
                name = f"and {name}"
            words.insert(0, f"{name} {_EN_SCALES[scale]}".strip())
        scale += 1
    return " ".join(words)


def _en_ordinal(number: int) -> str:
    head, _, last = _en_cardinal(number, linked=False).rpartition(" ")
    regular = f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"
    return f"{head} {_EN_ORDINALS.get(last, regular)}".strip()


def _de_below_thousand(number: int, final: bool) -> str:
    """Name 1 to 999 in one word; `final` says whether "eins" may end it."""
    hundreds, rest = divmod(number, 100)
    word = ("ein" if hundreds == 1 else _DE_ONES[hundreds]) + "hundert" if hundreds else ""
    if rest == 1:
        return word + ("eins" if final else "ein")
    if rest < 20:
        return word + (_DE_ONES[rest] if rest else "")
    tens, ones = divmod(rest, 10)
    return word + (("ein" if ones == 1 else _DE_ONES[ones]) + "und" if ones else "") + _DE_TENS[tens]


def _de_cardinal(number: int) -> str:
    if number == 0:
        return "null"
    millions, rest = divmod(number, 1_000_000)
    words: list[str] = []
    for singular, plural in _DE_SCALES:
        millions, group = divmod(millions, 1000)
        if group:
            words.insert(0, f"eine {singular}" if group == 1 else f"{_de_below_thousand(group, False)} {plural}")
    thousands, below = divmod(rest, 1000)
    word = _de_below_thousand(thousands, False) + "tausend" if thousands else ""
    word += _de_below_thousand(below, True) if below else ""
    return " ".join([*words, word]).strip()


def _de_ordinal(number: int) -> str:
    irregular = {1: "erster", 3: "dritter", 7: "siebter", 8: "achter"}
    if number in irregular:
        return irregular[number]
    word = _de_cardinal(number)
    low = number % 100
    if low in (1, 3, 7, 8):
        return word.removesuffix(_DE_ONES[low]) + irregular[low]
    return word + ("ter" if 0 < low < 20 else "ster")


def _es_below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if number == 100:
        return "cien"
    words = [_ES_HUNDREDS[hundreds]] if hundreds else []
    if rest and rest < 30:
        words.append(_ES_ONES[rest])
    elif rest:
        words.append(_ES_TENS[rest // 10] + (f" y {_ES_ONES[rest % 10]}" if rest % 10 else ""))
    return " ".join(words)


def es_short(words: str) -> str:
    """Shorten a final "uno" as before a noun: "veintiún", "treinta y un"."""
    if words.endswith("veintiuno"):
        return words[:-3] + "ún"
    return words[:-1] if words.endswith("uno") else words


def es_feminine(words: str) -> str:
    """Bring a number before a feminine noun: "doscientas una"."""
    words = words.replace("cientos", "cientas").replace("quinientos", "quinientas")
    return words[:-1] + "a" if words.endswith("uno") else words


def _es_below_million(number: int) -> str:
    thousands, rest = divmod(number, 1000)
    words = [] if not thousands else ["mil"] if thousands == 1 else [es_short(_es_below_thousand(thousands)), "mil"]
    return " ".join([*words, *([_es_below_thousand(rest)] if rest else [])])


def _es_cardinal(number: int) -> str:
    if number == 0:
        return "cero"
    millions, rest = divmod(number, 1_000_000)
    words: list[str] = []
    for singular, plural in _ES_SCALES:
        millions, group = divmod(millions, 1_000_000)
        if group:
            words.insert(0, f"un {singular}" if group == 1 else f"{es_short(_es_below_million(group))} {plural}")
    return " ".join([*words, *([_es_below_million(rest)] if rest else [])])


def _es_ordinal(number: int) -> str:
    if number == 0:
        return "cero"
    thousands, rest = divmod(number, 1000)
    words = (
        [] if not thousands else ["milésimo" if thousands == 1 else _es_below_thousand(thousands).replace(" ", "") + "milésimo"]
    )
    hundreds, below = divmod(rest, 100)
    if hundreds:
        words.append(_ES_ORDINAL_HUNDREDS[hundreds])
    tens, ones = divmod(below, 10)
    if 10 <= below < 20:
        words.append(_ES_ORDINAL_TEENS[ones])
    elif tens == 2 and ones:
        words.append(("vigesim" if ones == 8 else "vigesimo") + _ES_ORDINAL_ONES[ones])
    else:
        words += [_ES_ORDINAL_TENS[tens]] if tens else []
        words += [_ES_ORDINAL_ONES[ones]] if ones else []
    return " ".join(words)


def _fr_below_hundred(number: int) -> str:
    if number < 20:
        return _FR_ONES[number]
    tens, ones = divmod(number, 10)
    if tens in (7, 9):
        ones += 10
    word = _FR_TENS[tens]
    if ones == 0:
        return word + ("s" if number == 80 else "")
    if ones in (1, 11) and tens < 8:
        return f"{word} et {_FR_ONES[ones]}"
    return f"{word}-{_FR_ONES[ones]}"


def _fr_below_thousand(number: int, final: bool) -> str:
    hundreds, rest = divmod(number, 100)
    words = [] if not hundreds else ["cent"] if hundreds == 1 else [_FR_ONES[hundreds], "cent" + "s" * (not rest and final)]
    if rest:
        name = _fr_below_hundred(rest)
        words.append(name if final else name.removesuffix("s") if rest == 80 else name)
    return " ".join(words)


def _fr_cardinal(number: int) -> str:
    if number == 0:
        return "zéro"
    millions, rest = divmod(number, 1_000_000)
    words: list[str] = []
    for singular, plural in _FR_SCALES:
        millions, group = divmod(millions, 1000)
        if group:
            words.insert(0, f"{_fr_below_thousand(group, True)} {plural if group > 1 else singular}")
    thousands, below = divmod(rest, 1000)
    if thousands:
        words += ["mille"] if thousands == 1 else [_fr_below_thousand(thousands, False), "mille"]
    if below:
        words.append(_fr_below_thousand(below, True))
    return " ".join(words)


def _fr_ordinal(number: int) -> str:
    if number == 1:
        return "premier"
    word = _fr_cardinal(number)
    if word.endswith(("cents", "vingts", "millions", "milliards", "billions")):
        word = word[:-1]
    for ending, changed in (("cinq", "cinqu"), ("neuf", "neuv"), ("e", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + changed + "ième"
    return word + "ième"


_CARDINALS: dict[str, Callable[[int], str]] = {"en": _en_cardinal, "de": _de_cardinal, "es": _es_cardinal, "fr": _fr_cardinal}
_ORDINALS: dict[str, Callable[[int], str]] = {"en": _en_ordinal, "de": _de_ordinal, "es": _es_ordinal, "fr": _fr_ordinal}
