"""German, Spanish and French: what is said by class."""

import pytest

from voiceact.text import speak
from voiceact.text.comparison import comparable


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("Um 3 Uhr 15.", "Um drei Uhr fünfzehn."),
        ("8:30 Uhr", "acht Uhr dreißig"),
        ("am 24. Juli 2013", "am vierundzwanzigsten Juli zweitausenddreizehn"),
        ("02.03.1984", "zweiter März neunzehnhundertvierundachtzig"),
        ("12,50 €", "zwölf Euro fünfzig Cent"),
        ("1.234 Stück", "eintausendzweihundertvierunddreißig Stück"),
        ("3,14", "drei Komma eins vier"),
        ("-5 °C", "minus fünf Grad Celsius"),
        ("z. B. er", "zum Beispiel er"),
        ("Dr. Müller", "Doktor Müller"),
        ("3/4", "drei viertel"),
        ("120 km/h", "einhundertzwanzig Kilometer pro Stunde"),
        ("Der 2. Mann", "Der zweite Mann"),
        ("Ich bin 20. Er ist alt.", "Ich bin zwanzig. Er ist alt."),
        ("Kapitel IV", "Kapitel vier"),
        ("Elisabeth II", "Elisabeth die zweite"),
        ("Wilhelm I", "Wilhelm der erste"),
        ("1 kg", "ein Kilogramm"),
        ("1 h", "eine Stunde"),
        ("2 Mio. Menschen", "zwei Millionen Menschen"),
        ("50 %", "fünfzig Prozent"),
    ],
)
def test_german(line: str, spoken: str) -> None:
    assert speak(line, "de").spoken == spoken


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("5,50 €", "cinco euros cincuenta céntimos"),
        ("21 libros", "veintiún libros"),
        ("el 3 de mayo de 1999", "el tres de mayo de mil novecientos noventa y nueve"),
        ("1 h", "una hora"),
        ("21 km", "veintiún kilómetros"),
        ("200 m", "doscientos metros"),
        ("8:15", "ocho y cuarto"),
        ("3,14", "tres coma catorce"),
        ("Sr. López", "señor López"),
        ("1.ª", "primera"),
        ("3.º", "tercero"),
        ("1/3", "un tercio"),
        ("-8 °C", "menos ocho grados centígrados"),
        ("50 %", "cincuenta por ciento"),
        ("siglo XIX", "siglo diecinueve"),
        ("Isabel II", "Isabel segunda"),
        ("la reina Isabel II", "la reina Isabel segunda"),
        ("Isabel I de Castilla", "Isabel primera de Castilla"),
        ("Juana III", "Juana tercera"),
        ("Beatriz II", "Beatriz segunda"),
        ("Felipe II", "Felipe segundo"),
        ("Carlos V", "Carlos quinto"),
        ("Alfonso XIII", "Alfonso trece"),
        ("Isabel y yo", "Isabel y yo"),
        ("1.000", "mil"),
        ("2 millones de euros", "dos millones de euros"),
    ],
)
def test_spanish(line: str, spoken: str) -> None:
    assert speak(line, "es").spoken == spoken


@pytest.mark.parametrize(
    ("line", "spoken"),
    [
        ("14h30", "quatorze heures trente"),
        ("12,50 €", "douze euros cinquante centimes"),
        ("le 1er mai 1999", "le premier mai mille neuf cent quatre-vingt-dix-neuf"),
        ("3e", "troisième"),
        ("1/2", "un demi"),
        ("71 km", "soixante et onze kilomètres"),
        ("1 h", "une heure"),
        ("M. Dupont", "monsieur Dupont"),
        ("3,14", "trois virgule quatorze"),
        ("-5 °C", "moins cinq degrés Celsius"),
        ("50 %", "cinquante pour cent"),
        ("1 234", "mille deux cent trente-quatre"),
        ("Louis XIV", "Louis quatorze"),
        ("XIXe siècle", "dix-neuvième siècle"),
        ("02.03.2003", "deux mars deux mille trois"),
        ("chapitre IV", "chapitre quatre"),
        ("2 millions d'euros", "deux millions d'euros"),
    ],
)
def test_french(line: str, spoken: str) -> None:
    assert speak(line, "fr").spoken == spoken


@pytest.mark.parametrize("language", ["de", "es", "fr"])
@pytest.mark.parametrize(
    "line", ["N-no!", "[x] Ah.", "Nooo!", "a@b.com", "www.test.de", "+49 123-456", "NEIN DAS IST MEIN", "…", "—"]
)
def test_acting_and_markup_are_read_in_every_language(language: str, line: str) -> None:
    form = speak(line, language)
    assert not set("[]@+") & set(form.spoken)
    assert all(line[word.start : word.end] == word.written for word in form.words)


@pytest.mark.parametrize(
    ("language", "first", "second", "same"),
    [
        ("de", "zweihundertein Meter", "201 m", True),
        ("de", "vierundzwanzigster", "24.", True),
        ("de", "vierundzwanzig", "24.", False),
        ("es", "veintiuna", "veintiún", True),
        ("fr", "quatre-vingts", "80", True),
        ("en", "PM", "p.m.", True),
        ("en", "F B I", "FBI", True),
        ("en", "one hundred and five", "105", True),
        ("en", "fifteen", "50", False),
        ("de", "drei Kubikmeter", "3 m³", True),
        ("en", "twenty, one", "21", False),
    ],
)
def test_what_sounds_the_same_compares_the_same(language: str, first: str, second: str, same: bool) -> None:
    keys = [[unit.key for unit in comparable(text, language)] for text in (first, second)]
    assert (keys[0] == keys[1]) is same
