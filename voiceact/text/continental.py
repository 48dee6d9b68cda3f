"""What German, Spanish and French share: a decimal comma, thousands by stops or spaces, the clock and the calendar.

A language hands over its tables and the few sentences it says in its own way (`Tongue`); the patterns are made once.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from voiceact.text.numbers import cardinal, digits, whole
from voiceact.text.scan import ROMAN, Rule, Scan, Spoken, alternatives, roman_value, rule
from voiceact.text.signs import ADDRESS, HANDLE, address_end, verbalize_address

_I = re.IGNORECASE
NUMBER = r"(?:\d{1,3}(?:[. \u00a0]\d{3})+(?!\d)(?:,\d+)?|\d+(?:,\d+)?|,\d+)"


QUEENS = frozenset(
    """isabel elisabeth elizabeth elisabet beatriz beatrix leonor inés carmen mercedes pilar raquel ruth ester esther margaret
    margarethe margrethe anne mary marie catherine katharine charlotte sophie beatrice berenice christine caroline wilhelmine
    josephine berengere irene zoe""".split()
)
"""names of women that do not end in an a"""
_MEN_IN_A = frozenset("borja garcía garcia joshua mustafa papa luca andrea nikola mustafá atila attila".split())
RULERS = QUEENS | frozenset(
    """juana maría maria ana anna cristina christina catalina katharina juliana victoria viktoria margarita petronila urraca
    sancha berenguela constanza carlos felipe alfonso fernando juan pedro sancho jaime enrique luis francisco josé karl
    friedrich wilhelm heinrich otto ludwig georg ferdinand leopold joseph franz maximilian rudolf charles philippe henri louis
    françois napoléon jean paul pius pío benedicto clemente león jacques nicolas nikolaus alexander alejandro alexandre
    george jorge wenceslao""".split()
)
"""names of rulers, in small letters, behind which a single I, V or X counts"""


def is_queen(name: str) -> bool:
    """Whether a ruler of that name is a woman."""
    low = name.lower()
    return low in QUEENS or low.endswith("a") and low not in _MEN_IN_A


@dataclass(frozen=True)
class Unit:
    """A unit or a currency in one number and many, and whether it is feminine; `minor` is a hundredth of a currency."""

    one: str
    many: str
    feminine: bool = False
    minor: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Tongue:
    """Tables of a language, and how it says what is made of them.

    Attributes:
        code: code of the language
        signs: sign -> its name between or before numbers
        months: short and long names -> the name
        days: abbreviations of the days of the week -> the name
        units: unit -> its names
        per: denominator of a unit -> "pro Stunde"
        powers: "²" and "³" -> a pattern with {} for the unit's name
        money: sign or code -> currency
        magnitudes: "million", "Mio." -> (one, many)
        abbreviations: as written, in small letters, with their stops -> what is said
        titles: those of them that a name follows
        comma: the name of the decimal comma
        fraction: numerator and denominator -> what is said
        mixed: whole, numerator and denominator -> what is said
        fraction_digits: digits behind a comma -> what is said
        date: day, month's name (or ""), year as digits (or ""), text before -> what is said
        clock: hour, minutes, seconds as digits (or ""), half of the day (or "") -> what is said
        counted: number's digits and a unit, whether many -> number as said before that unit
        of_magnitude: what stands between a magnitude and what is counted ("de ")
        spell: whether names in addresses are spelt
        acronyms: words of capitals that are said as words, in small letters
        stopped_ordinals: whether a full stop stands behind an ordinal ("Heinrich VIII. und")
        year: year as digits -> what is said; None says a cardinal number
        many_millions: what "M" before "€" stands for, with what stands between it and the currency
        initialisms: small letters that are spelt
    """

    code: str
    signs: Mapping[str, str]
    months: Mapping[str, str]
    days: Mapping[str, str]
    units: Mapping[str, Unit]
    per: Mapping[str, str]
    powers: Mapping[str, str]
    money: Mapping[str, Unit]
    magnitudes: Mapping[str, tuple[str, str]]
    abbreviations: Mapping[str, str]
    titles: frozenset[str]
    comma: str
    fraction: Callable[[int, int], str]
    mixed: Callable[[int, int, int], str]
    fraction_digits: Callable[[str], str]
    date: Callable[[int, str, str, str], str]
    clock: Callable[[int, str, str, str], str]
    counted: Callable[[int, Unit], str]
    of_magnitude: str = ""
    spell: bool = False
    roman_nouns: frozenset[str] = frozenset()
    roman_names: Callable[[int, str], str] | None = None
    acronyms: frozenset[str] = frozenset()
    stopped_ordinals: bool = False
    year: Callable[[str], str] | None = None
    many_millions: str = ""
    point: str = "Punkt"
    version: str = "Version"
    to: str = "bis"


@dataclass(frozen=True)
class _Fragments:
    """Pieces of patterns, made of a language's tables, that rules of numbers and of letters share.

    Attributes:
        unit: a unit with its power and what it is measured per, the group "unit"
        per: denominators of units, no group
        magnitude: "million", "Mio.", the group "by"
        signs: signs of currencies, no group
        codes: letters of currencies, no group
    """

    unit: str
    per: str
    magnitude: str
    signs: str
    codes: str


_NO_NUMERALS = frozenset("MI DI MIX CD DVD VI CIVIL DIX LI MIL DIM MM DM XL ID IL".split())
"""words and abbreviations in the letters of Roman numerals"""


def plain_digits(text: str) -> str:
    """The digits of a number in thousands: "1.234" and "1 234" are "1234"."""
    return re.sub(r"[. \u00a0]", "", text)


_WORD_BEFORE = re.compile(r"([^\W\d_]{2,})[\s¡¿\"“«]+$")
_WORD_AFTER = re.compile(r"[\s!?\"”»]+([^\W\d_]{2,})")


class Continental:
    """The rules of one language."""

    def __init__(self, tongue: Tongue):
        self.tongue = tongue

    # Numbers

    def amount(self, text: str) -> str:
        """Name a number as it is written."""
        t = self.tongue
        text = text.replace("−", "-").replace("–", "-")
        if text.startswith("-"):
            return f"{t.signs['-']} {self.amount(text[1:])}"
        head, _, fraction = text.partition(",")
        spoken = [whole(plain_digits(head), t.code)] if head else [cardinal(0, t.code)]
        return " ".join([*spoken, *([t.comma, t.fraction_digits(fraction)] if fraction else [])])

    def valued(self, text: str, unit: Unit) -> str:
        """Name a number in front of a unit, and the unit in the right number."""
        t = self.tongue
        sign, bare = ("", text) if text[0] not in "-−–" else (f"{t.signs['-']} ", text[1:])
        if "," in bare:
            spoken = self.amount(bare)
        else:
            digits_only = plain_digits(bare)
            spoken = (
                whole(digits_only, t.code)
                if digits_only[0] == "0" and len(digits_only) > 1
                else t.counted(int(digits_only), unit)
            )
        return f"{sign}{spoken} {self._number_of(bare, unit)}"

    @staticmethod
    def _number_of(text: str, unit: Unit) -> str:
        return unit.one if plain_digits(text) == "1" else unit.many

    def unit(self, name: str) -> Unit | None:
        """Find a unit, with its power and what it is measured per."""
        t = self.tongue
        first, slash, second = name.partition("/")
        lower = {key.lower(): key for key in t.units}
        if slash:
            per = t.per.get(second) or t.per.get(second.lower())
            base = self.unit(first) if first else Unit("", "")
            return Unit(f"{base.one} {per}".strip(), f"{base.many} {per}".strip(), base.feminine) if base and per else None
        if name in t.units:
            return t.units[name]
        if name[-1:] in t.powers and (base := self.unit(name[:-1])):
            power = t.powers[name[-1]]
            return Unit(_powered(power, base.one, one=True), _powered(power, base.many, one=False), base.feminine)
        if name.lower() in lower:
            return t.units[lower[name.lower()]]
        return None

    def verbalize_money(
        self, sign: str, number: str, magnitude: str | None, minus: str = "", per: str | None = None
    ) -> str | None:
        """Name an amount of money: in its currency and hundredths of it."""
        t = self.tongue
        currency = t.money.get(sign) or t.money.get(sign.lower()) or t.money.get(sign.upper())
        if currency is None:
            return None
        tail = f" {t.per[per]}" if per else ""
        minus = f"{t.signs['-']} " if minus else ""
        if magnitude:
            singular, many = self._magnitude(magnitude)
            name = singular if plain_digits(number) == "1" else many
            spoken = (
                t.counted(
                    int(plain_digits(number)), Unit(singular, many, singular.endswith(("ion", "iarde")) and t.code == "de")
                )
                if "," not in number
                else self.amount(number)
            )
            return f"{minus}{spoken} {name} {t.of_magnitude}{currency.many}{tail}"
        head, _, fraction = number.partition(",")
        minor = fraction.rstrip("0")
        if len(minor) > 2 or minor and not currency.minor[0]:
            return f"{minus}{self.amount(head + ',' + minor)} {currency.many}{tail}"
        units, rest = int(plain_digits(head) or 0), int(minor.ljust(2, "0")) if minor else 0
        parts = [f"{t.counted(units, currency)} {currency.one if units == 1 else currency.many}"] if units or not rest else []
        if rest:
            hundredth = Unit(currency.minor[0], currency.minor[1], False)
            parts.append(f"{t.counted(rest, hundredth)} {hundredth.one if rest == 1 else hundredth.many}")
        return minus + " ".join(parts) + tail

    def _magnitude(self, text: str) -> tuple[str, str]:
        return self.tongue.magnitudes[text.lower()]

    # Rules

    def _address(self, match: "re.Match[str]", scan: Scan) -> Spoken:
        end = address_end(scan.text, match.start(), match.end())
        return Spoken(verbalize_address(scan.text[match.start() : end], self.tongue.code, spell=self.tongue.spell), end=end)

    def _handle(self, match: "re.Match[str]", scan: Scan) -> Spoken | None:
        if match[0][0] == "#" and scan.before(match.start()).isalnum():
            return None
        return Spoken(verbalize_address(match[0], self.tongue.code, spell=False))

    def _telephone(self, match: "re.Match[str]", scan: Scan) -> str:
        groups = re.findall(r"\d+|[^\W\d_]+", match[0])
        t = self.tongue
        spoken = [digits(group, t.code) if group.isdecimal() else group for group in groups]
        return (f"{t.signs['+']} " if "+" in match[0] else "") + ", ".join(spoken)

    def _dotted(self, match: "re.Match[str]", scan: Scan) -> str:
        t = self.tongue
        groups = match["dotted"].split(".")
        if len(groups) == 4 and not match["v"]:
            return f" {t.point} ".join(digits(group, t.code) for group in groups)
        return (f"{t.version} " if match["v"] else "") + f" {t.point} ".join(whole(group, t.code) for group in groups)

    def _date(self, match: "re.Match[str]", scan: Scan) -> str | None:
        day, month = int(match["d"]), int(match["m"])
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return None
        names = list(dict.fromkeys(self.tongue.months.values()))
        return self.tongue.date(day, names[month - 1], match["y"] or "", scan.last_word().lower())

    def _month_of_year(self, match: "re.Match[str]", scan: Scan) -> str | None:
        names = list(dict.fromkeys(self.tongue.months.values()))
        return self.tongue.date(0, names[int(match["m"]) - 1], match["y"], "") if 1 <= int(match["m"]) <= 12 else None

    def _day_month(self, match: "re.Match[str]", scan: Scan) -> str | Spoken | None:
        if not 1 <= int(match["d"]) <= 31:
            return None
        month = self.tongue.months[match["month"].lower().rstrip(".")]
        spoken = self.tongue.date(int(match["d"]), month, match["y"] or "", scan.last_word().lower())
        return Spoken(spoken, stop=match[0].endswith("."))

    def _clock(self, match: "re.Match[str]", scan: Scan) -> Spoken | None:
        groups = match.groupdict()
        hour, minute, second = int(groups["h"]), groups["m"] or "", groups.get("s") or ""
        if hour > 24 or minute and int(minute) > 59 or second and int(second) > 59:
            return None
        spoken = self.tongue.clock(hour, minute, second, (groups.get("half") or "").replace(".", "").replace(" ", "").lower())
        zone = (groups.get("zone") or "").replace(".", "").replace(" ", "").upper()
        return Spoken(f"{spoken} {zone}" if zone else spoken, stop=match[0].endswith("."))

    def _money(self, match: "re.Match[str]", scan: Scan) -> str | None:
        groups = match.groupdict()
        return self.verbalize_money(
            groups["sign"].rstrip("."),
            groups["n"],
            groups.get("by"),
            groups.get("minus") or groups.get("below") or "",
            groups.get("per"),
        )

    def _measure(self, match: "re.Match[str]", scan: Scan) -> str | None:
        unit = self.unit(re.sub(r"\s", "", match["unit"]))
        if unit is None:
            return None
        if match["by"]:
            singular, many = self._magnitude(match["by"])
            name = singular if plain_digits(match["n"]) == "1" else many
            return f"{self.amount(match['n'])} {name} {self.tongue.of_magnitude}{unit.many}"
        return self.valued(match["n"], unit)

    def _measure_range(self, match: "re.Match[str]", scan: Scan) -> str | None:
        unit = self.unit(match["unit"])
        return None if unit is None else f"{self.amount(match['a'])} {self.tongue.to} {self.valued(match['b'], unit)}"

    def _fraction(self, match: "re.Match[str]", scan: Scan) -> str | None:
        t = self.tongue
        top, bottom = int(plain_digits(match["a"])), int(plain_digits(match["b"]))
        minus = f"{t.signs['-']} " if match["minus"] else ""
        spoken = t.mixed(int(match["whole"]), top, bottom) if match["whole"] else t.fraction(top, bottom)
        unit = self.unit(match["unit"]) if match["unit"] else None
        if match["unit"] and unit is None:
            return None
        if unit:
            link = (
                "de "
                if t.code == "es" and not match["whole"] and bottom != 2
                else "de "
                if t.code == "fr" and bottom != 2
                else ""
            )
            spoken = f"{spoken} {link}{unit.one}"
        return minus + spoken

    def _vulgar(self, match: "re.Match[str]", scan: Scan) -> str:
        top, _, bottom = unicodedata.normalize("NFKC", match["sign"]).partition("⁄")
        if match["whole"]:
            return self.tongue.mixed(int(match["whole"]), int(top), int(bottom))
        return self.tongue.fraction(int(top), int(bottom))

    def _bitten(self, match: "re.Match[str]", scan: Scan) -> str:
        singular, many = self._magnitude(match["by"])
        single = plain_digits(match["n"]) == "1"
        feminine = self.tongue.code == "de" and singular.endswith(("ion", "iarde"))
        number = self.tongue.counted(1, Unit(singular, many, feminine)) if single else self.amount(match["n"])
        return f"{number} {singular if single else many}"

    def _range(self, match: "re.Match[str]", scan: Scan) -> str | None:
        if re.match(r"\s*=", scan.text[match.end() :]):
            return f"{self.amount(match['a'])} {self.tongue.signs['-']} {self.amount(match['b'])}"
        if float(plain_digits(match["a"]).replace(",", ".")) >= float(plain_digits(match["b"]).replace(",", ".")):
            return None
        return f"{self.amount(match['a'])} {self.tongue.to} {self.amount(match['b'])}"

    def _year_range(self, match: "re.Match[str]", scan: Scan) -> str | None:
        if int(match["a"]) >= int(match["b"]):
            return None
        say = self.tongue.year or self.amount
        return f"{say(match['a'])} {self.tongue.to} {say(match['b'])}"

    def _short_millions(self, match: "re.Match[str]", scan: Scan) -> str:
        """Millions of euros, as newspapers write them: "5 M€"."""
        return f"{self.amount(match['n'])} {self.tongue.many_millions}"

    def _ratio(self, match: "re.Match[str]", scan: Scan) -> str:
        link = {"de": "zu", "es": "a", "fr": "à"}[self.tongue.code]
        return f"{self.amount(match['a'])} {link} {self.amount(match['b'])}"

    def _product(self, match: "re.Match[str]", scan: Scan) -> str:
        names = {
            "de": {"x": "mal", "+": "plus", "÷": "durch"},
            "es": {"x": "por", "+": "más", "÷": "entre"},
            "fr": {"x": "fois", "+": "plus", "÷": "divisé par"},
        }[self.tongue.code]
        return f"{self.amount(match['a'])} {names[match['sign'] if match['sign'] in '+÷' else 'x']}"

    def _per_only(self, match: "re.Match[str]", scan: Scan) -> str | None:
        per = self.tongue.per.get(match["per"])
        return f"{self.amount(match['n'])} {per}" if per else None

    def _serial(self, match: "re.Match[str]", scan: Scan) -> str | None:
        text = match[0]
        if text.isalpha() or text.isdecimal():
            return None
        code = self.tongue.code
        spoken: list[str] = []
        for piece in re.findall(r"[^\W\d_]+|\d+", text):
            if piece.isdecimal():
                spoken.append(
                    whole(piece, code) if len(piece) <= 2 or piece.endswith("00") and len(piece) == 3 else digits(piece, code)
                )
            else:
                vowels = re.search(r"[aeiouyäöüáéíóúàèéêô]", piece, _I)
                spoken.append(
                    piece
                    if len(piece) > 3 and vowels or piece[0].isupper() and piece[1:].islower() and vowels and len(piece) > 1
                    else piece.upper()
                )
        return " ".join(spoken)

    def _number(self, match: "re.Match[str]", scan: Scan) -> Spoken | None:
        sign = (match["sign"] or "").strip()
        if sign and sign in "-−–" and scan.before(match.start()).isalnum():
            return None
        name = f"{self.tongue.signs[sign]} " if sign else ""
        return Spoken(name + self.amount(match["n"]))

    def _joint(self, match: "re.Match[str]", scan: Scan) -> str | None:
        ranged = (
            scan.words
            and not scan.words[-1].space
            and not scan.words[-1].after
            and scan.words[-1].kind in ("time", "date", "money", "ordinal", "measure", "decimal")
        )
        return self.tongue.to if ranged else None

    def _abbreviation(self, match: "re.Match[str]", scan: Scan) -> Spoken:
        key = re.sub(r"\s+", " ", match[0].lower())
        spoken = self.tongue.abbreviations.get(key) or self.tongue.abbreviations[key.replace(" ", "")]
        return Spoken(spoken, stop=key.endswith(".") and key not in self.tongue.titles, title=key in self.tongue.titles)

    def _day(self, match: "re.Match[str]", scan: Scan) -> Spoken:
        return Spoken(self.tongue.days[match["day"].lower()], title=True)

    def _month_word(self, match: "re.Match[str]", scan: Scan) -> Spoken:
        return Spoken(self.tongue.months[match["month"].lower()], stop=True)

    def _roman(self, match: "re.Match[str]", scan: Scan) -> Spoken | None:
        last = scan.last_word()
        if not last:
            return None
        value = roman_value(match[0])
        if not {last.lower(), scan.words[-1].spoken.lower()}.isdisjoint(self.tongue.roman_nouns):
            return Spoken(cardinal(value, self.tongue.code))
        upper = match[0].isupper() and last[0].isupper() and not last.isupper()
        lower = match[0].islower() and (len(match[0]) > 2 or match[0] in ("ii", "iv", "ix", "xi", "xv", "xx"))
        # "Isabel I": a single letter, or what may be a word, is a numeral only behind a name that rulers bear.
        several = len(match[0]) > 1
        unmistakable = several and match[0].upper() not in _NO_NUMERALS
        of_ruler = (several or match[0] in "IVX") and last.lower() in RULERS
        likely = value < 40 and (unmistakable or of_ruler)
        if self.tongue.roman_names and likely and (upper or lower):
            # "Heinrich VIII. und": the stop of the ordinal is followed by a comma or a small letter.
            stop = self.tongue.stopped_ordinals and re.match(r"\.(?=,|\s[a-zäöü])", scan.text[match.end() :])
            return Spoken(self.tongue.roman_names(value, last), end=match.end() + 1 if stop else None)
        return None

    def _initials(self, match: "re.Match[str]", scan: Scan) -> Spoken:
        return Spoken(re.sub(r"[.\s]", "", match[0]).upper(), stop=match[0].endswith("."), kind="initialism")

    def _capitals(self, match: "re.Match[str]", scan: Scan) -> Spoken | None:
        word = match[0]
        if word.lower() in self.tongue.acronyms:
            return Spoken(word.lower(), kind="initialism")
        # One word of capitals among others is an initialism; next to another one it is shouted.
        before = _WORD_BEFORE.search(scan.text[max(0, match.start() - 40) : match.start()])
        after = _WORD_AFTER.match(scan.text, match.end())
        neighbours = any(other and other[1].isupper() for other in (before, after))
        vowel = re.search(r"[AEIOUYÄÖÜÁÉÍÓÚÀÈÊÔÛ]", word)
        if vowel and (neighbours or len(word) > 4):
            low = word.lower()
            return Spoken(low, emphasis=1.0, kind="word")
        return Spoken(word, kind="initialism")

    def _drawn_out(self, match: "re.Match[str]", scan: Scan) -> Spoken | None:
        if not re.search(r"(.)\1\1", match[0].lower()) or not re.search(r"[aeiouyäöüáéíóúàèéêô]", match[0], _I):
            return None
        spoken = re.sub(r"(.)\1\1+", r"\1", match[0], flags=_I)
        return Spoken(spoken, held=len(match[0]) - len(spoken))

    def _stutter(self, match: "re.Match[str]", scan: Scan) -> Spoken | None:
        onset, word = match["onset"].lower(), match["word"]
        if not word.lower().startswith(onset) or len(word) <= len(onset) or len(onset) > 1 and re.search(r"[aeiouy]$", onset):
            return None
        return Spoken(word, stutter=min(4, len(re.findall(re.escape(onset), match["all"].lower()))))

    def _sign(self, match: "re.Match[str]", scan: Scan) -> Spoken:
        name = self.tongue.signs.get(match[0], "")
        return Spoken(name, kind="symbol" if name else "silent")

    def rules(
        self, own_numbers: list[Rule], own_letters: list[Rule], own_signs: list[Rule]
    ) -> tuple[list[Rule], list[Rule], list[Rule], list[Rule], list[Rule]]:
        """Addresses, numbers, letters, signed numbers and signs, the language's own first."""
        t = self.tongue
        addresses = [rule("electronic", ADDRESS.pattern, self._address, _I), rule("electronic", HANDLE.pattern, self._handle)]
        per = alternatives([*t.per])
        shared = _Fragments(
            unit=rf"(?P<unit>(?:{alternatives([*t.units])})[²³]?(?:/(?:{per}))?|/(?:{per}))(?![\w²³])",
            per=per,
            magnitude=rf"(?P<by>(?:{alternatives([*t.magnitudes])}))(?!\w)",
            signs=alternatives([sign for sign in t.money if not sign.isalpha()]),
            codes=alternatives([sign for sign in t.money if sign.isalpha()]),
        )
        sign_class = "".join(re.escape(sign) for sign in t.signs if len(sign) == 1 and sign not in "-−–.,:;!?")
        return (
            addresses,
            self._number_rules(own_numbers, shared),
            self._letter_rules(own_letters, shared),
            self._signed_rules(shared),
            [*own_signs, rule("symbol", f"[{sign_class}*_|\\\\†™®•←^]", self._sign)],
        )

    def _number_rules(self, own: list[Rule], shared: _Fragments) -> list[Rule]:
        """Return the rules of tokens that begin with a digit, the language's own first."""
        months = alternatives(sorted(self.tongue.months))
        return [
            *own,
            rule("range", r"(?P<a>1[1-9]\d\d|20\d\d)\s?[-–]\s?(?P<b>1[1-9]\d\d|20\d\d)(?![\w-]|[.,]\d)", self._year_range),
            rule("money", rf"(?P<n>{NUMBER})\s?M€", self._short_millions),
            rule("date", r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\w)", self._date),
            rule("date", r"(?P<d>\d{1,2})([./-])\s?(?P<m>\d{1,2})\2\s?(?P<y>\d{4}|\d{2})(?![\w/])", self._date),
            rule("date", r"(?P<y>\d{4})-(?P<m>\d{2})(?![\w-])", self._month_of_year),
            rule(
                "telephone",
                r"\d{2,5}(?:-\d{2,5}){2,}(?![\w-])|\d{3,5}-\d{4,5}(?![\w-])|0\d{2,4}[ /-]\d{3,}(?:[ -]\d{2,})*(?!\w)",
                self._telephone,
            ),
            rule("version", r"(?P<v>)(?!\d{1,3}(?:\.\d{3})+(?![\d.]))(?P<dotted>\d+(?:\.\d+){2,})(?!\w)", self._dotted),
            rule(
                "date",
                rf"(?P<d>\d{{1,2}})\.?(?:er)?\s(?:de\s)?(?P<month>{months})\b\.?(?:\s(?:de\s|del\s)?(?P<y>\d{{4}})\b)?",
                self._day_month,
                _I,
            ),
            rule(
                "money",
                rf"(?P<n>{NUMBER})\s?(?:{shared.magnitude}\s(?:de\s)?)?(?P<sign>{shared.signs}|(?:{shared.codes}))(?![\w$€£])",
                self._money,
                _I,
            ),
            rule(
                "fraction",
                rf"(?P<minus>)(?:(?P<whole>\d+)\s)?(?P<a>\d+)/(?P<b>\d{{1,3}}(?:\.\d{{3}})+|\d+)(?![\w/])(?:\s?(?:{shared.unit}))?",
                self._fraction,
            ),
            rule("fraction", r"(?P<whole>\d+)?\s?(?P<sign>[½⅓¼⅕⅙⅐⅛⅑⅒⅔⅖¾⅗⅜⅘⅚⅝⅞])", self._vulgar),
            rule("measure", rf"(?P<a>{NUMBER})\s?[-–]\s?(?P<b>{NUMBER})\s?{shared.unit}", self._measure_range),
            rule("measure", rf"(?P<n>{NUMBER})\s?(?:{shared.magnitude}\s)?{shared.unit}", self._measure, _I),
            rule("decimal", rf"(?P<n>{NUMBER})\s?{shared.magnitude}", self._bitten, _I),
            rule("ratio", r"(?P<a>\d+):(?P<b>\d+)(?![\w:])", self._ratio),
            rule("range", rf"(?P<a>{NUMBER})\s?[-–]\s?(?P<b>{NUMBER})(?![\w-]|[.,]\d)", self._range),
            rule("math", rf"(?P<a>{NUMBER})\s?(?P<sign>[x×*·+÷])\s?(?=\d)", self._product),
            rule("measure", rf"(?P<n>{NUMBER})/(?P<per>[^\W\d_]+)(?!\w)", self._per_only),
            rule("serial", r"\d+[^\W\d_]+\d*[^\W_]*(?!\w)", self._serial),
            rule("cardinal", rf"(?P<sign>)(?P<n>{NUMBER})", self._number),
        ]

    def _signed_rules(self, shared: _Fragments) -> list[Rule]:
        """Return the rules of numbers behind a sign."""
        return [
            rule("range", r"[-–—]\s?(?=[\d$€£¥])", self._joint),
            rule(
                "telephone",
                r"\+\d{1,3}[ .-]?\s?\(?\d{2,4}\)?(?:[ .-]\d{2,8}){1,5}(?!\w)|\(\d{3,5}\)\s?\d{3,}(?:[ -]\d{2,})*(?!\w)",
                self._telephone,
            ),
            rule(
                "money",
                rf"(?P<minus>[-−–])?(?P<sign>{shared.signs})\s?(?P<below>[-−–])?(?P<n>{NUMBER})(?:\s?{shared.magnitude})?"
                rf"(?:/(?P<per>{shared.per})(?!\w))?",
                self._money,
                _I,
            ),
            rule(
                "fraction",
                rf"(?P<minus>[-−–])(?:(?P<whole>\d+)\s)?(?P<a>\d+)/(?P<b>\d+)(?![\w/])(?:\s?(?:{shared.unit}))?",
                self._fraction,
            ),
            rule("measure", rf"(?P<n>[-−–]{NUMBER})\s?(?:{shared.magnitude}\s)?{shared.unit}", self._measure, _I),
            rule("cardinal", rf"(?P<sign>[-−–+](?=[\d,])|[±~≈<>≤≥#]\s?|)(?P<n>{NUMBER})", self._number),
        ]

    def _letter_rules(self, own: list[Rule], shared: _Fragments) -> list[Rule]:
        """Return the rules of tokens that begin with a letter, the language's own first."""
        t = self.tongue
        letter = r"[^\W\d_]"
        word = rf"{letter}+(?:['’]{letter}+)*"
        return [
            *own,
            rule("version", r"(?P<v>v|version|versión)\.?\ ?(?P<dotted>\d+(?:\.\d+)+)(?!\w)", self._dotted, _I),
            rule(
                "money",
                rf"(?P<minus>)(?P<sign>{shared.codes}|{shared.signs})\.?\s?(?P<n>{NUMBER})(?:\s?{shared.magnitude})?(?![\w])",
                self._money,
                _I,
            ),
            rule(
                "abbreviation",
                "(?:"
                + "|".join(
                    re.escape(key).replace(r"\.\ ", r"\.\s?").replace(r"\ ", r"\s?")
                    for key in sorted(t.abbreviations, key=len, reverse=True)
                )
                + r")(?!\w)",
                self._abbreviation,
                _I,
            ),
            rule("abbreviation", rf"(?P<day>{alternatives([*t.days])})\.(?=\s*,?\s*\d)", self._day, _I),
            rule(
                "stutter",
                r"(?P<all>(?P<onset>[^\W\d_]{1,3})(?:(?:[-–—]|\.{2,3}|…)\s?(?P=onset))*(?:[-–—]|\.{2,3}|…)\s?)"
                rf"(?P<word>(?P=onset)(?:['’]?{letter})*)",
                self._stutter,
                _I,
            ),
            rule("initialism", r"(?:[^\W\d_]\.\s?){2,}(?!\w{2})", self._initials),
            rule("roman", ROMAN + r"\b(?![.'’]\w)", self._roman, _I),
            rule("serial", r"[^\W\d_]{1,4}-?\d+[^\W_]*(?!\w)", self._serial),
            rule("drawn-out", word, self._drawn_out),
            rule("emphasis", r"(?=[A-ZÄÖÜÁÉÍÓÚÀÈÊÔÛÇÑ]{2})(?:[A-ZÄÖÜÁÉÍÓÚÀÈÊÔÛÇÑ])+(?!\w)", self._capitals),
            rule("word", rf"{word}(?:-{word})*['’]?(?!\w)|{word}", lambda match, scan: match[0]),
        ]


def _powered(pattern: str, name: str, *, one: bool) -> str:
    """A unit squared or cubed: "Quadratmeter", "metros cuadrados"."""
    first, _, rest = name.partition(" ")
    if pattern.startswith("{}"):
        ending = "" if one else "s"
        return f"{first}{pattern[2:]}{ending} {rest}".strip()
    return f"{pattern.format(first.lower())} {rest}".strip()
