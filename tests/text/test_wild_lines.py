"""Lines as people write them, each with what a reader says."""

import pytest

from voiceact.text import speak

LINES = [
    ("en", "Open Mon.-Fri. 9-5.", "Open Monday to Friday nine to five."),
    ("en", "Call Mon-Thu only.", "Call Monday to Thursday only."),
    ("en", "20 mpg at 220 V", "twenty miles per gallon at two hundred and twenty volts"),
    ("en", "Add ¾ lb of it and 1 1/2 oz of salt.", "Add three quarters pound of it and one and one half ounces of salt."),
    ("en", "2½ km more", "two and a half kilometers more"),
    ("en", "About 3 ft. of snow fell.", "About three feet of snow fell."),
    ("en", "5 in. of rain fell.", "five inches of rain fell."),
    ("en", "It is 6'2\" or 5'9 tall.", "It is six foot two or five foot nine tall."),
    ("en", "Vol. XII and ch. IV", "volume twelve and chapter four"),
    ("en", "Take Hwy 61.", "Take highway sixty one."),
    ("en", "1000s of people, 100s of dogs", "thousands of people, hundreds of dogs"),
    ("en", "about 1.5e-3 of it", "about one point five times ten to the power of minus three of it"),
    ("en", "10⁶ and 5²", "ten to the power of six and five squared"),
    ("en", "CO₂ and H₂O", "C O two and H two O"),
    ("en", "x² and m³", "X squared and cubic meters"),
    ("en", "She has 20/20 vision.", "She has twenty twenty vision."),
    ("en", "The 80/20 rule.", "The eighty twenty rule."),
    ("en", "c. 1500, the 5th c.", "circa fifteen hundred, the fifth century."),
    ("en", "in AD 1066", "in AD ten sixty six"),
    ("en", "on 15.06.2020", "on the fifteenth of June twenty twenty"),
    ("en", "2020-06-15T08:30:00Z", "June fifteenth twenty twenty eight thirty"),
    ("en", "Nice :) ;-) <3", "Nice"),
    ("en", "It costs 5p or 1p.", "It costs five pence or one penny."),
    ("en", "Sept. 3rd, '98", "September third, ninety eight"),
    ("en", "$45k in 2010, €3bn, 99¢", "forty five thousand dollars in twenty ten, three billion euros, ninety nine cents"),
    ("de", "am 3. Oktober 1990, heute", "am dritten Oktober neunzehnhundertneunzig, heute"),
    ("de", "Er ist der 2., sie die 3.", "Er ist der zweite, sie die dritte."),
    ("de", "in den 90ern, die 1980er", "in den neunzigern, die neunzehnhundertachtziger"),
    ("de", "ein 3-jähriges Kind, das 20-fache, 3x", "ein dreijähriges Kind, das zwanzigfache, dreimal"),
    ("de", "5 Min., 10 Sek. und 1 Std. später", "fünf Minuten, zehn Sekunden und eine Stunde später"),
    ("de", "Heinrich VIII. und Ludwig XIV. kamen", "Heinrich der achte und Ludwig der vierzehnte kamen"),
    ("de", "S. 12 ff.", "Seite zwölf folgende."),
    ("de", "Hauptstr. 12a", "Hauptstraße zwölf A"),
    ("de", "Mo.-Fr. 9-17 Uhr", "Montag bis Freitag neun bis siebzehn Uhr"),
    ("de", "1914–1918", "neunzehnhundertvierzehn bis neunzehnhundertachtzehn"),
    ("de", "die ARD, das ZDF, die NATO", "die ARD, das ZDF, die nato"),
    ("de", "+49 89 123456", "plus vier neun, acht neun, eins zwei drei vier fünf sechs"),
    ("de", "#Urlaub mit @max", "Raute urlaub mit at max"),
    ("de", "am 24.12. oder am 1.1.", "am vierundzwanzigsten zwölften oder am ersten ersten."),
    ("es", "21 libros, 31 casas, 1 casa, 200 chicas", "veintiún libros, treinta y una casas, una casa, doscientas chicas"),
    ("es", "21 de mayo, 1 millón", "veintiuno de mayo, un millón"),
    ("es", "101 problemas, 201 canciones", "ciento un problemas, doscientas una canciones"),
    ("es", "Felipe VI y el 1.er puesto", "Felipe sexto y el primer puesto"),
    ("es", "el s. XV, vol. II, cap. IV", "el siglo quince, volumen dos, capítulo cuatro"),
    ("es", "1914-1918", "mil novecientos catorce a mil novecientos dieciocho"),
    ("es", "la ONU, el DNI, la UE", "la onu, el DNI, la UE"),
    ("es", "Tel. 91 123 45 67", "teléfono nueve uno, uno dos tres, cuatro cinco, seis siete"),
    ("es", "5 M€", "cinco millones de euros"),
    ("fr", "François Ier et la Ire", "François premier et la première"),
    ("fr", "5 M€ au XVe s.", "cinq millions d'euros au quinzième siècle."),
    ("fr", "vol. II, chap. IV", "volume deux, chapitre quatre"),
    ("fr", "1914-1918", "mille neuf cent quatorze à mille neuf cent dix-huit"),
    ("fr", "#vacances de @jean", "dièse vacances de arobase jean"),
]


@pytest.mark.parametrize(("language", "written", "spoken"), LINES)
def test_a_line_is_read(language: str, written: str, spoken: str) -> None:
    assert speak(written, language).spoken == spoken
