"""How French is read."""

import re

from voiceact.text.continental import Continental, Tongue, Unit, plain_digits
from voiceact.text.numbers import cardinal, digits, ordinal
from voiceact.text.scan import Scan, Spoken, roman_value, rule

CODE = "fr"

_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
MONTHS = {name: name for name in _MONTHS} | {
    "janv": "janvier",
    "févr": "février",
    "fév": "février",
    "avr": "avril",
    "juil": "juillet",
    "sept": "septembre",
    "oct": "octobre",
    "nov": "novembre",
    "déc": "décembre",
    "fevrier": "février",
    "aout": "août",
    "decembre": "décembre",
}
_DAYS = {
    "lun": "lundi",
    "mar": "mardi",
    "mer": "mercredi",
    "jeu": "jeudi",
    "ven": "vendredi",
    "sam": "samedi",
    "dim": "dimanche",
}


def _plural(name: str, feminine: bool = False) -> Unit:
    return Unit(name, name if name[-1] in "sxz" else name + "s", feminine)


def _same(name: str) -> Unit:
    return Unit(name, name)


UNITS = {
    "m": _plural("mètre"),
    "km": _plural("kilomètre"),
    "cm": _plural("centimètre"),
    "mm": _plural("millimètre"),
    "dm": _plural("décimètre"),
    "nm": _plural("nanomètre"),
    "µm": _plural("micromètre"),
    "g": _plural("gramme"),
    "kg": _plural("kilogramme"),
    "mg": _plural("milligramme"),
    "t": _plural("tonne", True),
    "l": _plural("litre"),
    "ml": _plural("millilitre"),
    "cl": _plural("centilitre"),
    "dl": _plural("décilitre"),
    "hl": _plural("hectolitre"),
    "h": _plural("heure", True),
    "min": _plural("minute", True),
    "mn": _plural("minute", True),
    "s": _plural("seconde", True),
    "sec": _plural("seconde", True),
    "ms": _plural("milliseconde", True),
    "ha": _plural("hectare"),
    "ft": _plural("pied"),
    "lb": _plural("livre", True),
    "oz": _plural("once", True),
    "mi": _plural("mille"),
    "mph": Unit("mille à l'heure", "milles à l'heure"),
    "kmh": Unit("kilomètre à l'heure", "kilomètres à l'heure"),
    "w": _plural("watt"),
    "kw": _plural("kilowatt"),
    "mw": _plural("mégawatt"),
    "kwh": Unit("kilowattheure", "kilowattheures"),
    "v": _plural("volt"),
    "kv": _plural("kilovolt"),
    "mv": _plural("millivolt"),
    "ma": _plural("milliampère"),
    "hz": _same("hertz"),
    "khz": _same("kilohertz"),
    "mhz": _same("mégahertz"),
    "ghz": _same("gigahertz"),
    "ko": _plural("kilooctet"),
    "mo": _plural("mégaoctet"),
    "go": _plural("gigaoctet"),
    "to": _plural("téraoctet"),
    "kb": _plural("kilobit"),
    "mb": _plural("mégabit"),
    "db": _plural("décibel"),
    "pa": _plural("pascal"),
    "hpa": _plural("hectopascal"),
    "bar": _plural("bar"),
    "j": _plural("joule"),
    "kj": _plural("kilojoule"),
    "kcal": _plural("kilocalorie", True),
    "ch": Unit("cheval", "chevaux"),
    "°c": Unit("degré Celsius", "degrés Celsius"),
    "°f": Unit("degré Fahrenheit", "degrés Fahrenheit"),
    "%": _same("pour cent"),
    "‰": _same("pour mille"),
    "k": _plural("kelvin"),
    "px": _plural("pixel"),
}
PER = {
    "h": "par heure",
    "heure": "par heure",
    "s": "par seconde",
    "sec": "par seconde",
    "min": "par minute",
    "j": "par jour",
    "jour": "par jour",
    "mois": "par mois",
    "an": "par an",
    "semaine": "par semaine",
    "kg": "par kilogramme",
    "l": "par litre",
    "m": "par mètre",
    "m²": "par mètre carré",
    "m³": "par mètre cube",
    "km": "par kilomètre",
    "km²": "par kilomètre carré",
    "personne": "par personne",
    "g": "par gramme",
}
_CENT = ("centime", "centimes")
MONEY = {
    "€": Unit("euro", "euros", minor=_CENT),
    "eur": Unit("euro", "euros", minor=_CENT),
    "$": Unit("dollar", "dollars", minor=("cent", "cents")),
    "us$": Unit("dollar américain", "dollars américains", minor=("cent", "cents")),
    "usd": Unit("dollar américain", "dollars américains", minor=("cent", "cents")),
    "£": Unit("livre", "livres", True, ("penny", "pence")),
    "gbp": Unit("livre sterling", "livres sterling", True, ("penny", "pence")),
    "¥": Unit("yen", "yens"),
    "jpy": Unit("yen", "yens"),
    "₩": Unit("won", "wons"),
    "₹": Unit("roupie", "roupies", True),
    "₽": Unit("rouble", "roubles"),
    "chf": Unit("franc suisse", "francs suisses", minor=_CENT),
    "frf": Unit("franc", "francs", minor=_CENT),
    "cad": Unit("dollar canadien", "dollars canadiens", minor=("cent", "cents")),
    "c$": Unit("dollar canadien", "dollars canadiens", minor=("cent", "cents")),
    "kr": Unit("couronne", "couronnes", True),
    "¢": Unit("cent", "cents"),
    "cny": Unit("yuan", "yuans"),
    "₺": Unit("livre turque", "livres turques", True),
    "xof": Unit("franc CFA", "francs CFA"),
    "₿": Unit("bitcoin", "bitcoins"),
    "mad": Unit("dirham", "dirhams"),
}
MAGNITUDES = {
    "mille": ("mille", "mille"),
    "million": ("million", "millions"),
    "millions": ("million", "millions"),
    "milliard": ("milliard", "milliards"),
    "milliards": ("milliard", "milliards"),
    "billion": ("billion", "billions"),
    "billions": ("billion", "billions"),
    "md": ("milliard", "milliards"),
    "mds": ("milliard", "milliards"),
    "mrd": ("milliard", "milliards"),
}
ABBREVIATIONS = {
    "m.": "monsieur",
    "mm.": "messieurs",
    "mme": "madame",
    "mme.": "madame",
    "mmes": "mesdames",
    "mlle": "mademoiselle",
    "mlle.": "mademoiselle",
    "mlles": "mesdemoiselles",
    "mᵐᵉ": "madame",
    "mᵐᵉˢ": "mesdames",
    "mˡˡᵉ": "mademoiselle",
    "mˡˡᵉˢ": "mesdemoiselles",
    "dr": "docteur",
    "dr.": "docteur",
    "dʳ": "docteur",
    "dʳˢ": "docteurs",
    "pr": "professeur",
    "pr.": "professeur",
    "pʳ": "professeur",
    "prof.": "professeur",
    "me": "maître",
    "mᵉ": "maître",
    "mgr": "monseigneur",
    "mᵍʳ": "monseigneur",
    "vᵛᵉ": "veuve",
    "st": "saint",
    "ste": "sainte",
    "sᵗ": "saint",
    "sᵗᵉ": "sainte",
    "etc.": "et cetera",
    "p. ex.": "par exemple",
    "p.ex.": "par exemple",
    "c.-à-d.": "c'est-à-dire",
    "c-à-d": "c'est-à-dire",
    "cf.": "confer",
    "env.": "environ",
    "n°": "numéro",
    "nº": "numéro",
    "no.": "numéro",
    "nᵒ": "numéro",
    "tél.": "téléphone",
    "av.": "avenue",
    "bd": "boulevard",
    "bd.": "boulevard",
    "boul.": "boulevard",
    "pl.": "place",
    "rte": "route",
    "chap.": "chapitre",
    "p.": "page",
    "pp.": "pages",
    "vol.": "volume",
    "art.": "article",
    "fig.": "figure",
    "av. j.-c.": "avant Jésus-Christ",
    "apr. j.-c.": "après Jésus-Christ",
    "ap. j.-c.": "après Jésus-Christ",
    "j.-c.": "Jésus-Christ",
    "s. m.": "sa majesté",
    "max.": "maximum",
    "min.": "minimum",
    "cie": "compagnie",
    "cᵢᵉ": "compagnie",
    "éd.": "édition",
    "resp.": "responsable",
    "s'il v. p.": "s'il vous plaît",
    "svp": "s'il vous plaît",
    "rdv": "rendez-vous",
    "qq.": "quelque",
    "qqn": "quelqu'un",
    "qqch": "quelque chose",
    "vs": "contre",
    "vs.": "contre",
    "ndlr": "note de la rédaction",
    "h.t.": "hors taxes",
    "bcp": "beaucoup",
}
TITLES = frozenset(
    "m. mm. mme mme. mlle mlle. mmes mlles dr dr. pr pr. prof. me mgr st ste n° nº no. p. pp. vol. art. fig. chap. av. bd bd. "
    "pl. tél. cf. p.ex. env.".split()
) | {"p. ex."}

SIGN_NAMES = {
    "-": "moins",
    "−": "moins",
    "–": "moins",
    "+": "plus",
    "±": "plus ou moins",
    "~": "environ",
    "≈": "environ",
    "<": "inférieur à",
    ">": "supérieur à",
    "≤": "au plus",
    "≥": "au moins",
    "#": "numéro",
    "%": "pour cent",
    "‰": "pour mille",
    "&": "et",
    "@": "arobase",
    "=": "égale",
    "€": "euro",
    "$": "dollar",
    "£": "livre",
    "¥": "yen",
    "§": "paragraphe",
    "°": "degrés",
    "×": "fois",
    "÷": "divisé par",
    "/": "sur",
    "→": "vers",
    "∞": "infini",
    "µ": "micro",
    "²": "au carré",
    "³": "au cube",
    "≠": "différent de",
    "©": "copyright",
}


def _fraction(top: int, bottom: int) -> str:
    name = {2: "demi", 3: "tiers", 4: "quart"}.get(bottom)
    if bottom > 1000 or bottom == 0:
        return f"{cardinal(top, CODE)} sur {cardinal(bottom, CODE)}"
    name = name or ordinal(bottom, CODE)
    return f"{cardinal(top, CODE)} {name}{'s' if top > 1 and name[-1] != 's' else ''}"


def _mixed(number: int, top: int, bottom: int) -> str:
    return f"{cardinal(number, CODE)} et {'demi' if (top, bottom) == (1, 2) else _fraction(top, bottom)}"


def _fraction_digits(text: str) -> str:
    """Digits behind a comma: leading zeros one by one, up to three as one number, more in twos."""
    zeros = len(text) - len(text.lstrip("0"))
    spoken = [digits(text[:zeros], CODE)] if zeros else []
    rest = text[zeros:]
    if len(rest) > 9:
        return digits(text, CODE)
    if 0 < len(rest) < 4:
        spoken.append(cardinal(int(rest), CODE))
    elif rest:
        spoken += [
            digits(pair, CODE) if pair[0] == "0" else cardinal(int(pair), CODE)
            for pair in (rest[place : place + 2] for place in range(0, len(rest), 2))
        ]
    return " ".join(spoken)


def _counted(number: int, unit: Unit) -> str:
    words = cardinal(number, CODE)
    if not unit.feminine:
        return words
    return re.sub(r"(^|-|\bet )un$", r"\1une", words)


def _date(day: int, month: str, years: str, before: str) -> str:
    spoken = f"{'premier' if day == 1 else cardinal(day, CODE)} {month}" if day else month
    return f"{spoken} {cardinal(int(years), CODE)}" if years else spoken


def _clock(hour: int, minute: str, second: str, half: str) -> str:
    name = f"{'une' if hour == 1 else _counted(hour, Unit('', '', True))} {'heure' if hour < 2 else 'heures'}"
    if second:
        return (
            f"{name} {_counted(int(minute), Unit('', '', True))} {'minute' if int(minute) < 2 else 'minutes'} "
            f"{_counted(int(second), Unit('', '', True))} {'seconde' if int(second) < 2 else 'secondes'}"
        )
    return name + (f" {_counted(int(minute), Unit('', '', True))}" if minute and int(minute) else "")


TONGUE = Tongue(
    CODE,
    SIGN_NAMES,
    MONTHS,
    _DAYS,
    UNITS,
    PER,
    {"²": "{} carré", "³": "{} cube"},
    MONEY,
    MAGNITUDES,
    ABBREVIATIONS,
    TITLES,
    "virgule",
    _fraction,
    _mixed,
    _fraction_digits,
    _date,
    _clock,
    _counted,
    of_magnitude="de ",
    roman_nouns=frozenset(
        "chapitre tome volume partie acte scène guerre livre titre classe phase article section mondiale".split()
    ),
    acronyms=frozenset("onu otan unesco nasa sida ovni smic cedex fifa uefa unicef opep pacs insee laser".split()),
    many_millions="millions d'euros",
    roman_names=lambda value, name: "premier" if value == 1 else cardinal(value, CODE),
    point="point",
    version="version",
    to="à",
)
_RULES = Continental(TONGUE)

OPENERS = frozenset(
    """le la les un une des je tu il elle on nous vous ils elles et mais ou si quand comme que qui où parce non oui
    aujourd'hui demain hier en avec sans pour de dans sur ce cette ces mon ma mes ton ta tes son sa ses alors puis ici
    là c'est j'ai""".split()
)
COUNTED = TONGUE.roman_nouns
WATCHED = (
    frozenset(key.rstrip(".") for key in ABBREVIATIONS)
    | frozenset(_DAYS)
    | frozenset(
        {
            *(key for key in MONTHS if len(key) < 5),
            *(code for code in MONEY if code.isalpha()),
            "v",
            "version",
            "dr",
            "pr",
            "mme",
            "mlle",
            "mmes",
            "mlles",
            "mgr",
            "svp",
            "rdv",
            "vs",
            "bd",
            "ste",
            "bcp",
            "qqn",
            "qqch",
        }
        | {"ier", "ire"} - {"mars", "mai", "juin", "août", "mad"}
    )
)


def _ordinal(match: "re.Match[str]", scan: Scan) -> Spoken:
    number = int(plain_digits(match["n"]))
    ending = match["th"].lower()
    spoken = ordinal(number, CODE)
    if ending in ("re", "ère", "ʳᵉ", "ᵉʳᵉ"):
        spoken = "première"
    if number > 1000 and number % 1_000_000 == 0:
        spoken = (
            f"{cardinal(number // 10**9, CODE)} milliardième"
            if number % 10**9 == 0
            else f"{cardinal(number // 10**6, CODE)} millionième"
        )
    if ending in ("nd", "nde"):
        spoken = "second" + ending[2:]
    return Spoken(spoken + ("s" if ending.endswith("s") and not spoken.endswith("s") else ""))


def _time(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    return _RULES._clock(match, scan)


def _day_and_month(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    day, month = int(match["d"]), int(match["m"])
    return Spoken(_date(day, _MONTHS[month - 1], "", "")) if 1 <= day <= 31 and 1 <= month <= 12 else None


def _days(match: "re.Match[str]", scan: Scan) -> Spoken:
    days = " ".join(cardinal(int(day), CODE) for day in re.findall(r"\d+", match["days"]))
    return Spoken(f"{days} {match['month'].lower()}" + (f" {cardinal(int(match['y']), CODE)}" if match["y"] else ""))


_FEMININE_ENDINGS = (
    "tion",
    "sion",
    "aison",
    "té",
    "ée",
    "ette",
    "esse",
    "ance",
    "ence",
    "ille",
    "ure",
    "ise",
    "ude",
    "ade",
    "ose",
)
_FEMININE = frozenset(
    """fille femme heure minute seconde semaine journée année fois page chaise table maison voiture personne chose place
    pièce porte lettre main tête nuit livre ligne rue ville tasse bouteille pomme photo robe chambre vie idée image carte
    route rose fleur tranche part cuillère goutte larme mère sœur soeur tante dame amie copine étoile clé clef dent
    jambe bougie chanson cigarette bière orange banane balle équipe victoire défaite école salle chance raison partie
    boîte couche feuille note phrase tonne couronne marche étape vache poule souris""".split()
)
_MASCULINE = frozenset("musée lycée trophée été côté comité pâté gosse silence mètre litre squelette squatte".split())


def _one_of(match: "re.Match[str]", scan: Scan) -> str | None:
    """A number that ends in one, before a noun that is feminine: "1 fille", "21 chaises"."""
    number, noun = int(match["n"]), match["noun"].lower()
    if number % 100 in (11, 71, 91):
        return None
    single = noun[:-1] if noun.endswith("s") and number != 1 else noun
    feminine = single in _FEMININE or single.endswith(_FEMININE_ENDINGS) and single not in _MASCULINE
    return _counted(number, Unit("", "", True)) if feminine else None


def _elided(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """An acronym said as a word behind an article that lost its vowel: "l'OTAN"."""
    if match["word"].lower() not in TONGUE.acronyms:
        return None
    return Spoken(f"{match['article'].lower()}'{match['word'].lower()}", kind="initialism")


def _centuries(match: "re.Match[str]", scan: Scan) -> Spoken:
    spoken = "première" if match["th"] == "re" else ordinal(roman_value(match["n"]), CODE)
    return Spoken(f"{spoken} siècle" if match["century"] else spoken, stop=bool(match["century"]))


ADDRESSES, NUMBERS, LETTERS, SIGNED, SIGNS = _RULES.rules(
    [
        rule(
            "date",
            r"(?P<days>\d{1,2}(?:[/-]\d{1,2})+)\s(?P<month>" + "|".join(_MONTHS) + r")\b(?:\s(?P<y>\d{4})\b)?",
            _days,
            re.IGNORECASE,
        ),
        rule(
            "time",
            r"(?P<h>\d{1,2})\s?h(?:eures?)?\s?(?P<m>[0-5]\d)?(?:\s?(?:min|mn|m)?\s?(?P<s>[0-5]\d)\s?s)?(?![\w])",
            _time,
            re.IGNORECASE,
        ),
        rule("time", r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])", _time),
        rule("date", r"(?P<d>\d{2})\.(?P<m>0[1-9]|1[0-2])(?![\d.,])", _day_and_month),
        rule("cardinal", r"(?P<n>\d{0,8}1)(?=\s(?P<noun>[a-zà-öø-ÿœ]{3,}))", _one_of),
        rule(
            "ordinal",
            r"(?P<n>\d{1,3}(?:[ \u00a0]\d{3})+|\d+)\s?(?P<th>ers?|ère|re|nde?|ᵉʳ|ʳᵉ|ièmes?|èmes?|emes?|es?|ᵉ|"
            r"°(?!\s?[CF]\b))(?!\w)",
            _ordinal,
            re.IGNORECASE,
        ),
        rule(
            "telephone",
            r"0\d(?:[ .-]\d{2}){4}(?!\w)",
            lambda match, scan: ", ".join(
                digits(pair, CODE) if pair[0] == "0" else cardinal(int(pair), CODE) for pair in re.findall(r"\d{2}", match[0])
            ),
        ),
    ],
    [
        rule("initialism", r"(?P<article>[ldjcnmts]|qu)['’](?P<word>[A-ZÀÂÉÈÊÎÔÛ]{2,})(?!\w)", _elided, re.IGNORECASE),
        rule("roman", r"(?P<n>[IVX]+)(?P<th>e|ème|ᵉ|er|re)(?:\s(?P<century>s\.))?(?!\w)", _centuries),
    ],
    [],
)
