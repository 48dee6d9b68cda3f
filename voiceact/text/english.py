"""How English is read: classes of tokens in the order in which they are tried."""

import re
import unicodedata

from voiceact.text import english_words as words
from voiceact.text.homographs import CHOOSERS, homograph
from voiceact.text.numbers import cardinal, digits, ordinal, pairs, whole, year
from voiceact.text.scan import ROMAN, Rule, Scan, Spoken, alternatives, roman_value, rule
from voiceact.text.signs import ADDRESS, HANDLE, address_end, verbalize_address

CODE = "en"

_I = re.IGNORECASE
_NUM = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_SIGN = r"[-−–]?"
_MONTH = r"(?:" + alternatives(sorted({*words.MONTHS, *(name.lower() for name in words.MONTHS.values())})) + r")"
_MERIDIEM = r"(?:[ap]\.\ ?m\b\.?|[ap]m\b)"
_ZONE = r"(?:e\.?s\.?t|p\.?s\.?t|c\.?s\.?t|m\.?s\.?t|e\.?d\.?t|p\.?d\.?t|c\.?d\.?t|g\.?m\.?t|u\.?t\.?c|c\.?e\.?t|b\.?s\.?t)\b"
_UNIT = r"(?:" + alternatives([*words.UNITS, *words.PER]) + r")"
_MONEY = (
    r"(?:US\ ?\$|[CA]\$|R\$|"
    + alternatives([sign for sign in words.CURRENCIES if not sign.isalpha() and len(sign) == 1])
    + r")"
)
_CODE = r"(?:" + alternatives([code for code in words.CURRENCIES if code.isalpha()]) + r")"
_MAGNITUDE = r"(?:" + alternatives(words.MAGNITUDES) + r")"
_SUPER = {"²": "square", "³": "cubic"}


def amount(text: str) -> str:
    """Name a number as it is written: thousands with commas, a decimal point, leading zeros digit by digit."""
    text = text.replace("−", "-").replace("–", "-")
    if text.startswith("-"):
        return f"minus {amount(text[1:])}"
    head, _, fraction = text.replace(",", "").partition(".")
    spoken = [whole(head)] if head else []
    return " ".join([*spoken, *(["point", digits(fraction)] if fraction else [])])


def _is_one(text: str) -> bool:
    return text.lstrip("-−–") == "1"


def _year_or_number(text: str) -> str:
    number = int(text)
    if len(text) == 4 and 1100 <= number <= 2099:
        return year(number)
    return whole(text)


def _month(name: str) -> str:
    return words.MONTHS[name.lower().rstrip(".")[:3]]


def _verbalize_year(text: str) -> str:
    if len(text) == 2:
        return f"oh {cardinal(int(text))}" if text[0] == "0" else cardinal(int(text))
    return year(int(text))


# Addresses of the web


def _address(match: "re.Match[str]", scan: Scan) -> Spoken:
    end = address_end(scan.text, match.start(), match.end())
    return Spoken(verbalize_address(scan.text[match.start() : end], CODE), end=end, stop=False)


def _handle(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    text = match[0]
    if text[0] == "#" and scan.before(match.start()).isalnum():
        return None
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text[1:]).replace("_", " underscore ").replace(".", " dot ")
    spoken = " ".join(
        digits(piece) if piece.isdecimal() and len(piece) > 2 else cardinal(int(piece)) if piece.isdecimal() else piece
        for piece in re.findall(r"[^\W\d_]+|\d+", name)
    )
    return Spoken(f"{'at' if text[0] == '@' else 'hashtag'} {spoken}")


# Telephone numbers and other rows of digits


def _telephone(match: "re.Match[str]", scan: Scan) -> str:
    groups = re.findall(r"[A-Z]{2,}|\d+", match[0])
    spoken = [
        _letters(group) if group.isalpha() else "eight hundred" if group == "800" and place == 1 else digits(group)
        for place, group in enumerate(groups)
    ]
    return ("plus " if "+" in match[0] else "") + ", ".join(spoken)


_CALLED = re.compile(
    r"\b(?:call|dial|phone|ring|text|telephone)(?:\s(?:me|us|him|her|them))?(?:\s(?:at|on))?\s$|\bnumber(?:'s|\sis)\s$", re.I
)


def _called(match: "re.Match[str]", scan: Scan) -> str | None:
    """A row of digits that somebody is to call."""
    if not _CALLED.search(scan.text[max(0, match.start() - 24) : match.start()]):
        return None
    return _telephone(match, scan)


def _star_code(match: "re.Match[str]", scan: Scan) -> str | None:
    """A code that is dialled: "*69"."""
    if scan.last_word().lower() not in ("dial", "press", "hit", "enter", "call"):
        return None
    return f"star {cardinal(int(match[0].strip('*#')))}" + (" pound" if match[0].endswith("#") else "")


def _dotted(match: "re.Match[str]", scan: Scan) -> Spoken | str:
    groups = match["dotted"].split(".")
    spell = all(len(group) <= 3 for group in groups) and len(groups) == 4 and not match["v"]
    spoken = " point ".join(_short_number(group) for group in groups)
    if spell:
        spoken = " dot ".join(digits(group) for group in groups)
        port = re.match(r":\d{1,5}(?!\w)", scan.text[match.end() :])
        if port:
            return Spoken(f"{spoken} colon {digits(port[0][1:])}", end=match.end() + port.end())
    return ("version " if match["v"] else "") + spoken


def _short_number(group: str) -> str:
    return whole(group) if len(group) <= 3 else digits(group)


def _ending_in(match: "re.Match[str]", scan: Scan) -> str:
    return digits(match[0])


# Clock


def _counted(number: int, noun: str) -> str:
    return noun if number == 1 else noun + "s"


def _military(match: "re.Match[str]", scan: Scan) -> str | None:
    """A time of day in four digits: "0630 hours"."""
    hour, minute = match["h"], match["m"]
    if int(hour) > 24:
        return None
    spoken = f"oh {cardinal(int(hour))}" if hour[0] == "0" and hour != "00" else cardinal(int(hour))
    if hour == "00":
        spoken = "zero"
    rest = "hundred" if minute == "00" else f"oh {cardinal(int(minute))}" if minute[0] == "0" else cardinal(int(minute))
    return f"{spoken} {rest}"


# Dates


_DATED = frozenset(
    "on by due until till since before after dated expires expired from monday tuesday wednesday thursday".split()
)
_DATED |= {"friday", "saturday", "sunday"}


def _month_and_day(match: "re.Match[str]", scan: Scan) -> str | None:
    """A month and a day as numbers, where the word before them tells a date from a fraction: "due by 3/15"."""
    first, second = match["a"], match["b"]
    day = scan.words[-1].written.rstrip(".").lower() if scan.words else ""
    if day not in _DATED or not 1 <= int(second) <= 31 or (first, second) == ("9", "11"):
        return None
    if scan.next_word(match.end()).lower() == "of":
        return None
    return f"{list(words.MONTHS.values())[int(first) - 1]} {ordinal(int(second))}"


def _iso_date(match: "re.Match[str]", scan: Scan) -> str | None:
    return _verbalize_date(match["y"], int(match["m"]), int(match["d"]))


def _slash_date(match: "re.Match[str]", scan: Scan) -> str | None:
    first, second = int(match["a"]), int(match["b"])
    if first <= 12:
        return _verbalize_date(match["y"], first, second)
    return _verbalize_day_date(match["y"], second, first)


def _hyphen_date(match: "re.Match[str]", scan: Scan) -> str | None:
    return _verbalize_day_date(match["y"], int(match["m"]), int(match["d"]))


def _verbalize_date(years: str, month: int, day: int) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{list(words.MONTHS.values())[month - 1]} {ordinal(day)} {_verbalize_year(years)}"


def _timestamp(match: "re.Match[str]", scan: Scan) -> str | None:
    """A date and a time of day as computers write them."""
    date = _verbalize_date(match["y"], int(match["m"]), int(match["d"]))
    hour, minute = int(match["h"]), match["min"]
    if date is None or hour > 23 or int(minute) > 59:
        return None
    spoken = cardinal(int(minute)) if int(minute) > 9 else f"oh {cardinal(int(minute))}" if int(minute) else "hundred"
    return f"{date} {cardinal(hour)} {spoken}"


def _century(match: "re.Match[str]", scan: Scan) -> Spoken:
    return Spoken(f"{ordinal(int(match['n']))} century", stop=True)


def _day_range(match: "re.Match[str]", scan: Scan) -> Spoken:
    """Days of the week from one to another: "Mon.-Fri."."""
    return Spoken(f"{words.DAYS[match['a'].lower()]} to {words.DAYS[match['b'].lower()]}", stop=match[0].endswith("."))


def _verbalize_day_date(years: str, month: int, day: int) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"the {ordinal(day)} of {list(words.MONTHS.values())[month - 1]} {_verbalize_year(years)}"


def _month_day(match: "re.Match[str]", scan: Scan) -> str | None:
    if (
        not 1 <= int(match["d"]) <= 31
        or match["month"] in ("may", "mar", "sep", "march")
        and not match["y"]
        and not match["th"]
    ):
        return None
    if match["month"] in ("May", "March") and not match["y"] and not match["th"] and not scan.last_word():
        # "May 3 people come in?", "March 3 miles."
        following = scan.next_word(match.end())
        if following.islower() and following not in _NO_NOUN:
            return None
    tail = f"{match['comma'] or ''} {_verbalize_year(match['y'])}" if match["y"] else ""
    until = ""
    if match["d2"]:
        if not int(match["d"]) < int(match["d2"]) <= 31:
            return None
        until = f" to {ordinal(int(match['d2']))}"
    return f"{_month(match['month'])} {ordinal(int(match['d']))}{until}{tail}"


def _day_month(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    if not 1 <= int(match["d"]) <= 31 or match["month"] in ("march", "may", "mar") and not match["y"] and not match["th"]:
        return None
    article = "" if scan.last_word().lower() in ("the", "this", "last", "next", "every") else "the "
    tail = f"{match['comma'] or ''} {_verbalize_year(match['y'])}" if match["y"] else ""
    return Spoken(f"{article}{ordinal(int(match['d']))} of {_month(match['month'])}{tail}", stop=match[0].endswith("."))


def _month_year(match: "re.Match[str]", scan: Scan) -> str:
    return f"{_month(match['month'])}{match['comma'] or ''} {_verbalize_year(match['y'])}"


def _era(match: "re.Match[str]", scan: Scan) -> Spoken:
    number = match["n"].replace(",", "")
    spoken = pairs(number) if len(number) in (3, 4) else whole(number)
    return Spoken(f"{spoken} {match['era'].replace('.', '').replace(' ', '').upper()}", stop=match[0].endswith("."))


def _quarter(match: "re.Match[str]", scan: Scan) -> str:
    article = "" if scan.last_word().lower() in ("the", "this", "last", "every") else "the "
    return f"{article}{ordinal(int(match['q']))} quarter of {_verbalize_year(match['y'])}"


# Money


_SINGULAR_BEFORE = frozenset("a an another every each".split())
_NO_NOUN = frozenset(
    """a an the and or but nor to in on at for from of by with without per each more less off over under is was are were
    will would can could if when as than that who which so because until i you he she it we they apiece""".split()
)
_POSSESSIVE = frozenset("the this that his her my our your their its".split())
_PRICED = frozenset(
    """question prize fine fee ticket house home deal offer bet reward bonus budget check cheque loan debt gift tip raise grant
    donation ransom bounty mark jackpot contract settlement lawsuit suit watch dress car ring bottle haircut meal""".split()
)
_CASH = frozenset("bill bills note notes coin coins banknote banknotes".split())


def _before_noun(scan: Scan, end: int) -> bool:
    """Whether a value stands before a noun, as in "a $5 bill", and is named in the singular."""
    following = scan.next_word(end)
    if following in _CASH:
        return True
    if following in _PRICED and scan.last_word().lower() in _POSSESSIVE:
        return True
    return scan.last_word().lower() in _SINGULAR_BEFORE and following.islower() and following not in _NO_NOUN


def _money(match: "re.Match[str]", scan: Scan) -> Spoken | str | None:
    sign, number, magnitude, per = (match[name] for name in ("sign", "n", "by", "per"))
    # The sign of an amount below zero stands before the dollar sign, or behind it: -$5, $-5.
    minus = match["minus"] or match.groupdict().get("below")
    spoken = _verbalize_money(sign, number, magnitude, per, minus)
    if spoken and not per and _before_noun(scan, match.end()):
        return Spoken(_verbalize_money(sign, number, magnitude, per, minus, singular=True) or spoken, readings=(spoken,))
    if scan.last_word() in ("a", "A") and number in ("5", "10", "20", "50", "100") and not (magnitude or per or minus):
        return Spoken(cardinal(int(number)), readings=(spoken or "",))
    return spoken


def _money_a_time(match: "re.Match[str]", scan: Scan) -> str:
    """Money for every day, night or such: "$20-a-day"."""
    return f"{_verbalize_money(match['sign'], match['n'], None)} {match['article']} {match['time']}"


def _money_many(match: "re.Match[str]", scan: Scan) -> str:
    """Banknotes named by their value: "two $20s"."""
    spoken = cardinal(int(match["n"].replace(",", "")))
    return f"{spoken[:-1]}ies" if spoken.endswith("y") else f"{spoken}es" if spoken.endswith("x") else f"{spoken}s"


def _verbalize_money(
    sign: str,
    number: str,
    magnitude: str | None,
    per: str | None = None,
    minus: str | None = None,
    *,
    singular: bool = False,
) -> str | None:
    """Name an amount of money.

    Args:
        sign: of the currency, or its code
        number: as it is written
        magnitude: key of `words.MAGNITUDES`; None where there is none
        per: what the money is paid for; None where nothing is named
        minus: any text for an amount below zero
        singular: name one unit of it, as before a noun ("a five dollar bill")
    """
    sign = "US$" if sign.startswith("US") and sign.endswith("$") else sign.rstrip(".")
    single, many, cent, cents = words.CURRENCIES[sign]
    if singular:
        many, cents = single, cent
    number = number.replace(" ", "")
    # "12,50" is twelve and a half, written as on the continent.
    if re.fullmatch(r"\d+,\d{1,2}", number):
        number = number.replace(",", ".")
    spoken = f"{words.MAGNITUDES[magnitude]} {many}" if magnitude else ""
    head, _, fraction = number.replace(",", "").partition(".")
    minor = fraction.rstrip("0")
    if magnitude:
        spoken = f"{_plain(number)} {spoken}"
    elif len(minor) > 2 or minor and not cent:
        spoken = f"{_plain(head + '.' + minor)} {many}"
    else:
        units, rest = int(head or 0), int(minor.ljust(2, "0")) if minor else 0
        parts = [f"{cardinal(units)} {single if units == 1 else many}"] if units or not rest else []
        parts += [f"{cardinal(rest)} {cent if rest == 1 else cents}"] if rest else []
        spoken = " ".join(parts)
    return ("minus " if minus else "") + spoken + (f" per {words.PER[per]}" if per else "")


def _plain(number: str) -> str:
    """A number before a magnitude: without "and"."""
    return amount(number).replace(" and ", " ")


def _money_range(match: "re.Match[str]", scan: Scan) -> str | None:
    first = _verbalize_money(match["sign"], match["a"], None)
    second = _verbalize_money(match["sign"], match["b"], match["by"])
    if match["bare"] is None:
        first = amount(match["a"])
    return f"{first} to {second}"


def _bitten(match: "re.Match[str]", scan: Scan) -> str:
    """A number in thousands, millions or billions: "10k", "1.5 million"."""
    number = match["n"].replace(",", ".") if re.fullmatch(r"\d+,\d{1,2}", match["n"]) else match["n"]
    name = "K" if match["by"] in "kK" else words.MAGNITUDES[match["by"]]
    return f"{_plain(number)} {name}"


# Measures


def unit_name(unit: str, singular: bool) -> str | None:
    """Name a unit, squared or cubed or per something else, after one or many.

    >>> unit_name("km²", False), unit_name("m/s", True)
    ('square kilometers', 'meter per second')
    """
    if unit in words.UNITS:
        return words.UNITS[unit][0 if singular else 1]
    if unit[-1:] in ("²", "³", "2", "3") and unit[:-1] in words.UNITS:
        return f"{_SUPER[unit[-1].replace('2', '²').replace('3', '³')]} {words.UNITS[unit[:-1]][0 if singular else 1]}"
    first, slash, second = unit.partition("/")
    if slash and second in words.PER:
        name = unit_name(first, singular) if first else ""
        return None if name is None else f"{name} per {words.PER[second]}".strip()
    if unit.startswith(("sq ", "sq. ", "cu ", "cu. ")):
        kind, _, rest = unit.partition(" ")
        return f"{'square' if kind[0] == 's' else 'cubic'} {words.UNITS[rest][0 if singular else 1]}"
    return None


_UNIT_PATTERN = (
    r"(?P<unit>(?:sq\.?|cu\.?)\ (?:ft|in|mi|yd|m|km|cm)\b"
    r"|(?:" + alternatives(words.UNITS) + r")(?:[²³]|(?<=m)[23](?!\d))?(?:/(?:" + alternatives(words.PER) + r")(?![\w]))?"
    r"|/(?:" + alternatives(words.PER) + r")(?!\w))(?![\w°])(?!['’]\w)"
)


def _measure(match: "re.Match[str]", scan: Scan) -> str | Spoken | None:
    unit, number, glued = match["unit"], match["n"], not match["gap"]
    if not glued and unit in words.GLUED_UNITS:
        return None
    if (
        not glued
        and unit == "in."
        and not (scan.words and scan.words[-1].kind == "measure")
        and scan.next_word(match.end()) not in ("tall", "long", "wide", "deep", "high", "thick", "by")
    ):
        return None
    if not glued and unit in ("m", "s", "h", "g", "l", "L", "ft", "mi") and scan.after(match.end()) in "'’":
        return None
    if glued and unit in ("s", "d", "t", "m") and len(number) == 4 and "." not in number and unit != "m":
        return None
    if glued and unit in ("K",):
        return None
    singular = _is_one(number) or match["hyphen"] is not None or _before_noun(scan, match.end())
    name = unit_name(unit, singular)
    if name is None:
        return None
    if unit == "m" and scan.words and scan.words[-1].kind == "measure" and "hour" in scan.words[-1].spoken:
        name = "minute" if singular else "minutes"
    return Spoken(f"{_valued(number)} {name}", stop=unit == "in.")


def _inches(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """Inches by their mark, unless it closes a quotation: the wall is 9" thick."""
    second = bool(scan.words and scan.words[-1].spoken.endswith((" inch by", " inches by")))
    dimension = second or match["by"] or scan.next_word(match.end()) in _DIMENSIONS
    if match["mark"] != "″" and not dimension:
        quotes = re.findall(r"(?<!\d)\"", scan.text[: match.start()].rpartition("\n\n")[2])
        if len(quotes) % 2:
            return None
    singular = _is_one(match["n"]) or _before_noun(scan, match.end("mark"))
    if match["by"]:
        singular = singular or scan.last_word().lower() in _SINGULAR_BEFORE
    elif second:
        singular = singular or " inch by" in scan.words[-1].spoken
    number = match["n"]
    if "/" in number:
        whole_part, _, part = number.rpartition(" ")
        top, _, bottom = part.partition("/")
        if not 0 < int(top) < int(bottom):
            return None
        spoken = verbalize_fraction(whole_part or None, int(top), int(bottom))
        singular = singular or not whole_part
    else:
        spoken = amount(number)
    by = " by" if match["by"] else ""
    return Spoken(f"{spoken} {'inch' if singular else 'inches'}{by}")


def _tall(match: "re.Match[str]", scan: Scan) -> str:
    """Feet and inches by their short names: "6 ft 2 in"."""
    feet, inches = match["ft"], match["in"]
    return (
        f"{cardinal(int(feet))} {'foot' if feet == '1' else 'feet'} "
        f"{cardinal(int(inches))} {'inch' if inches == '1' else 'inches'}"
    )


def _feet(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """Feet by their mark, before what tells that they are feet: 6' tall."""
    following = scan.next_word(match.end())
    if not _before_noun(scan, match.end()) and following not in _DIMENSIONS:
        return None
    singular = match["n"] == "1" or following not in _DIMENSIONS
    return Spoken(f"{cardinal(int(match['n']))} {'foot' if singular else 'feet'}")


_DIMENSIONS = frozenset("tall long wide deep high thick by x across away above below under".split())
_POINTS = {"N": "north", "S": "south", "E": "east", "W": "west", "NE": "northeast", "NW": "northwest"}


def _coordinate(match: "re.Match[str]", scan: Scan) -> str:
    """A place on the globe: 45°30'N."""
    spoken = f"{amount(match['d'])} {'degree' if match['d'] == '1' else 'degrees'}"
    for name in ("minute", "second"):
        if match[name]:
            spoken += f" {amount(match[name])} {name if match[name] == '1' else name + 's'}"
    return f"{spoken} {_POINTS[match['point']]}"


def _valued(number: str) -> str:
    """A number before a unit: never a year."""
    if re.fullmatch(r"\d+,\d{1,2}", number):
        number = number.replace(",", ".")
    return amount(number)


def _per(match: "re.Match[str]", scan: Scan) -> str | None:
    return f"{amount(match['n'])} per {words.PER[match['per']]}" if match["per"] in words.PER else None


def _measure_range(match: "re.Match[str]", scan: Scan) -> str | None:
    name = unit_name(match["unit"], False)
    joint = "by" if match["joint"] in "x×" else "to"
    first, second = amount(match["a"]), amount(match["b"])
    return None if name is None else f"{first} {joint} {second} {name}"


def _height(match: "re.Match[str]", scan: Scan) -> str:
    feet, inches = match["ft"], match["in"]
    spoken = f"{cardinal(int(feet))} {'foot' if inches or feet == '1' else 'feet'}"
    return spoken + (f" {cardinal(int(inches))}" if inches else "")


def _unit_or_inches(unit: str, singular: bool) -> str | None:
    """Name a unit where "in" is no preposition; None if it is not known."""
    return ("inch" if singular else "inches") if unit == "in" else unit_name(unit, singular)


def _stopped_unit(match: "re.Match[str]", scan: Scan) -> str | None:
    """A unit with a full stop inside a sentence: "3 ft. of snow"."""
    if match["unit"] == "in" and scan.next_word(match.end()) not in (
        "of",
        "tall",
        "long",
        "wide",
        "deep",
        "high",
        "thick",
        "by",
    ):
        return None
    singular = _is_one(match["n"])
    name = _unit_or_inches(match["unit"], singular)
    return None if name is None else f"{_valued(match['n'])} {name}"


def _part_of_unit(match: "re.Match[str]", scan: Scan) -> str | None:
    """A fraction of a unit: "¾ lb", "1 1/2 oz"."""
    top, bottom = match["a"], match["b"]
    if match["sign"]:
        top, _, bottom = unicodedata.normalize("NFKC", match["sign"]).partition("⁄")
    if not (0 < int(top) < int(bottom)):
        return None
    singular = not match["whole"]
    name = _unit_or_inches(match["unit"], singular)
    spoken = verbalize_fraction(match["whole"], int(top), int(bottom), article=bool(match["sign"]))
    return None if name is None else f"{spoken} {name}"


_SUPERSCRIPTS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")


def _to_the_power(power: str) -> str:
    """Name a power by its digits.

    >>> _to_the_power("2"), _to_the_power("-3")
    ('squared', 'to the power of minus three')
    """
    return {"2": "squared", "3": "cubed"}.get(power) or f"to the power of {amount(power)}"


def _power(match: "re.Match[str]", scan: Scan) -> str:
    """A number raised to a power: "10⁶"."""
    return f"{amount(match['n'])} {_to_the_power(match['power'].translate(_SUPERSCRIPTS))}"


def _exponent(match: "re.Match[str]", scan: Scan) -> str:
    """Scientific notation: "1.5e-3"."""
    minus = "minus " if match["sign"] in ("-", "−") and match["sign"] else ""
    return f"{amount(match['n'])} times ten to the power of {minus}{amount(match['power'])}"


def _raised(match: "re.Match[str]", scan: Scan) -> str:
    """A letter raised to a power, or a unit of area or volume by itself: "x²", "m³"."""
    power = match["power"].translate(_SUPERSCRIPTS)
    if match["base"] in ("m", "km", "cm", "mm", "ft") and power in "23":
        return f"{_SUPER['²' if power == '2' else '³']} {words.UNITS[match['base']][1]}"
    if len(match["base"]) > 1:
        return f"{match['base']} {amount(power)}"
    return f"{match['base'].upper()} {_to_the_power(power)}"


def _formula(match: "re.Match[str]", scan: Scan) -> str:
    """A chemical formula with subscripts: letters and numbers one by one."""
    pieces = re.findall(r"[A-Za-z]+|\d+", unicodedata.normalize("NFKC", match[0]))
    return " ".join(amount(piece) if piece.isdecimal() else " ".join(piece.upper()) for piece in pieces)


# Fractions, ratios, ranges, sums

_DENOMINATORS = {2: ("half", "halves"), 4: ("quarter", "quarters")}


def _fraction(match: "re.Match[str]", scan: Scan) -> str | None:
    top, bottom = int(match["a"]), int(match["b"])
    mixed, minus = match["whole"], match["minus"]
    if not mixed and (top, bottom) in ((24, 7), (50, 50), (9, 11)):
        return f"{cardinal(top)} {cardinal(bottom)}"
    if bottom == 0 or len(match["b"]) > 4 or len(match["a"]) > 4:
        return f"{amount(match['a'])} over {amount(match['b'])}"
    if not mixed and top == bottom and not match["th"]:
        return f"{cardinal(top)} out of {cardinal(bottom)}"
    spoken = verbalize_fraction(mixed, top, bottom)
    return f"minus {spoken}" if minus else spoken


def verbalize_fraction(number: str | None, top: int, bottom: int, *, article: bool = False) -> str:
    """Name a fraction, after a whole number where there is one.

    Args:
        number: digits of the whole number; None or "" where there is none
        top: numerator
        bottom: denominator
        article: say "two and a half" instead of "two and one half"
    """
    singular, many = _DENOMINATORS.get(bottom, (ordinal(bottom), ordinal(bottom) + "s"))
    part = f"{cardinal(top)} {singular if top == 1 else many}"
    if not number:
        return part
    return f"{cardinal(int(number))} and {f'a {singular}' if article and top == 1 else part}"


def _vulgar(match: "re.Match[str]", scan: Scan) -> str:
    top, _, bottom = unicodedata.normalize("NFKC", match["sign"]).partition("⁄")
    return verbalize_fraction(match["whole"], int(top), int(bottom), article=True)


def _range(match: "re.Match[str]", scan: Scan) -> str | None:
    first, second = match["a"], match["b"]
    if scan.after(match.end()) == "=" or re.match(r"\s*=", scan.text[match.end() :]):
        return f"{amount(first)} minus {amount(second)}"
    low, high = float(first.replace(",", "")), float(second.replace(",", ""))
    if len(first) == 4 and len(second) == 2 and 1100 <= low <= 2099 and high > low % 100:
        return f"{_year_or_number(first)} to {cardinal(int(second))}"
    if (
        low >= high
        and max(low, high) >= 100
        and not (low < 200 and high > 50 and not match["gap"])
        or match["gap"]
        and low >= high
    ):
        return None
    if match["gap"] and len(second) > 4:
        return None
    years = len(first) == len(second) == 4
    say = _year_or_number if years and "." not in first + second and "," not in first + second else amount
    return f"{say(first)} to {say(second)}"


def _ratio(match: "re.Match[str]", scan: Scan) -> str:
    return f"{amount(match['a'])} to {amount(match['b'])}"


def _product(match: "re.Match[str]", scan: Scan) -> str:
    names = {"x": "by", "×": "by", "*": "times", "·": "times", "+": "plus", "÷": "divided by", "^": "to the power of"}
    sign = match["sign"]
    name = names[sign]
    if sign in "x×" and re.match(r"\s*=", scan.text[match.end() :]):
        name = "times"
    return f"{amount(match['a'])} {name}"


def _times_range(match: "re.Match[str]", scan: Scan) -> str:
    """From one number of times to another: "2-3x"."""
    return f"{amount(match['a'])} to {amount(match['b'])} times"


_RATED = re.compile(
    r"\b(?:rat(?:e|ed|es|ing)|scor(?:e|ed|es)|g[ai]ve|gives|solid|strong|easy|grade[ds]?|got|gets)\b[^.!?]*$", re.I
)


def _rating(match: "re.Match[str]", scan: Scan) -> str | None:
    """Points out of ten or a hundred: "I rate it 9/10"."""
    if scan.next_word(match.end()).lower() == "of" or not _RATED.search(scan.text[max(0, match.start() - 60) : match.start()]):
        return None
    return f"{amount(match['a'])} out of {amount(match['b'])}"


def _times_over(match: "re.Match[str]", scan: Scan) -> str:
    return f"{amount(match['n'])} x"


# Ordinals, versions, codes


def _ordinal(match: "re.Match[str]", scan: Scan) -> str:
    number = int(match["n"].replace(",", ""))
    right = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    if match["th"].lower() != right:
        return f"{cardinal(number)} {match['th'].lower()}"
    return ordinal(number) if len(match["n"]) <= 24 else digits(match["n"])


def _house(match: "re.Match[str]", scan: Scan) -> str:
    return pairs(match[0])


def _road(number: str) -> str:
    """Name the number of a road: in twos, a zero as "oh"."""
    return pairs(number) if len(number) > 2 else cardinal(int(number))


def _file_name(name: str) -> str:
    """Name a file: its ending as a word where it is one, spelt where it is none."""
    stem, _, kind = name.rpartition(".")
    spoken = re.sub(r"[_-]", " ", stem)
    spoken = " ".join(digits(part) if part.isdecimal() else part for part in re.findall(r"[^\W\d_]+|\d+", spoken))
    return (
        f"{spoken} dot {kind if kind in ('zip', 'log', 'gif') else 'J peg' if kind in ('jpg', 'jpeg') else _spelt_kind(kind)}"
    )


def _spelt_kind(kind: str) -> str:
    letters = kind.rstrip("0123456789")
    return letters.upper() + (f" {cardinal(int(kind[len(letters) :]))}" if letters != kind else "")


def _temporary(match: "re.Match[str]", scan: Scan) -> Spoken:
    adverb = match["what"] in ("closed", "unavailable", "out", "suspended")
    return Spoken("temporarily" if adverb else "temp", title=True)


def _zip(match: "re.Match[str]", scan: Scan) -> str:
    return f"{words.STATES[match['state']]} {digits(match['zip'])}"


def _state(match: "re.Match[str]", scan: Scan) -> str | None:
    text = scan.text[: match.start()]
    if match[0] == "MD" and not re.search(
        r"(?:Baltimore|Annapolis|Bethesda|Rockville|Frederick|Spring|Towson|burg|ville), $", text
    ):
        # Behind the name of a person it is a doctor's degree.
        return "MD"
    return words.STATES[match[0]] if re.search(r"[A-Z][\w.'’ ]*,\s*$", text) else None


def serial(text: str) -> str:
    """Name a code of letters and digits: letters one by one or as a word, digits as numbers up to two places.

    >>> serial("B2A23C"), serial("ab9453")
    ('B two A twenty three C', 'AB nine four five three')
    """
    spoken: list[str] = []
    for piece in re.findall(r"[^\W\d_]+|\d+|[^\w\s]", text):
        if piece.isdecimal():
            spoken.append(whole(piece) if len(piece) <= 2 or piece.endswith("00") and len(piece) == 3 else digits(piece))
        elif piece.isalpha():
            spoken.append(_letters(piece))
        elif piece == "/":
            spoken.append("slash")
    return " ".join(spoken)


def _letters(piece: str) -> str:
    low = piece.lower()
    wordlike = re.search(r"[aeiouy]", low) if len(piece) > 3 else len(piece) > 1 and low in words.SHORT_WORDS
    return low if wordlike and piece not in words.INITIALISMS else piece.upper()


def _serial(match: "re.Match[str]", scan: Scan) -> str | None:
    text = match[0]
    ordinals = re.fullmatch(r"\d+(?:st|nd|rd|th|s|'s)", text)
    if ordinals or text.isalpha() or text.isdecimal():
        return None
    return " ".join(filter(None, (serial(part) for part in re.split(r"[-–]", text))))


def _plused(match: "re.Match[str]", scan: Scan) -> str:
    name = match["name"]
    sign = {"++": "plus plus", "#": "sharp", "+": "plus"}[match["sign"]]
    return f"{name.upper() if len(name) < 3 else name} {sign}"


def _plan(match: "re.Match[str]", scan: Scan) -> str:
    spoken = {"401": "four oh one", "403": "four oh three", "501": "five oh one"}.get(match["n"], whole(match["n"]))
    return f"{spoken} {match['letter'].upper()}" + (f" {cardinal(int(match['more']))}" if match["more"] else "")


def _number_word(match: "re.Match[str]", scan: Scan) -> Spoken:
    """A number joined to a word: "100-car", "20-something"; the word is read by itself."""
    text = match["n"]
    whole_number = (
        "." not in text and "," not in text and not re.match(r"(?:for|to|by|in|on|out|and)-", scan.text[match.end("n") + 1 :])
    )
    return Spoken(_year_or_number(text) if text.isdecimal() else amount(text), end=match.end("n") + 1, joined=whole_number)


_DIGITWISE = frozenset(
    "agent room code pin suite extension ext ending call dial called dialed dialled area flight bus highway route".split()
)


def _number(match: "re.Match[str]", scan: Scan) -> Spoken | str | None:
    text, sign = match["n"], match["sign"] or ""
    spoken = {
        "-": "minus ",
        "−": "minus ",
        "–": "minus ",
        "+": "plus ",
        "±": "plus or minus ",
        "~": "about ",
        "≈": "about ",
        "<": "less than ",
        ">": "more than ",
        "≤": "at most ",
        "≥": "at least ",
        "#": "number ",
        "": "",
    }[sign.strip()]
    if match["sign"] and match["sign"] in "-−–" and scan.before(match.start()).isalnum():
        return None
    if text == "007":
        return Spoken(spoken + "double oh seven", readings=("zero zero seven", "oh oh seven"))
    if text in ("911", "999", "411") and sign == "":
        return Spoken(spoken + digits(text), readings=(cardinal(int(text)),))
    if "." in text or "," in text:
        if re.fullmatch(r"\d+,\d{1,2}", text):
            text = text.replace(",", ".")
        return Spoken(spoken + amount(text))
    if len(text) == 4 and not sign:
        if scan.last_word().lower() in ("pin", "code", "password") or re.search(
            r"\bending (?:in|with)\s$", scan.text[: match.start()]
        ):
            return Spoken(digits(text))
        return Spoken(_year_or_number(text), readings=(cardinal(int(text)),))
    if len(text) == 3 and text[0] != "0" and scan.last_word().lower() in words.PAIRED:
        return Spoken(pairs(text), readings=(cardinal(int(text)), digits(text)))
    if len(text) > 12:
        return Spoken(spoken + digits(text))
    return Spoken(spoken + whole(text))


# Words

_SENTENCE = re.compile(r"[.!?…\n]")


def _shouted(scan: Scan, start: int, end: int) -> bool:
    """Whether the words beside a word in capitals are in capitals too, and no initialisms."""
    behind = re.match(r"[^\w.!?]*([^\W\d_]+(?:['’][^\W\d_]+)?)", scan.text[end : end + 40])
    if behind and _all_capitals(behind[1]):
        return True
    front = re.search(r"([^\W\d_]+(?:['’][^\W\d_]+)?)[^\w.!?]*$", scan.text[max(0, start - 40) : start])
    return bool(front and _all_capitals(front[1]))


def _all_capitals(word: str) -> bool:
    if word == "I" or word == "A" or not word.isupper():
        return False
    return word not in words.INITIALISMS and len(word) > 1


def _capitals(match: "re.Match[str]", scan: Scan) -> Spoken | str | None:
    word = match[0]
    start, end = match.span()
    bare = re.sub(r"['’].*", "", word)
    low = word.lower()
    if word in words.INITIALISMS or len(bare) > 1 and bare in words.INITIALISMS and re.fullmatch(r"['’]S", word[len(bare) :]):
        return word
    if word == "US" and (
        scan.last_word().lower() in ("the", "a", "in", "from")
        and scan.last_word() != "THE"
        or scan.next_word(end) in ("Army", "Navy", "President", "Senate", "Congress", "dollars", "dollar", "troops")
    ):
        return "US"
    if word == "WHO" and scan.last_word() in ("the", "The") and not _shouted(scan, start, end):
        return Spoken(word, kind="initialism")
    if scan.last_word() == "dot" and len(word) < 4:
        return Spoken(word, kind="initialism")
    if word == "IT" and scan.next_word(end).lower() in (
        "department",
        "support",
        "guy",
        "guys",
        "team",
        "staff",
        "manager",
        "crowd",
    ):
        return "IT"
    shouted = _shouted(scan, start, end)
    stretched = _held(low) if re.search(r"[aeiouy]", low) else None
    if stretched:
        return Spoken(stretched[0], held=stretched[1], emphasis=1.0, kind="drawn-out")
    if word in words.ACRONYMS:
        return low
    speakable = re.search(r"[aeiouy]", low) is not None
    if "'" in word or "’" in word or shouted and speakable:
        known = True
    elif len(word) <= 3:
        known = low in words.SHORT_WORDS
    else:
        known = speakable
    if not known:
        return Spoken(word, kind="initialism")
    sense = homograph(low, scan, start, end)
    return Spoken(low, emphasis=1.0, ipa=sense, kind="word")


def _held(low: str) -> tuple[str, int] | None:
    """The word behind a drawn-out spelling, and how many letters too many it had.

    >>> _held("stoooop"), _held("sooo"), _held("weeell"), _held("soon")
    (('stop', 3), ('so', 2), ('well', 1), None)
    """
    runs = [(run[0], len(run[0])) for run in re.finditer(r"(.)\1*", low)]
    if low in words.HELD_PAIRS:
        return words.HELD_PAIRS[low], 1
    if max((size for _, size in runs), default=0) < 3:
        return None
    extra = sum(size - 1 for _, size in runs if size > 2)
    variants = [""]
    for text, size in runs:
        choices = [text] if size < 3 else [text[0], text[0] * 2]
        variants = [variant + choice for variant in variants[:64] for choice in choices]
    for variant in variants:
        if variant in words.DOUBLED:
            return variant, max(1, extra - 1)
    plain = variants[0]
    # "Helloooo" ends in a vowel once; "yesss" and "offff" as the plain word does.
    return words.HELD_PAIRS.get(plain, plain), extra


def _drawn_out(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    stretched = _held(match[0].lower())
    if stretched is None or not re.search(r"[aeiouy]", match[0], _I):
        return None
    word = stretched[0].capitalize() if match[0][0].isupper() else stretched[0]
    return Spoken(word, held=stretched[1], emphasis=float(match[0].isupper()))


def _interjection(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    low = match[0].lower()
    if low not in words.UNSPELT and not re.search(r"(.)\1\1", low):
        return None
    key = re.sub(r"(.)\1+", r"\1", low)
    key = "oo" if key == "o" and low.startswith("oo") and low.endswith("h") else key
    if key not in words.SOUNDS or low in words.DOUBLED or low == key and low not in words.UNSPELT:
        return None
    return Spoken(low, ipa=words.SOUNDS[key], held=0 if key in words.UNHELD else len(low) - len(key), kind="interjection")


def _stutter(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    onset, word = match["onset"].lower(), match["word"]
    low = word.lower()
    if onset == low or onset == "i" and low.startswith(("i'", "i’")):
        # A whole word said again is no stutter of its onset.
        again = "I" if onset == "i" else onset
        repeats = len(re.findall(re.escape(onset), match["all"].lower()))
        return Spoken(" ".join([again] * repeats), end=match.start("word"), kind="stutter")
    if not low.startswith(onset) or onset in words.STUTTER_PREFIXES and len(onset) > 1:
        return None
    repeats = len(re.findall(re.escape(onset), match["all"].lower()))
    if low in ("i", "a") or len(low) <= len(onset):
        return None
    spoken = word if not (word.isupper() and len(word) > 1) else word.lower()
    return Spoken(
        spoken,
        stutter=min(repeats, 4),
        emphasis=float(word.isupper() and len(word) > 1),
        ipa=homograph(low, scan, match.start("word"), match.end()),
    )


def _title(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    word = match["word"].lower()
    streetlike = word in ("st", "dr", "ft", "mt", "fr", "rep", "gen", "hon", "col", "pres", "maj", "rev", "ms")
    if word in ("st", "dr") and _is_street(match, scan):
        return Spoken(words.STREETS[word], stop=True)
    if streetlike and not match["stop"] and not match["word"][0].isupper():
        return None
    return Spoken(words.TITLES[word], title=True)


def _is_street(match: "re.Match[str]", scan: Scan) -> bool:
    """Whether "St." and "Dr." are a street and a drive: a name stands before them, none behind them."""
    last = scan.last_word()
    named = last[:1].isupper() or bool(re.fullmatch(r"\d+(?:st|nd|rd|th)", last))
    numbered = any(word.kind in ("address", "ordinal") for word in scan.words[-4:])
    return named and (
        numbered
        or last.lower() not in words.CLAUSE_OPENERS | {"and", "dear"}
        and len(scan.words) > 1
        or not scan.next_word(match.end())
    )


def _street(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    word = match["word"].lower()
    last = scan.last_word()
    if not (last[:1].isupper() or re.fullmatch(r"\d+(?:st|nd|rd|th)", last)):
        return None
    if not match["stop"] and not any(earlier.kind == "address" for earlier in scan.words[-5:]):
        return None
    return Spoken(words.STREETS[word], stop=bool(match["stop"]))


def _compass(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    if not scan.words or scan.words[-1].kind != "address":
        return None
    return Spoken(words.COMPASS[match["word"].lower()])


_BEFORE_NO = frozenset(
    "oh a or say says said saying reply replies replied answer answers answered shout shouts shouted whispered cried yelled "
    "muttered snapped thought mean means meant voted vote repeated".split()
)
_ANSWERS = frozenset("answer reply response verdict vote decision".split())


def _numbered(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    word = match["word"]
    if (
        word.lower() in ("no", "art", "sec", "ex", "op", "par", "ed", "pt", "fig", "apt", "ver", "p", "ch")
        and not match["stop"]
    ):
        return None
    # "She said no. 3 people left." is an answer, and so is "The answer is no. 3 people left."
    if word == "no" and scan.words and not scan.words[-1].after:
        before = [earlier.written.casefold() for earlier in scan.words[-3:]]
        if before[-1] in _BEFORE_NO or (before[-1] in ("is", "was", "be") and _ANSWERS & set(before)):
            return None
    return Spoken(words.NUMBERED[word.lower()], title=True)


def _day(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    following = scan.text[match.end() : match.end() + 12]
    if not match["word"][0].isupper() or not re.match(
        r"\s*,|\s+\d|\s*[-–]|\s+(?:" + _MONTH + r")\b|\s*$|\s+(?:at|from|to|through|by|night|morning|evening)\b", following, _I
    ):
        return None
    if match["word"].lower() in ("sat", "sun", "wed", "mon") and not re.match(
        r"\s*,?\s*(?:\d|" + _MONTH + r"\b)", following, _I
    ):
        return None
    return Spoken(words.DAYS[match["word"].lower()], title=True)


def _month_word(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    if not match["word"][0].isupper() or match["word"].lower() in ("mar", "may", "dec", "sep", "jun") and not scan.words:
        return None
    return Spoken(_month(match["word"]), stop=True)


def _abbreviation(match: "re.Match[str]", scan: Scan) -> Spoken:
    return Spoken(words.ABBREVIATIONS[match[0].lower()], stop=match[0].endswith("."))


def _dotted_initials(match: "re.Match[str]", scan: Scan) -> Spoken:
    letters = match[0].replace(".", "").replace(" ", "").upper()
    return Spoken(letters, stop=match[0].endswith("."), kind="initialism")


def _initial(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A single capital with a full stop: a person's initial, or a letter that ends a sentence."""
    last = scan.last_word()
    letter = match["letter"]
    if letter == "I" and last and not last[0].isupper():
        return None
    nouns = words.CARDINAL_NOUNS | frozenset(
        "vitamin plan hepatitis type class grade group team option point row gate terminal block "
        "mr mrs ms miss dr letter key drive exhibit appendix model brand product person".split()
    )
    ends = last.lower() in nouns or last != "" and not last[0].isupper()
    following = scan.next_word(match.end())
    if ends or not following or not following[0].isupper():
        return Spoken(letter, end=match.end("letter"), kind="letter")
    return Spoken(letter, kind="letter", title=True)


_NUMBERED_IN_ORDER = frozenset("olympics olympiad century corps legion congress amendment games dynasty army fleet".split())


def _roman(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    numeral = match[0]
    last = scan.last_word()
    if re.fullmatch(r"MM?[CDLXVI]{3,}", numeral) and numeral not in words.INITIALISMS:
        return Spoken(year(roman_value(numeral)))
    if not last or scan.words and not scan.words[-1].space or (last, numeral) == ("Malcolm", "X"):
        return None
    owned = re.match(r"['’]s\b", scan.text[match.end() :])
    if owned:
        if not (len(numeral) > 1 and last[0].isupper() and last.lower() in words.RULERS):
            return None
        return Spoken(f"the {ordinal(roman_value(numeral))}'s", end=match.end() + 2)
    if last.lower() == "the" and len(numeral) > 1 and numeral.isupper() and numeral not in words.INITIALISMS:
        following = scan.next_word(match.end()).lower()
        return Spoken(ordinal(roman_value(numeral))) if following in _NUMBERED_IN_ORDER else None
    low = last.lower()
    if "." in low:
        low = words.NUMBERED.get(low.strip(". "), low)
    noun = low in words.CARDINAL_NOUNS or low in ("page", "pages") and numeral.islower() and len(numeral) > 1
    ruler = last[0].isupper() and low in words.RULERS
    if not (noun or ruler) and not (
        len(numeral) > 1
        and last[0].isupper()
        and numeral
        not in (
            "DI",
            "MI",
            "CD",
            "MC",
            "MD",
            "DC",
            "CV",
            "MIX",
            "LI",
            "DIM",
            "CC",
            "MM",
            "XL",
            "CIVIC",
            "VI",
            "ID",
            "DVD",
            "CIV",
        )
    ):
        return None
    if numeral.islower() and (
        not noun
        or numeral in ("i", "mix", "dim", "di", "c", "d", "m", "l", "x", "v", "mild", "civic", "mi", "id")
        and low not in ("chapter", "scene", "act", "part", "volume", "book", "section", "page")
    ):
        return None
    following = scan.next_word(match.end())
    if numeral in "Ii" and following and following.lower() not in words.ROMAN_FOLLOWERS:
        headed = noun and last[0].isupper() and following[0].isupper() and low in ("chapter", "act", "scene")
        return Spoken(cardinal(1)) if last == "War" or headed else None
    if numeral == "I" and not last[0].isupper():
        return None
    if numeral in ("C", "D", "M", "L") and low not in ("chapter", "psalm"):
        # "Part C" is a letter.
        return None
    if len(numeral) == 1 and numeral in "VXLCDM" and not noun and not ruler:
        return None
    value = roman_value(numeral)
    if ruler and not noun:
        return Spoken(f"the {ordinal(value)}", readings=(ordinal(value), cardinal(value)))
    return Spoken(cardinal(value), readings=(f"the {ordinal(value)}",))


_NUMBER_WORDS = frozenset(word for number in range(100) for word in cardinal(number).split())


def _letter_a(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A capital A inside a sentence is the letter where no noun in small letters follows."""
    last = scan.last_word()
    following = scan.next_word(match.end())
    if last and (
        not following
        or last.lower() in ("the", "plan", "vitamin", "letter", "grade", "type", "team", "group", "option", "an")
        or scan.words[-1].kind in ("cardinal", "serial", "letter")
        or following
        and (following in _NUMBER_WORDS or last in _NUMBER_WORDS)
        or following
        and len(following) == 1
        and following.isupper()
    ):
        return Spoken("A", kind="letter")
    return None


def _vowelless(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """Small letters without a vowel are spelt, unless they are a word of their own."""
    word = match[0]
    if word.lower() in words.LOWER_INITIALISMS:
        return Spoken(word.upper(), kind="initialism")
    return None


def _word(match: "re.Match[str]", scan: Scan) -> Spoken:
    word = match[0]
    return Spoken(word, ipa=homograph(word.lower(), scan, match.start(), match.end()))


def _joint(match: "re.Match[str]", scan: Scan) -> str | None:
    """A dash between two values."""
    ranged = (
        scan.words
        and not scan.words[-1].space
        and not scan.words[-1].after
        and scan.words[-1].kind in ("time", "decade", "date", "money", "ordinal", "measure", "decimal")
    )
    return "to" if ranged else None


def _slash(match: "re.Match[str]", scan: Scan) -> str:
    return "or" if match[0] == "/or" else "slash"


_SIGN_NAMES = {
    "%": "percent",
    "&": "and",
    "@": "at",
    "$": "dollar",
    "€": "euro",
    "£": "pound",
    "¥": "yen",
    "₩": "won",
    "#": "hash",
    "=": "equals",
    "+": "plus",
    "<": "less than",
    ">": "greater than",
    "≤": "is at most",
    "≥": "is at least",
    "≠": "is not",
    "≈": "about",
    "~": "about",
    "°": "degrees",
    "×": "times",
    "÷": "divided by",
    "±": "plus or minus",
    "→": "to",
    "§": "section",
    "¶": "paragraph",
    "©": "copyright",
    "/": "slash",
    "∞": "infinity",
    "√": "the square root of",
    "π": "pi",
    "µ": "micro",
    "⇒": "therefore",
    "₹": "rupee",
    "₽": "ruble",
    "₿": "bitcoin",
    "¢": "cent",
    "^": "caret",
    "†": "",
    "™": "",
    "®": "",
    "•": "",
    "←": "",
    "²": "squared",
    "³": "cubed",
    "*": "",
    "_": "",
    "|": "",
    "\\": "backslash",
    "`": "",
    "☎": "telephone",
    "№": "number",
    "½": "one half",
}


def _emoticon(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A face or a heart made of marks, which is not spoken."""
    return Spoken("", kind="silent") if scan.before(match.start()).isspace() else None


def _sign(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    sign = match[0]
    around = scan.before(match.start()) + scan.after(match.end())
    if sign in "*" and not re.search(r"\d\s*$", scan.text[max(0, match.start() - 4) : match.start()]):
        return Spoken("", kind="silent")
    if sign == "*":
        return Spoken("times")
    if sign in "<>=+" and not around.strip() and not re.search(r"\w", scan.text):
        return Spoken("", kind="silent")
    return Spoken(_SIGN_NAMES[sign], kind="symbol" if _SIGN_NAMES[sign] else "silent")


_LETTER = r"[^\W\d_]"
_WORD = _LETTER + r"+(?:['’]" + _LETTER + r"+)*"

ADDRESSES = [rule("electronic", ADDRESS.pattern, _address, _I), rule("electronic", HANDLE.pattern, _handle)]

NUMBERS: list[Rule] = [
    rule("date", r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)T(?P<h>\d\d):(?P<min>\d\d)(?::\d\d(?:\.\d+)?)?Z?(?!\w)", _timestamp),
    rule("date", r"(?P<d>\d{1,2})\.(?P<m>0?[1-9]|1[0-2])\.(?P<y>(?:19|20)\d\d)(?![\w.])", _hyphen_date),
    rule("cardinal", r"(?P<n>" + _NUM + r")[eE](?P<sign>[-−+]?)(?P<power>\d{1,3})(?!\w)", _exponent),
    rule("cardinal", r"(?P<n>" + _NUM + r")(?P<power>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)(?!\w)", _power),
    rule("height", r"(?P<ft>\d)['′’](?P<in>\d|1[01])(?![\w\"″”'’])", _height),
    rule(
        "measure",
        r"(?P<n>(?:\d+\ )?\d{1,2}/\d{1,2}|" + _NUM + r")(?P<mark>[\"″”]|'')(?:(?P<by>\s?[x×]\s?(?=\d))|(?!\w))",
        _inches,
    ),
    rule(
        "height",
        r"(?P<ft>\d{1,2})\s?ft\.?,?\s(?P<in>\d|1[01])\s?in(?:\.(?=\s+[a-z(]|,)|\b(?!\.?\s(?:the|a|my|his|her)\b))",
        _tall,
    ),
    rule(
        "measure",
        r"(?P<a>\d{1,3})['′]\s?[-–]\s?(?P<b>\d{1,3})['′](?!\w)",
        lambda m, s: f"{amount(m['a'])} to {amount(m['b'])} feet",
    ),
    rule("measure", r"(?P<n>\d{1,3})['′](?=\s[a-z])", _feet),
    rule(
        "measure",
        r"(?P<d>\d{1,3}(?:\.\d+)?)°\s?(?:(?P<minute>\d{1,2}(?:\.\d+)?)['′]\s?)?"
        r"(?:(?P<second>\d{1,2}(?:\.\d+)?)(?:[\"″]|'')\s?)?(?P<point>N[EW]?|[SEW])(?![\w])",
        _coordinate,
    ),
    rule(
        "measure",
        r"(?P<n>" + _NUM + r")\s(?P<unit>ft|in|oz|lbs?|yds?|mi|secs?|mins?|hrs?|tbsp|tsp|gal|pt|qt)\.(?=\s[a-z])",
        _stopped_unit,
    ),
    rule(
        "measure",
        r"(?:(?P<whole>\d+)\s?)?(?:(?P<a>\d{1,2})/(?P<b>\d{1,2})|(?P<sign>[½⅓¼⅔¾⅛⅜⅝⅞]))\s?"
        r"(?P<unit>lbs?|oz|tsp|tbsp|km|kg|mi|ft|cm|mm|ml|mph|gal|qt|yd|in(?=\.))\b\.?",
        _part_of_unit,
    ),
    rule("fraction", r"(?P<a>\d+(?:\.\d+)?)/(?P<b>10|100)(?![\w/])", _rating),
    rule("range", r"(?P<a>" + _NUM + r")\s?[-–]\s?(?P<b>" + _NUM + r")x(?!\w)", _times_range),
    rule("ratio", r"(?P<a>[2-9]0)/(?P<b>[1-9]0)(?![\w/])", lambda m, s: f"{amount(m['a'])} {amount(m['b'])}"),
    rule("ordinal", r"(?P<n>\d{1,2})(?P<th>st|nd|rd|th)\s(?:c|cent)\.(?!\w)", _century),
    rule(
        "cardinal",
        r"1(?P<zeros>0{2,3}|0{6})s(?!\w)",
        lambda m, s: {2: "hundreds", 3: "thousands", 6: "millions"}[len(m["zeros"])],
    ),
    rule("money", r"(?P<n>[1-9]\d?)p(?!\w)", lambda m, s: f"{amount(m['n'])} {'penny' if m['n'] == '1' else 'pence'}"),
    rule("telephone", r"0\d{2,4}(?:\ \d{3,4}){1,3}(?!\w)", _telephone),
    rule(
        "telephone",
        r"\d{3}\ \d{4}(?![\w-])|\d{5,6}(?![\w,.:%-]|\s?[a-z])|\d{5,6}(?=[.,]?(?:\s|$))|\d{3}(?=[.,!?;]|\s*$)",
        _called,
    ),
    rule("telephone", r"(?:\+\d{1,3}[ .-]?)?\(\d{3}\)\s?\d{3}[-. ]\d{4}(?![\w])", _telephone),
    rule("telephone", r"\+\d{1,3}(?:[ .-]\(?\d{2,4}\)?){2,5}(?!\w)", _telephone),
    rule("telephone", r"1-\d{3}-(?:[A-Z\d]+-)*[A-Z\d]+(?!\w)", _telephone),
    rule("telephone", r"\d{3}([-.])\d{3}\1\d{4}(?:-\d+)?(?!\w)", _telephone),
    rule("telephone", r"\d{3}-\d{2}-\d{4}(?!\w)|\d{3}-\d{4}(?![\w-])", _telephone),
    rule("version", r"(?P<v>)(?P<dotted>\d+(?:\.\d+){2,})(?!\w)", _dotted),
    rule(
        "time",
        r"(?P<h>\d{1,2})(?::(?P<m>\d{2})(?::(?P<s>\d{2}(?:\.\d+)?))?|(?=\s?"
        + _MERIDIEM
        + r")|\.(?P<m2>\d{2})(?=\s?"
        + _MERIDIEM
        + r"))(?!\d)(?:\s?(?P<ap>"
        + _MERIDIEM
        + r"))?(?:\s?(?P<zone>"
        + _ZONE
        + r"))?",
        lambda m, s: _clock(m, s),
        _I,
    ),
    rule("time", r"(?P<h>[0-2]\d)(?P<m>[0-5]\d)(?=\s(?:hours|hrs)\b)", _military),
    rule("date", r"(?P<a>0?[1-9]|1[0-2])/(?P<b>\d{1,2})(?![\w/])", _month_and_day),
    rule("date", r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?![\w/])", _iso_date),
    rule("date", r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4}|\d{2})(?![\w/])", _slash_date),
    rule("date", r"(?P<d>\d{1,2})[-.](?P<m>\d{1,2})[-.](?P<y>\d{4})(?!\w)", _hyphen_date),
    rule(
        "date",
        r"(?P<d>\d{1,2})(?P<th>st|nd|rd|th)?[ -](?:of\ )?(?P<month>" + _MONTH + r")\b\.?(?:(?P<comma>,)?[ -](?P<y>\d{4})\b)?",
        _day_month,
        _I,
    ),
    rule("date", r"(?P<q>[1-4])Q(?P<y>\d{2}|\d{4})(?!\w)", _quarter),
    rule("date", r"(?P<n>\d{1,2},\d{3}|\d{1,4})\ ?(?P<era>A\.?\ ?D|B\.?\ ?C\.?\ ?E|B\.?\ ?C|C\.?\ ?E)\b\.?(?!\w)", _era),
    rule("decade", r"['’]?(?P<n>\d{2}0|\d0)['’]?s(?!\w)|(?P<n4>\d{3}0)['’]?s(?!\w)", lambda m, s: _decades(m, s)),
    rule("serial", r"(?P<n>\d{3})\((?P<letter>[a-z])\)(?:\((?P<more>\d)\))?(?!\w)", _plan),
    rule(
        "money",
        r"(?P<minus>)(?P<n>\d{1,3}(?:[.,\ ]\d{3})*(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)\s?"
        r"(?P<by>(?:k|m|bn|million|billion|thousand|trillion)\b)?\s?"
        r"(?P<sign>" + _MONEY + "|" + _CODE + r")(?![\w$€£])",
        lambda m, s: _trailing_money(m, s),
    ),
    rule("height", r"(?P<ft>\d)['′’]\s?(?:(?P<in>\d{1,2})(?:\"|″|”|''|’’))(?!\w)", _height),
    rule("measure", r"(?P<a>" + _NUM + r")\s?(?P<joint>[-–x×]|to)\s?(?P<b>" + _NUM + r")\s?" + _UNIT_PATTERN, _measure_range),
    rule(
        "fraction",
        r"(?P<minus>)(?<!/)(?:(?P<whole>\d+)[ \u00a0])?(?P<a>\d+)/(?P<b>\d+)(?P<th>(?:st|nd|rd|th|s)\b)?(?![\w/])",
        _fraction,
        _I,
    ),
    rule("fraction", r"(?P<whole>\d+)?\s?(?P<sign>[½⅓¼⅕⅙⅐⅛⅑⅒⅔⅖¾⅗⅜⅘⅚⅝⅞])", _vulgar),
    rule("telephone", r"\d{1,4}(?:-\d{1,4}){3,}(?![\w-])", _telephone),
    rule("ratio", r"(?P<a>\d+):(?P<b>\d+)(?![\w:])", _ratio),
    rule("measure", r"(?P<n>" + _NUM + r"|\d+,\d{1,2})(?P<gap>\s)?(?P<hyphen>(?<!\s)-(?=[a-z]))?" + _UNIT_PATTERN, _measure),
    rule(
        "decimal",
        r"(?P<n>\d+,\d{1,2}(?!\d)|" + _NUM + r")\s?(?P<by>(?:hundred|thousand|million|billion|trillion)\b|bn\b|[kKM](?!\w))",
        _bitten,
    ),
    rule("range", r"(?P<a>" + _NUM + r")(?P<gap>\s)?[-–—]\s?(?P<b>" + _NUM + r")(?![\w-]|[.,]\d)", _range),
    rule("math", r"(?P<a>" + _NUM + r")\s?(?P<sign>[x×*·+÷^])\s?(?=[\d.])", _product),
    rule("serial", r"(?P<n>" + _NUM + r")x(?!\w)", _times_over),
    rule("measure", r"(?P<n>" + _NUM + r")/(?P<per>[A-Za-z]+)(?!\w)", _per),
    rule("ordinal", r"(?P<n>\d[\d,]*)(?P<th>st|nd|rd|th)(?!\w)", _ordinal, _I),
    rule(
        "address",
        r"\d{1,5}(?=\ (?:[NSEW]\.?\ |North |South |East |West )?(?:(?:[A-Z][\w'’]*|\d+(?:st|nd|rd|th))\ ){1,4}(?:"
        + "|".join(words.STREETS)
        + "|"
        + "|".join(set(words.STREETS.values()))
        + r")(?:\.|\b))",
        _house,
        _I,
    ),
    rule("cardinal", r"(?P<n>\d[\d,]*)['’]s(?!\w)", lambda m, s: f"{_year_or_number(m['n'].replace(',', ''))}'s"),
    rule(
        "serial",
        r"(?!\d+-\d+(?![\w-]))(?:\d+[A-Za-z]+\d*[A-Za-z\d]*|\d+)(?:-(?:[A-Za-z]*\d+[A-Za-z\d]*|[A-Za-z]{1,2}))+(?!\w)",
        _serial,
    ),
    rule("measure", r"(?P<n>" + _NUM + r")-(?=[a-zA-Z]{2})", _number_word),
    rule("serial", r"\d+(?:[A-Za-z]+\d+)+[A-Za-z]*(?!\w)|\d+[A-Z]{1,3}(?!\w)", _serial),
    rule("cardinal", r"(?P<sign>)(?P<n>\d+)(?=[A-Za-z]{3,})", _number),
    rule("cardinal", r"(?P<sign>)(?P<n>" + _NUM + r"|\d+,\d{1,2}(?!\d))", _number),
]

SIGNED: list[Rule] = [
    rule("electronic", r"#\d+[A-Za-z]\w*", _handle),
    rule("telephone", r"\*\d{2,3}#?(?!\w)", _star_code),
    rule("emoticon", r"¯\\_\(ツ\)_/¯", _emoticon),
    rule("emoticon", r"(?:[:;]['’]?-?[)(DPpO*|/\\]+|<3+|\^_?\^)(?!\w)", _emoticon),
    rule("range", r"[-–—]\s?(?=[\d$€£¥])", lambda m, s: _joint(m, s)),
    rule("telephone", r"\+\d{1,3}\ ?[-.]?\s?\(?\d{2,4}\)?(?:[ .-]\d{2,5}){1,4}(?!\w)", _telephone),
    rule("telephone", r"\(\d{3}\)\s?\d{3}[-. ]\d{4}(?!\w)", _telephone),
    rule(
        "money",
        r"(?P<sign>" + _MONEY + r")(?P<n>" + _NUM + r")-(?P<article>an?|per)-(?P<time>[a-z]+)(?![\w-])",
        _money_a_time,
    ),
    rule("money", r"[$€£](?P<n>[1-9]\d?|100)['’]?s(?!\w)", _money_many),
    rule(
        "money",
        r"(?P<sign>"
        + _MONEY
        + r")\s?(?P<a>"
        + _NUM
        + r")\s?[-–]\s?(?P<bare>(?:"
        + _MONEY
        + r"))?\s?(?P<b>"
        + _NUM
        + r")(?:\s?(?P<by>"
        + _MAGNITUDE
        + r")\b)?(?!\w)",
        _money_range,
    ),
    rule(
        "money",
        r"(?P<minus>[-−–])?(?P<sign>"
        + _MONEY
        + r")\s?(?P<below>[-−–])?(?P<n>"
        + _NUM
        + r"|\d+,\d{1,2}(?!\d))(?:[\s-]?(?P<by>"
        + _MAGNITUDE
        + r")(?![\w]))?(?:/(?P<per>"
        + alternatives(words.PER)
        + r")(?!\w))?",
        _money,
    ),
    rule("measure", r"(?P<n>[-−–]" + _NUM + r")(?P<gap>\s)?(?P<hyphen>-)?" + _UNIT_PATTERN, _measure),
    rule("fraction", r"(?P<minus>[-−–])(?:(?P<whole>\d+)\ )?(?P<a>\d+)/(?P<b>\d+)(?P<th>th)?(?![\w/])", _fraction),
    rule("measure", r"(?P<n>" + _NUM + r")(?P<gap>\s)?(?P<hyphen>-)?" + _UNIT_PATTERN, _measure),
    rule("decimal", r"(?P<n>[-−–]?" + _NUM + r")\s?(?P<by>(?:hundred|thousand|million|billion|trillion)\b)", _bitten),
    rule("decade", r"['’](?P<n>\d0)s(?!\w)(?P<n4>)?", lambda m, s: _decades(m, s)),
    rule("number", r"['’](?P<n>\d{2})(?![\w'’])", lambda m, s: _verbalize_year(m["n"])),
    rule("cardinal", r"(?P<sign>[-−–+](?=[\d.])|[±~≈<>≤≥#]\s?|)(?P<n>" + _NUM + r")", _number),
    rule("serial", r"/or\b", _slash),
]

_COUNTED = re.compile(r"(?:\s|\u00a0)?#?\d")
_STREET_WORDS = "|".join(sorted(words.STREETS, key=len, reverse=True))

LETTERS: list[Rule] = [
    rule("range", r"A\s?[-–]\s?Z(?![\w-])", lambda m, s: "A to Z"),
    rule(
        "electronic",
        r"[A-Za-z_][\w-]*\.(?P<kind>txt|py|js|html?|css|json|csv|xml|ya?ml|docx?|xlsx?|pptx?|pdf|jpe?g|png|gif|mp[34]|wav|zip|"
        r"exe|sh|md|cpp|rs|ini|log)(?!\w)",
        lambda m, s: _file_name(m[0]),
    ),
    rule("address", r"(?P<net>US|SR|CR|FM)-(?P<n>\d{1,4})(?![\w-])", lambda m, s: f"{m['net']} {_road(m['n'])}"),
    rule("abbreviation", r"c/o(?!\w)", lambda m, s: Spoken("care of", title=True), _I),
    rule(
        "abbreviation", r"temp\.(?=\s+(?P<what>closed|unavailable|out|suspended|worker|workers|staff|agency|job)\b)", _temporary
    ),
    rule("word", r"D-Day(?!\w)", lambda m, s: "D Day"),
    rule(
        "date",
        r"(?P<a>(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun))\.?\s?[-–]\s?(?P<b>(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun))\b\.?(?!\w)",
        _day_range,
    ),
    rule(
        "abbreviation",
        r"(?P<word>vols?|ch|chap|pt|art|fig|bk|sec)\.(?=\s[IVXLC]{1,7}\b)",
        lambda m, s: Spoken(words.NUMBERED[m["word"].lower()], title=True),
        _I,
    ),
    rule("abbreviation", r"c\.\s?(?=1?\d\d\d\b)", lambda m, s: Spoken("circa", title=True)),
    rule("year", r"(?P<era>AD|A\.D\.)\s(?P<y>\d{3,4})(?!\w)", lambda m, s: f"AD {_verbalize_year(m['y'])}"),
    rule("serial", r"[A-Za-z]+[₀-₉]+(?:[A-Za-z]+|[₀-₉]+)*(?!\w)", _formula),
    rule("math", r"(?P<base>[A-Za-z]{1,2})(?P<power>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)(?!\w)", _raised),
    rule("version", r"(?P<v>v|ver|version)\.?\ ?(?P<dotted>\d+(?:\.\d+)+)(?!\w)", _dotted, _I),
    rule(
        "date",
        r"(?P<month>" + _MONTH + r")\b\.?[ -](?P<d>\d{1,2})(?P<th>st|nd|rd|th)?(?![\w:%])(?!\.\d)"
        r"(?:[-–](?P<d2>\d{1,2})(?![\w-]))?(?:(?P<comma>,)?[ -](?P<y>\d{4})\b)?",
        _month_day,
        _I,
    ),
    rule("date", r"(?P<month>" + _MONTH + r")\b\.?(?P<comma>,)?\ (?P<y>1\d{3}|20\d{2})\b", _month_year, _I),
    rule("date", r"Q(?P<q>[1-4])\ (?P<y>\d{4})\b", _quarter),
    rule(
        "money",
        r"(?P<minus>)(?P<sign>US\ ?\$|[CA]\$|R\$|"
        + _CODE
        + r"\.?)\s?(?P<below>[-−–])?(?P<n>"
        + _NUM
        + r")(?:\s?(?P<by>"
        + _MAGNITUDE
        + r")(?!\w))?(?:/(?P<per>"
        + alternatives(words.PER)
        + r")(?!\w))?",
        lambda m, s: _coded_money(m, s),
    ),
    rule("word", r"(?:mid|pre|post|non|anti|late|early|circa)-(?=\d)", lambda m, s: Spoken(m[0][:-1]), _I),
    rule(
        "date",
        r"(?:january|february|april|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday"
        r"|friday|saturday|sunday)\b",
        lambda m, s: m[0].capitalize(),
    ),
    rule("serial", r"(?P<name>[A-Za-z]{1,2})(?P<sign>\+\+|#|\+)(?![\w])", _plused),
    rule(
        "stutter",
        r"(?P<all>(?P<onset>[A-Za-z]{1,3})(?:(?:[-–—]|\.{2,3}|…)\s?(?P=onset))*(?:[-–—]|\.{2,3}|…)\s?)(?P<word>(?P=onset)"
        r"(?:['’]?[A-Za-z])*)(?:['’][A-Za-z]+)?",
        _stutter,
        _I,
    ),
    rule("abbreviation", r"(?P<word>" + "|".join(words.NUMBERED) + r")\b(?P<stop>\.)?(?=(?:\s|\u00a0)?#?\d)", _numbered, _I),
    rule("abbreviation", r"(?P<word>" + "|".join(words.TITLES) + r")\b(?P<stop>\.)?(?=\s+[A-Z])", _title),
    rule(
        "abbreviation",
        r"(?P<word>" + "|".join(name.capitalize() for name in words.TITLES) + r")\b(?P<stop>\.)?(?=\s+[A-Za-z])",
        _title,
    ),
    rule("abbreviation", r"(?P<word>" + _STREET_WORDS + r")\b(?P<stop>\.)?(?!['’])", _street, _I),
    rule("address", r"(?P<state>" + "|".join(words.STATES) + r")\ (?P<zip>\d{5})(?!\w)", _zip),
    rule("address", r"(?:" + "|".join(words.STATES) + r")\b(?!\.\w)(?!['’])(?=\s*(?:[.,;!?)]|$))", _state),
    rule(
        "address",
        r"(?P<word>" + "|".join(sorted(words.COMPASS, key=len, reverse=True)) + r")\b\.?(?=\s+(?:[A-Z]|\d))",
        _compass,
        _I,
    ),
    rule("abbreviation", r"(?P<word>" + "|".join(words.DAYS) + r")\.", _day, _I),
    rule(
        "abbreviation",
        r"(?P<word>Mon|Tues?|Wed|Thu|Thurs?|Fri|Sat|Sun)(?=,\s(?:(?i:" + _MONTH + r")\b|\d))",
        lambda m, s: words.DAYS[m["word"].lower()],
    ),
    rule("abbreviation", r"(?P<word>jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.(?!\w)", _month_word, _I),
    rule("abbreviation", r"(?:" + alternatives(words.ABBREVIATIONS) + r")(?!\w)", _abbreviation, _I),
    rule("initialism", r"[A-Z]{1,3}&[A-Z]{1,3}\b", lambda m, s: m[0].replace("&", " and ")),
    rule(
        "initialism", r"(?:[A-Za-z]\.){2,}(?![A-Za-z]\w)(?:[A-Za-z]\b\.?)?|(?:[A-Z]\.){1,}[A-Z]\b", lambda m, s: _initials(m, s)
    ),
    rule("letter", r"(?P<letter>[A-Z])\.(?=\s|$|[\"'”’)])", _initial),
    rule("roman", ROMAN + r"\b(?!['’](?!s\b)\w)(?!\.\w)", _roman),
    rule("roman", r"(?=[ivxlc])(?:x{0,3})(?:ix|iv|v?i{0,3})\b(?!['’]\w)", _roman),
    rule("letter", r"A\b(?!['’\-])", _letter_a),
    rule("letter", r"(?<!['’])[b-hj-np-z](?![\w'’-])", lambda m, s: Spoken(m[0].upper(), kind="letter")),
    rule(
        "serial",
        r"[A-Za-z]+\d+(?:[A-Za-z\d]*)(?:[-/][A-Za-z\d]+)*(?!\w)|[A-Za-z]{1,3}(?:-(?:[A-Za-z]*\d[A-Za-z\d]*|"
        r"[A-Za-z]{1,2}(?=-[\dA-Za-z]*\d)))"
        r"(?:[-/][A-Za-z\d]+)*(?!\w)",
        _serial,
    ),
    rule("interjection", r"[A-Za-z]+\b(?!['’]\w)", _interjection),
    rule("drawn-out", _WORD, _drawn_out),
    rule("emphasis", r"[A-Z]{2,}(?:['’][A-Z]+)?(?![\w])(?!['’][a-z]{2})", _capitals),
    rule("initialism", r"[a-z]{2,5}\b(?!['’]\w)", _vowelless),
    rule("word", _WORD + r"(?:-" + _WORD + r")*['’]?(?!\w)|" + _WORD, _word),
]

SIGNS: list[Rule] = [
    rule("serial", r"/or\b", _slash),
    rule("symbol", r"[%&@$€£¥₩#=+<>≤≥≠≈~°×÷±→§¶©/∞√πµ⇒₹₽₿¢^†™®•←²³*_|\\☎№]", _sign),
]


def _clock(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    groups = match.groupdict()
    minute = groups["m"] or groups["m2"]
    if groups["m2"] and not groups["ap"]:
        return None
    hour, second, half = int(groups["h"]), groups["s"], groups["ap"]
    if hour > 24 or minute and int(minute) > 59 or second and float(second) >= 60:
        return None
    if second:
        seconds = amount(re.sub(r"^0(?=\d)", "", second))
        spoken = (
            f"{cardinal(hour)} {_counted(hour, 'hour')} {cardinal(int(minute))} {_counted(int(minute), 'minute')} and "
            f"{seconds} {'second' if seconds == 'one' else 'seconds'}"
        )
    elif not minute or minute == "00":
        spoken = cardinal(hour) + ("" if half else " o'clock" if 1 <= hour <= 12 else " hundred hours")
    else:
        spoken = f"{cardinal(hour)} {'oh ' if minute[0] == '0' else ''}{cardinal(int(minute))}"
    spoken += f" {half[0].upper()}M" if half else ""
    spoken += " " + groups["zone"].replace(".", "").upper() if groups["zone"] else ""
    return Spoken(spoken, stop=match[0].endswith("."))


def _decades(match: "re.Match[str]", scan: Scan) -> str | None:
    number = int(match["n"] or match["n4"])
    spoken = year(number) if 1100 <= number <= 2099 and number != 2000 else cardinal(number)
    if number in (2000, 1000):
        return f"{cardinal(number // 1000)} thousands"
    return f"{spoken[:-1]}ies" if spoken.endswith("y") else spoken + "s"


def _trailing_money(match: "re.Match[str]", scan: Scan) -> str | None:
    number = match["n"]
    if re.search(r"[.,]\d{1,2}$", number):
        head, fraction = re.split(r"[.,](?=\d{1,2}$)", number)
        number = re.sub(r"\D", "", head) + "." + fraction
    else:
        number = re.sub(r"[ ,.](?=\d{3})", "", number)
    return _verbalize_money(match["sign"], number, match["by"], singular=_before_noun(scan, match.end()))


def _coded_money(match: "re.Match[str]", scan: Scan) -> str | None:
    return _verbalize_money(match["sign"], match["n"], match["by"], match["per"], match["below"])


def _initials(match: "re.Match[str]", scan: Scan) -> Spoken:
    text = match[0]
    letters = re.sub(r"[.\s]", "", text)
    return Spoken(letters.upper(), stop=text.endswith("."), kind="initialism")


OPENERS = words.CLAUSE_OPENERS
COUNTED = words.CARDINAL_NOUNS | words.RULERS
WATCHED = frozenset(
    {
        *CHOOSERS,
        *words.LOWER_INITIALISMS,
        *words.UNSPELT,
        *words.HELD_PAIRS,
        *words.ABBREVIATIONS,
        *words.MONTHS,
        *(name.lower() for name in words.MONTHS.values()),
        *words.NUMBERED,
        *words.DAYS,
        *(key.rstrip(".") for key in words.ABBREVIATIONS),
        *(key.split()[0] for key in words.ABBREVIATIONS),
        "c",
        "temp",
        "page",
        *(key.partition("'")[0] for key in words.ABBREVIATIONS),
        *words.TITLES,
        *words.STREETS,
        *words.COMPASS,
        *(code.lower() for code in words.CURRENCIES),
        "v",
        "ver",
        "version",
        "i",
        "ii",
        "iii",
        "iv",
        "vi",
        "vii",
        "viii",
        "ix",
        "x",
        "xi",
        "xii",
        "xiii",
        "xiv",
        "xv",
        "a",
    }
    - {"a", "i", "art", "part", "ex", "op", "m", "s"}
)
"""words in small letters that a rule may say otherwise"""
