"""How Spanish is read."""

import re

from voiceact.text.continental import Continental, Tongue, Unit, is_queen
from voiceact.text.numbers import cardinal, digits, es_feminine, es_short, ordinal
from voiceact.text.scan import Scan, Spoken, roman_value, rule

CODE = "es"

_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
MONTHS = (
    {name: name for name in _MONTHS} | {name[:3]: name for name in _MONTHS} | {"sept": "septiembre", "setiembre": "septiembre"}
)
_DAYS = {
    "lun": "lunes",
    "mar": "martes",
    "mié": "miércoles",
    "mier": "miércoles",
    "miér": "miércoles",
    "jue": "jueves",
    "juev": "jueves",
    "vie": "viernes",
    "vier": "viernes",
    "sáb": "sábado",
    "sab": "sábado",
    "dom": "domingo",
}


def _plural(name: str, feminine: bool = False) -> Unit:
    return Unit(name, name + ("s" if name[-1] in "aeiouóé" else "es"), feminine)


def _same(name: str) -> Unit:
    return Unit(name, name)


UNITS = {
    "m": _plural("metro"),
    "km": _plural("kilómetro"),
    "cm": _plural("centímetro"),
    "mm": _plural("milímetro"),
    "dm": _plural("decímetro"),
    "nm": _plural("nanómetro"),
    "µm": _plural("micrómetro"),
    "g": _plural("gramo"),
    "gr": _plural("gramo"),
    "kg": _plural("kilogramo"),
    "mg": _plural("miligramo"),
    "t": _plural("tonelada", True),
    "l": _plural("litro"),
    "ml": _plural("mililitro"),
    "cl": _plural("centilitro"),
    "dl": _plural("decilitro"),
    "hl": _plural("hectolitro"),
    "min": _plural("minuto"),
    "s": _plural("segundo"),
    "seg": _plural("segundo"),
    "ms": _plural("milisegundo"),
    "h": _plural("hora", True),
    "hs": _plural("hora", True),
    "ha": _plural("hectárea", True),
    "mph": Unit("milla por hora", "millas por hora", True),
    "mi": _plural("milla", True),
    "ft": Unit("pie", "pies"),
    "lb": _plural("libra", True),
    "lbs": _plural("libra", True),
    "oz": _plural("onza", True),
    "yd": _plural("yarda", True),
    "gal": Unit("galón", "galones"),
    "w": _plural("vatio"),
    "kw": _plural("kilovatio"),
    "mw": _plural("megavatio"),
    "kwh": Unit("kilovatio hora", "kilovatios hora"),
    "v": _plural("voltio"),
    "mv": _plural("milivoltio"),
    "kv": _plural("kilovoltio"),
    "ma": _plural("miliamperio"),
    "hz": Unit("hercio", "hercios"),
    "khz": Unit("kilohercio", "kilohercios"),
    "mhz": Unit("megahercio", "megahercios"),
    "ghz": Unit("gigahercio", "gigahercios"),
    "kb": _plural("kilobyte"),
    "mb": _plural("megabyte"),
    "gb": _plural("gigabyte"),
    "tb": _plural("terabyte"),
    "db": _plural("decibelio"),
    "pa": Unit("pascal", "pascales"),
    "hpa": Unit("hectopascal", "hectopascales"),
    "kpa": Unit("kilopascal", "kilopascales"),
    "bar": Unit("bar", "bares"),
    "j": _plural("julio"),
    "kj": _plural("kilojulio"),
    "kcal": _plural("kilocaloría", True),
    "cal": _plural("caloría", True),
    "psi": _same("P S I"),
    "rpm": _same("revoluciones por minuto"),
    "cv": Unit("caballo", "caballos"),
    "hp": Unit("caballo de fuerza", "caballos de fuerza"),
    "°c": Unit("grado centígrado", "grados centígrados"),
    "°f": Unit("grado fahrenheit", "grados fahrenheit"),
    "ºc": Unit("grado centígrado", "grados centígrados"),
    "° c": Unit("grado centígrado", "grados centígrados"),
    "° f": Unit("grado fahrenheit", "grados fahrenheit"),
    "ºf": Unit("grado fahrenheit", "grados fahrenheit"),
    "%": _same("por ciento"),
    "‰": _same("por mil"),
    "k": _same("kelvin"),
    "px": Unit("píxel", "píxeles"),
    "kg/m³": Unit("kilogramo por metro cúbico", "kilogramos por metro cúbico"),
}
PER = {
    "h": "por hora",
    "hora": "por hora",
    "s": "por segundo",
    "seg": "por segundo",
    "min": "por minuto",
    "día": "por día",
    "d": "por día",
    "mes": "por mes",
    "año": "por año",
    "semana": "por semana",
    "kg": "por kilogramo",
    "l": "por litro",
    "m": "por metro",
    "m²": "por metro cuadrado",
    "m³": "por metro cúbico",
    "km": "por kilómetro",
    "km²": "por kilómetro cuadrado",
    "persona": "por persona",
    "g": "por gramo",
}

_CENTAVO, _CENTIMO, _PENIQUE = ("centavo", "centavos"), ("céntimo", "céntimos"), ("penique", "peniques")


def _coin(one: str, many: str = "", minor: tuple[str, str] = _CENTAVO, feminine: bool = False) -> Unit:
    return Unit(one, many or one + "s", feminine, minor)


MONEY = {
    "$": _coin("dólar", "dólares"),
    "us$": _coin("dólar estadounidense", "dólares estadounidenses"),
    "usd": _coin("dólar estadounidense", "dólares estadounidenses"),
    "€": _coin("euro", minor=_CENTIMO),
    "eur": _coin("euro", minor=_CENTIMO),
    "£": _coin("libra", minor=_PENIQUE, feminine=True),
    "gbp": _coin("libra esterlina", "libras esterlinas", _PENIQUE, True),
    "¥": _coin("yen", "yenes"),
    "jpy": _coin("yen", "yenes"),
    "₩": _coin("won", "wones"),
    "krw": _coin("won", "wones"),
    "r$": _coin("real", "reales"),
    "brl": _coin("real", "reales"),
    "mex$": _coin("peso mexicano", "pesos mexicanos"),
    "mxn": _coin("peso mexicano", "pesos mexicanos"),
    "ars": _coin("peso argentino", "pesos argentinos"),
    "clp": _coin("peso chileno", "pesos chilenos"),
    "cop": _coin("peso colombiano", "pesos colombianos"),
    "uyu": _coin("peso uruguayo", "pesos uruguayos"),
    "dop": _coin("peso dominicano", "pesos dominicanos"),
    "cup": _coin("peso cubano", "pesos cubanos"),
    "bop": _coin("peso boliviano", "pesos bolivianos"),
    "bob": _coin("boliviano"),
    "bs": _coin("bolívar", "bolívares"),
    "ves": _coin("bolívar", "bolívares"),
    "vef": _coin("bolívar", "bolívares"),
    "pen": _coin("sol", "soles"),
    "s/": _coin("sol", "soles"),
    "pyg": _coin("guaraní", "guaraníes"),
    "crc": _coin("colón costarricense", "colones costarricenses", _CENTIMO),
    "₡": _coin("colón", "colones", _CENTIMO),
    "svc": _coin("colón salvadoreño", "colones salvadoreños"),
    "gtq": _coin("quetzal", "quetzales"),
    "hnl": _coin("lempira"),
    "nio": _coin("córdoba", feminine=True),
    "c$": _coin("córdoba", feminine=True),
    "pab": _coin("balboa"),
    "ttd": _coin("dólar de trinidad y tobago", "dólares de trinidad y tobago"),
    "hkd": _coin("dólar de hong kong", "dólares de hong kong"),
    "cad": _coin("dólar canadiense", "dólares canadienses"),
    "aud": _coin("dólar australiano", "dólares australianos"),
    "nzd": _coin("dólar neozelandés", "dólares neozelandeses"),
    "jmd": _coin("dólar jamaicano", "dólares jamaicanos"),
    "bzd": _coin("dólar beliceño", "dólares beliceños"),
    "sgd": _coin("dólar de singapur", "dólares de singapur"),
    "chf": _coin("franco suizo", "francos suizos", _CENTIMO),
    "fr": _coin("franco", minor=_CENTIMO),
    "ptas": _coin("peseta", minor=_CENTIMO, feminine=True),
    "pta": _coin("peseta", minor=_CENTIMO, feminine=True),
    "kr": _coin("corona", minor=("öre", "öre"), feminine=True),
    "sek": _coin("corona sueca", "coronas suecas", feminine=True),
    "nok": _coin("corona noruega", "coronas noruegas", feminine=True),
    "dkk": _coin("corona danesa", "coronas danesas", feminine=True),
    "czk": _coin("corona checa", "coronas checas", feminine=True),
    "rub": _coin("rublo", minor=("kopek", "kopeks")),
    "₽": _coin("rublo", minor=("kopek", "kopeks")),
    "inr": _coin("rupia", feminine=True),
    "₹": _coin("rupia", feminine=True),
    "cny": _coin("yuan", "yuanes"),
    "try": _coin("lira turca", "liras turcas", feminine=True),
    "₺": _coin("lira", feminine=True),
    "₪": _coin("séquel", "séqueles"),
    "₿": _coin("bitcoin"),
    "¢": Unit("centavo", "centavos"),
    "pln": _coin("zloty"),
    "php": _coin("peso filipino", "pesos filipinos"),
    "₱": _coin("peso"),
    "htg": _coin("gourde"),
    "thb": _coin("bat"),
    "zar": _coin("rand"),
}
MAGNITUDES = {
    "mil": ("mil", "mil"),
    "millón": ("millón", "millones"),
    "millones": ("millón", "millones"),
    "mill.": ("millón", "millones"),
    "billón": ("billón", "billones"),
    "billones": ("billón", "billones"),
    "trillón": ("trillón", "trillones"),
    "trillones": ("trillón", "trillones"),
    "millon": ("millón", "millones"),
    "billon": ("billón", "billones"),
}
ABBREVIATIONS = {
    "dr.": "doctor",
    "dra.": "doctora",
    "sr.": "señor",
    "sra.": "señora",
    "srta.": "señorita",
    "sres.": "señores",
    "d.": "don",
    "dª": "doña",
    "d.ª": "doña",
    "dña.": "doña",
    "prof.": "profesor",
    "profa.": "profesora",
    "lic.": "licenciado",
    "ing.": "ingeniero",
    "arq.": "arquitecto",
    "gral.": "general",
    "cap.": "capítulo",
    "sto.": "santo",
    "sta.": "santa",
    "ud.": "usted",
    "uds.": "ustedes",
    "vd.": "usted",
    "vds.": "ustedes",
    "etc.": "etcétera",
    "p. ej.": "por ejemplo",
    "p.ej.": "por ejemplo",
    "pág.": "página",
    "págs.": "páginas",
    "núm.": "número",
    "nº": "número",
    "n.º": "número",
    "no.": "número",
    "tel.": "teléfono",
    "av.": "avenida",
    "avda.": "avenida",
    "c/": "calle",
    "esq.": "esquina",
    "pza.": "plaza",
    "plza.": "plaza",
    "pl.": "plaza",
    "dcha.": "derecha",
    "izq.": "izquierda",
    "izda.": "izquierda",
    "depto.": "departamento",
    "dpto.": "departamento",
    "apdo.": "apartado",
    "aprox.": "aproximadamente",
    "máx.": "máximo",
    "mín.": "mínimo",
    "ee. uu.": "estados unidos",
    "ee.uu.": "estados unidos",
    "ee uu": "estados unidos",
    "a. c.": "antes de cristo",
    "a.c.": "antes de cristo",
    "d. c.": "después de cristo",
    "d.c.": "después de cristo",
    "a. de c.": "antes de cristo",
    "d. de c.": "después de cristo",
    "vol.": "volumen",
    "art.": "artículo",
    "cía.": "compañía",
    "s. a.": "S A",
    "ptas.": "pesetas",
    "s.m.": "su majestad",
    "hnos.": "hermanos",
    "kgs.": "kilogramos",
    "km.": "kilómetros",
    "fig.": "figura",
    "ej.": "ejemplo",
    "admón.": "administración",
    "gob.": "gobierno",
    "tte.": "teniente",
    "cnel.": "coronel",
    "pdte.": "presidente",
    "ntra.": "nuestra",
    "sr": "señor",
    "sra": "señora",
    "dr": "doctor",
    "dra": "doctora",
    "rte.": "remitente",
    "s.a.": "S A",
    "p.d.": "posdata",
    "vs.": "contra",
}
TITLES = frozenset(
    "dr. dra. sr. sra. srta. sres. d. dña. d.ª prof. profa. lic. ing. arq. gral. cap. sto. sta. pág. págs. núm. no. tel. av. "
    "avda. esq. pza. pl."
    "art. vol. fig. p.ej. ntra. tte. cnel.".split()
) | {"p. ej."}

SIGN_NAMES = {
    "-": "menos",
    "−": "menos",
    "–": "menos",
    "+": "más",
    "±": "más menos",
    "~": "unos",
    "≈": "unos",
    "<": "menor que",
    ">": "mayor que",
    "≤": "como máximo",
    "≥": "como mínimo",
    "#": "número",
    "%": "por ciento",
    "‰": "por mil",
    "&": "y",
    "@": "arroba",
    "=": "igual a",
    "€": "euro",
    "$": "dólar",
    "£": "libra",
    "¥": "yen",
    "§": "sección",
    "°": "grados",
    "×": "por",
    "÷": "entre",
    "/": "barra",
    "→": "a",
    "∞": "infinito",
    "µ": "micro",
    "²": "al cuadrado",
    "³": "al cubo",
    "≠": "distinto de",
    "©": "copyright",
}

_DENOMINATORS = {
    2: "medio",
    3: "tercio",
    4: "cuarto",
    5: "quinto",
    6: "sexto",
    7: "séptimo",
    8: "octavo",
    9: "noveno",
    10: "décimo",
    100: "centésimo",
    1000: "milésimo",
    10_000: "diezmilésimo",
    100_000: "cienmilésimo",
    1_000_000: "millonésimo",
    10_000_000: "diezmillonésimo",
    100_000_000: "cienmillonésimo",
}


def _fraction(top: int, bottom: int) -> str:
    name = _DENOMINATORS.get(bottom, "")
    if not name and 10 < bottom < 100:
        word = cardinal(bottom, CODE).replace(" y ", "i").replace("dós", "dos").replace("trés", "tres").replace("séis", "seis")
        name = (word[:-1] if word[-1] in "ao" else word) + "avo"
    elif not name and bottom < 1000 and bottom % 100 == 0:
        name = ordinal(bottom, CODE)
    elif not name and bottom % 1000 == 0 and 1000 < bottom < 10_000:
        name = cardinal(bottom // 1000, CODE) + "milésimo"
    if not name:
        return f"{cardinal(top, CODE)} sobre {cardinal(bottom, CODE)}"
    if bottom == 2 and top == 1:
        return "medio"
    return f"{es_short(cardinal(top, CODE))} {name}{'' if top == 1 else 's'}"


def _mixed(number: int, top: int, bottom: int) -> str:
    return f"{cardinal(number, CODE)} y {_fraction(top, bottom)}"


def _fraction_digits(text: str) -> str:
    """Digits behind a comma in twos, as Spaniards read them; a pair that begins with 0 digit by digit."""
    spoken: list[str] = []
    for place in range(0, len(text), 2):
        pair = text[place : place + 2]
        spoken.append(digits(pair, CODE) if pair[0] == "0" or len(text) > 8 else cardinal(int(pair), CODE))
    return " ".join(spoken)


def _counted(number: int, unit: Unit) -> str:
    words = cardinal(number, CODE)
    if unit.one == "por ciento":
        return words
    return es_feminine(words) if unit.feminine else es_short(words)


def _date(day: int, month: str, years: str, before: str) -> str:
    spoken = ("primero" if day == 1 else cardinal(day, CODE)) + f" de {month}" if day else month
    return f"{spoken} de {cardinal(int(years), CODE)}" if years else spoken


_HALVES = {"am": "de la mañana", "pm": "de la tarde"}


def _clock(hour: int, minute: str, second: str, half: str) -> str:
    name = es_feminine(cardinal(hour, CODE))
    if second and (int(second) or int(minute)):
        return (
            f"{name} {'hora' if hour == 1 else 'horas'} {es_short(cardinal(int(minute), CODE))} "
            f"{'minuto' if int(minute) == 1 else 'minutos'} y "
            f"{es_short(cardinal(int(second), CODE))} {'segundo' if int(second) == 1 else 'segundos'}"
        )
    past = int(minute) if minute else 0
    spoken = name + (
        "" if not past else " y cuarto" if past == 15 else " y media" if past == 30 else f" y {cardinal(past, CODE)}"
    )
    if half:
        part = (
            "de la noche"
            if half == "am" and hour == 12 or half == "pm" and 8 <= hour < 12
            else "de la tarde"
            if half == "pm"
            else "de la mañana"
        )
        spoken += f" {part}"
    return spoken


TONGUE = Tongue(
    CODE,
    SIGN_NAMES,
    MONTHS,
    _DAYS,
    UNITS,
    PER,
    {"²": "{} cuadrado", "³": "{} cúbico"},
    MONEY,
    MAGNITUDES,
    ABBREVIATIONS,
    TITLES,
    "coma",
    _fraction,
    _mixed,
    _fraction_digits,
    _date,
    _clock,
    _counted,
    of_magnitude="de ",
    spell=True,
    roman_nouns=frozenset(
        "siglo siglos capítulo tomo volumen parte acto escena guerra libro título clase fase artículo sección mundial".split()
    ),
    roman_names=lambda value, name: _royal(value, name),
    acronyms=frozenset("onu otan unesco nasa sida ovni renfe fifa uefa unicef opep pyme inem láser".split()),
    many_millions="millones de euros",
    point="punto",
    version="versión",
    to="a",
)
_RULES = Continental(TONGUE)

OPENERS = frozenset(
    """el la los las un una unos unas yo tú él ella nosotros ellos ellas y pero o si cuando como que qué quién dónde por
    porque no sí hoy mañana ayer en con sin para de desde hasta este esta ese esa mi mis tu tus su sus se me te nos
    ahora aquí allí entonces luego""".split()
)
COUNTED = TONGUE.roman_nouns
WATCHED = (
    frozenset(key.rstrip(".") for key in ABBREVIATIONS)
    | frozenset(_DAYS)
    | frozenset(
        {
            *(key for key in (*MONTHS, *_DAYS) if len(key) < 4),
            *(code for code in MONEY if code.isalpha()),
            "v",
            "version",
            "versión",
            *_MONTHS,
            "siglo",
            "sr",
            "sra",
            "dr",
            "dra",
            "ee",
        }
        - {"mar", "bs", "sol", "ese"}
    )
)


def _royal(value: int, name: str) -> str:
    """A ruler's number: in order up to ten, counted above; feminine where the name is."""
    if value > 10:
        return cardinal(value, CODE)
    spoken = ordinal(value, CODE)
    return spoken[:-1] + "a" if is_queen(name) else spoken


def _gendered(number: int, ending: str) -> str:
    spoken = ordinal(number, CODE)
    if ending in ("er", "ᵉʳ"):
        spoken = {11: "decimoprimero", 13: "decimotercero"}.get(number, spoken)
        return spoken[:-1] if spoken.endswith(("primero", "tercero")) else spoken
    if ending in ("ª", "a", "ra", "da", "ta", "ma", "va", "na"):
        words = spoken.split()
        return " ".join((word[:-1] + "a") if word.endswith("o") else word for word in words)
    return spoken


_FEMININE = re.compile(r"(?:a|as|ción|ciones|sión|siones|dad|dades|tud|tudes|manos?|fotos?|motos?|veces|vez)$")
_MASCULINE = frozenset(
    "día días mapa mapas problema problemas tema temas sistema sistemas programa programas clima idioma idiomas "
    "poema poemas planeta planetas drama dramas".split()
)
_NO_NOUNS = frozenset(
    "de del y o u e a al en que por con sin se es son el la los las lo no ni si para como hasta desde contra sobre entre era "
    "fue más menos mil millones millón".split()
)


def _counted_noun(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A number that agrees with the noun behind it: "21 libros", "200 chicas"."""
    digits_only = re.sub(r"[. \u00a0]", "", match["n"])
    number, noun = int(digits_only), scan.next_word(match.end()).lower()
    agrees = number % 10 == 1 and number % 100 != 11 or number % 1000 >= 200 or number % 1_000_000 >= 200_000
    named = noun in MONEY or noun in UNITS or noun in MONTHS or noun in MAGNITUDES
    if (
        not agrees
        or named
        or noun in _NO_NOUNS
        or len(noun) < 3
        or digits_only[0] == "0"
        or (number != 1 and not noun.endswith("s"))
    ):
        return None
    feminine = bool(_FEMININE.search(noun)) and noun not in _MASCULINE
    spoken = cardinal(number, CODE)
    return Spoken(es_feminine(spoken) if feminine else es_short(spoken))


def _grouped_telephone(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """Nine digits in groups, behind a word for a telephone or beginning as Spanish numbers do."""
    groups = match[0].split()
    phone = scan.last_word().lower().rstrip(".") in ("tel", "tfno", "tlf", "teléfono", "móvil", "fax", "llame", "llama")
    if sum(map(len, groups)) != 9 or not phone and {len(group) for group in groups} == {3}:
        return None
    return Spoken(", ".join(digits(group, CODE) for group in groups), kind="telephone")


def _ordinal(match: "re.Match[str]", scan: Scan) -> Spoken:
    return Spoken(_gendered(int(re.sub(r"\D", "", match["n"])), match["th"].lower()))


def _ordinal_roman(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """A Roman numeral that is the whole text is an ordinal."""
    if scan.text.strip() != match[0] or len(match[0]) > 5 or match[0] in "CDMLI":
        return None
    return Spoken(ordinal(roman_value(match[0]), CODE))


def _month_first(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    if not 1 <= int(match["d"]) <= 31:
        return None
    return Spoken(_date(int(match["d"]), MONTHS[match["month"].lower()], match["y"] or "", ""))


def _time(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    return _RULES._clock(match, scan)


def _hours(match: "re.Match[str]", scan: Scan) -> Spoken | None:
    """Hours with minutes, as they are written in Spain: "2 h 30 min"."""
    if match["s"]:
        return Spoken(_clock(int(match["h"]), match["m"], match["s"], ""))
    return Spoken(_clock(int(match["h"]), match["m"], "", ""))


def _zone(match: "re.Match[str]", scan: Scan) -> Spoken:
    offset = match["offset"]
    spoken = match["zone"].upper()
    if offset:
        hours, _, minutes = offset[1:].partition(":")
        spoken += f" {'menos' if offset[0] in '-−' else 'más'} {cardinal(int(hours), CODE)}" + (
            f" {cardinal(int(minutes), CODE)}" if minutes else ""
        )
    return Spoken(spoken)


def _short_telephone(match: "re.Match[str]", scan: Scan) -> str:
    groups = re.findall(r"\d+|[^\W\d_]+", match[0])
    return " ".join(
        "ochocientos" if group == "800" else digits(group, CODE) if group.isdecimal() else group for group in groups
    )


def _extended(match: "re.Match[str]", scan: Scan) -> str:
    country = cardinal(int(match["country"]), CODE) if len(match["country"]) == 2 else digits(match["country"], CODE)
    spoken = f"más {country}, " + ", ".join(digits(group, CODE) for group in re.findall(r"\d+", match["rest"]))
    return spoken + (f", extensión {digits(match['ext'], CODE)}" if match["ext"] else "")


_Z = r"(?:\s?(?P<zone>(?:est|pst|cst|edt|pdt|cet|utc|gmt)(?![-−+\w])))?"
_AM = r"(?:\s?(?P<half>[ap]\.?\s?m\b\.?))"
ADDRESSES, NUMBERS, LETTERS, SIGNED, SIGNS = _RULES.rules(
    [
        rule(
            "time",
            r"(?P<h>\d{1,2})[:.](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?\s?(?:h(?:s|oras)?\b|" + _AM[4:-1] + r")" + _Z,
            lambda m, s: _time(m, s),
            re.IGNORECASE,
        ),
        rule("time", r"(?P<h>\d{1,2})" + _AM + _Z + r"(?P<m>)(?P<s>)", _time, re.IGNORECASE),
        rule("time", r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?P<half>)(?![\d:])" + _Z, _time, re.IGNORECASE),
        rule(
            "time", r"(?P<h>[01]?\d|2[0-4])\.(?P<m>[0-5]\d)(?P<s>)(?P<half>)(?![\d.,])(?!\s?[€$£%])" + _Z, _time, re.IGNORECASE
        ),
        rule(
            "time",
            r"(?P<h>\d{1,2})\s?h(?:oras)?\s(?P<m>\d{1,2})\s?min(?:utos)?(?:\s(?P<s>\d{1,2})\s?s(?:eg)?)?(?!\w)",
            _hours,
            re.IGNORECASE,
        ),
        rule(
            "ordinal",
            r"(?P<n>\d{1,3}(?:[. ]\d{3})*|\d+)\.?(?P<th>ᵉʳ|[ºª°](?!\s?[cf]\b)|(?<!\.)(?:er|ro|do|to|mo|vo|no|ra|da|ta|"
            r"ma|va|na)(?!\w))(?![\w])",
            _ordinal,
            re.IGNORECASE,
        ),
        rule("ordinal", r"(?P<n>\d{1,3})\.(?P<th>er)(?!\w)", _ordinal, re.IGNORECASE),
        rule("telephone", r"[6-9]\d{1,2}(?:\s\d{2,3}){2,3}(?!\s?\d)(?!\w)", _grouped_telephone),
        rule("cardinal", r"(?P<n>\d{1,3}(?:[. \u00a0]\d{3})+|\d+)(?=\s[a-záéíóúñ]{3,})", _counted_noun),
        rule("telephone", r"0-\d{3}-[^\W_]+(?!\w)", _short_telephone),
    ],
    [
        rule(
            "date",
            r"(?P<month>"
            + "|".join(sorted(_MONTHS, key=len, reverse=True))
            + r")\s(?P<d>\d{1,2})(?!\w)(?:,?\s(?:de\s|del\s)?(?P<y>\d{4})\b)?",
            _month_first,
            re.IGNORECASE,
        ),
        rule("time", r"(?P<zone>gmt|utc)(?P<offset>[-−+]\d{1,2}(?::\d{2})?)?(?!\w)", _zone, re.IGNORECASE),
        rule("abbreviation", r"s\.\s?(?=[IVX]{1,5}\b)", lambda m, s: Spoken("siglo", title=True)),
        rule("roman", r"[IVXLCDM]{1,6}(?!\w)", _ordinal_roman),
    ],
    [
        rule(
            "telephone",
            r"\+(?P<country>\d{1,3})\s?(?P<rest>\(?\d{2,4}\)?(?:[ .-]\d{2,5}){2,3}?)(?:-(?P<ext>\d{2}))?(?!\w)",
            _extended,
        )
    ],
)
SIGNED = [
    rule("telephone", r"\+(?P<country>\d{1,3})\s?(?P<rest>\(?\d{2,4}\)?\s?\d{3}-\d{4})(?:-(?P<ext>\d{1,4}))?(?!\w)", _extended),
    *SIGNED,
]
