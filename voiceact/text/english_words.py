"""What English readers know by heart: months, titles, abbreviations, units, money, initialisms, sounds."""

MONTHS = {
    name[:3].lower(): name
    for name in ("January February March April May June July August September October November December").split()
} | {"sept": "September"}
DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "tues": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "thur": "Thursday",
    "thurs": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}

TITLES = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "prof": "professor",
    "st": "saint",
    "mt": "mount",
    "ft": "fort",
    "gen": "general",
    "gov": "governor",
    "sen": "senator",
    "rep": "representative",
    "capt": "captain",
    "lt": "lieutenant",
    "col": "colonel",
    "sgt": "sergeant",
    "cmdr": "commander",
    "rev": "reverend",
    "hon": "honorable",
    "pres": "president",
    "supt": "superintendent",
    "cpl": "corporal",
    "maj": "major",
    "adm": "admiral",
    "fr": "father",
    "msgr": "monsignor",
    "mme": "madame",
    "messrs": "messieurs",
    "pvt": "private",
    "insp": "inspector",
    "atty": "attorney",
}
"""said before a name; the full stop behind them ends no sentence"""

STREETS = {
    "st": "street",
    "ave": "avenue",
    "av": "avenue",
    "blvd": "boulevard",
    "rd": "road",
    "ln": "lane",
    "hwy": "highway",
    "pkwy": "parkway",
    "expy": "expressway",
    "dr": "drive",
    "ct": "court",
    "pl": "place",
    "sq": "square",
    "ter": "terrace",
    "cir": "circle",
    "fwy": "freeway",
    "rte": "route",
    "aly": "alley",
    "plz": "plaza",
}
COMPASS = {
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
    "ne": "northeast",
    "nw": "northwest",
    "se": "southeast",
    "sw": "southwest",
}
STATES = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
    "DC": "D C",
}

ABBREVIATIONS = {
    "approx.": "approximately",
    "al.": "al",
    "asst.": "assistant",
    "attn.": "attention",
    "attn:": "attention",
    "avg.": "average",
    "temp.": "temperature",
    "mgr.": "manager",
    "mgmt.": "management",
    "excl.": "excluding",
    "qty.": "quantity",
    "hrs.": "hours",
    "yrs.": "years",
    "lbs.": "pounds",
    "acct.": "account",
    "appt.": "appointment",
    "natl.": "national",
    "gov't": "government",
    "int'l": "international",
    "r.i.p.": "R I P",
    "assn.": "association",
    "ave.": "avenue",
    "bldg.": "building",
    "blvd.": "boulevard",
    "bros.": "brothers",
    "ca.": "circa",
    "cf.": "compare",
    "corp.": "corporation",
    "dept.": "department",
    "e.g.": "for example",
    "esp.": "especially",
    "est.": "established",
    "et al.": "and others",
    "etc.": "et cetera",
    "etc": "et cetera",
    "govt.": "government",
    "hwy.": "highway",
    "i.e.": "that is",
    "inc.": "incorporated",
    "incl.": "including",
    "jr.": "junior",
    "jr": "junior",
    "ltd.": "limited",
    "max.": "maximum",
    "min.": "minimum",
    "misc.": "miscellaneous",
    "pkwy.": "parkway",
    "rd.": "road",
    "sr.": "senior",
    "univ.": "university",
    "viz.": "namely",
    "vs.": "versus",
    "vs": "versus",
    "w/o": "without",
    "w/": "with",
    "aka": "also known as",
    "a.k.a.": "also known as",
    "cont'd": "continued",
    "intl.": "international",
    "ln.": "lane",
    "mfg.": "manufacturing",
    "n.b.": "nota bene",
    "p.s.": "P S",
    "r.s.v.p.": "R S V P",
    "tbsp.": "tablespoon",
    "tsp.": "teaspoon",
    "a.s.a.p.": "as soon as possible",
    "dr.": "doctor",
    "mr.": "mister",
    "mrs.": "missus",
    "co.": "company",
    "apt.": "apartment",
    "ste.": "suite",
    "fl.": "floor",
    "b/c": "because",
    "btw": "by the way",
    "b.s.": "B S",
    "ph.d.": "PHD",
    "ph.d": "PHD",
    "phd": "PHD",
    "m.sc.": "MSC",
    "b.sc.": "BSC",
}
"""said so wherever they stand; with their full stop where they need one to be told from a word"""
NUMBERED = {
    "no": "number",
    "nos": "numbers",
    "fig": "figure",
    "figs": "figures",
    "ch": "chapter",
    "chap": "chapter",
    "vol": "volume",
    "vols": "volumes",
    "p": "page",
    "pp": "pages",
    "pg": "page",
    "sec": "section",
    "sect": "section",
    "art": "article",
    "ed": "edition",
    "op": "opus",
    "ex": "exercise",
    "eq": "equation",
    "par": "paragraph",
    "pt": "part",
    "tel": "telephone",
    "ext": "extension",
    "apt": "apartment",
    "rm": "room",
    "bk": "book",
    "nr": "number",
    "ver": "version",
    "hwy": "highway",
    "rte": "route",
}
"""abbreviations only before a number, for without one most are words"""

UNITS = {
    "km": ("kilometer", "kilometers"),
    "m": ("meter", "meters"),
    "cm": ("centimeter", "centimeters"),
    "dm": ("decimeter", "decimeters"),
    "mm": ("millimeter", "millimeters"),
    "µm": ("micrometer", "micrometers"),
    "nm": ("nanometer", "nanometers"),
    "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"),
    "µg": ("microgram", "micrograms"),
    "mcg": ("microgram", "micrograms"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "fl oz": ("fluid ounce", "fluid ounces"),
    "fl. oz": ("fluid ounce", "fluid ounces"),
    "fl. oz.": ("fluid ounce", "fluid ounces"),
    "ft": ("foot", "feet"),
    "yd": ("yard", "yards"),
    "yds": ("yard", "yards"),
    "mi": ("mile", "miles"),
    "in.": ("inch", "inches"),
    "l": ("liter", "liters"),
    "L": ("liter", "liters"),
    "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"),
    "cl": ("centiliter", "centiliters"),
    "dl": ("deciliter", "deciliters"),
    "hl": ("hectoliter", "hectoliters"),
    "gal": ("gallon", "gallons"),
    "qt": ("quart", "quarts"),
    "tsp": ("teaspoon", "teaspoons"),
    "tbsp": ("tablespoon", "tablespoons"),
    "cc": ("cubic centimeter", "cubic centimeters"),
    "ha": ("hectare", "hectares"),
    "h": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "s": ("second", "seconds"),
    "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"),
    "ns": ("nanosecond", "nanoseconds"),
    "yr": ("year", "years"),
    "yrs": ("year", "years"),
    "mpg": ("mile per gallon", "miles per gallon"),
    "mph": ("mile per hour", "miles per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "Hz": ("hertz", "hertz"),
    "hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "kB": ("kilobyte", "kilobytes"),
    "KB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"),
    "PB": ("petabyte", "petabytes"),
    "kb": ("kilobit", "kilobits"),
    "Kb": ("kilobit", "kilobits"),
    "Mb": ("megabit", "megabits"),
    "Gb": ("gigabit", "gigabits"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "Kbps": ("kilobit per second", "kilobits per second"),
    "mbps": ("megabit per second", "megabits per second"),
    "Mbps": ("megabit per second", "megabits per second"),
    "gbps": ("gigabit per second", "gigabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "W": ("watt", "watts"),
    "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"),
    "GW": ("gigawatt", "gigawatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "MWh": ("megawatt hour", "megawatt hours"),
    "V": ("volt", "volts"),
    "kV": ("kilovolt", "kilovolts"),
    "mV": ("millivolt", "millivolts"),
    "mA": ("milliampere", "milliamperes"),
    "mAh": ("milliampere hour", "milliampere hours"),
    "Ω": ("ohm", "ohms"),
    "J": ("joule", "joules"),
    "kJ": ("kilojoule", "kilojoules"),
    "cal": ("calorie", "calories"),
    "kcal": ("kilocalorie", "kilocalories"),
    "Pa": ("pascal", "pascals"),
    "hPa": ("hectopascal", "hectopascals"),
    "kPa": ("kilopascal", "kilopascals"),
    "psi": ("P S I", "P S I"),
    "bar": ("bar", "bars"),
    "dB": ("decibel", "decibels"),
    "db": ("decibel", "decibels"),
    "lm": ("lumen", "lumens"),
    "rpm": ("R P M", "R P M"),
    "fps": ("frame per second", "frames per second"),
    "dpi": ("D P I", "D P I"),
    "px": ("pixel", "pixels"),
    "hp": ("horsepower", "horsepower"),
    "K": ("kelvin", "kelvins"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
    "pct": ("percent", "percent"),
    "%": ("percent", "percent"),
    "‰": ("per mille", "per mille"),
    "bpm": ("beat per minute", "beats per minute"),
    "sqft": ("square foot", "square feet"),
    "ac": ("acre", "acres"),
    "t": ("ton", "tons"),
    "kt": ("knot", "knots"),
    "kn": ("kilonewton", "kilonewtons"),
    "N": ("newton", "newtons"),
    "Nm": ("newton meter", "newton meters"),
    "pt": ("pint", "pints"),
    "pts": ("point", "points"),
    "wk": ("week", "weeks"),
    "wks": ("week", "weeks"),
    "mo": ("month", "months"),
    "mos": ("month", "months"),
    "d": ("day", "days"),
    "bn": ("billion", "billion"),
    "mm²": ("square millimeter", "square millimeters"),
}
GLUED_UNITS = frozenset(("d", "t", "K", "N", "pt", "wk", "mo", "ac", "W", "J", "hl", "kn", "kt"))
"""read as units only right behind the number, or where nothing that is a word could be meant"""
PER = {
    "s": "second",
    "sec": "second",
    "min": "minute",
    "h": "hour",
    "hr": "hour",
    "d": "day",
    "day": "day",
    "wk": "week",
    "week": "week",
    "mo": "month",
    "month": "month",
    "yr": "year",
    "y": "year",
    "year": "year",
    "kg": "kilogram",
    "g": "gram",
    "lb": "pound",
    "l": "liter",
    "L": "liter",
    "ml": "milliliter",
    "dl": "deciliter",
    "m": "meter",
    "m²": "square meter",
    "m³": "cubic meter",
    "km": "kilometer",
    "km²": "square kilometer",
    "gal": "gallon",
    "person": "person",
    "pers": "person",
    "oz": "ounce",
    "ft": "foot",
    "hour": "hour",
    "night": "night",
    "mi": "mile",
    "unit": "unit",
    "cm": "centimeter",
    "f": "F",
}

CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "US$": ("U S dollar", "U S dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₩": ("won", "won", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₽": ("ruble", "rubles", "kopeck", "kopecks"),
    "₺": ("lira", "lira", "kurus", "kurus"),
    "₪": ("shekel", "shekels", "agora", "agorot"),
    "₫": ("dong", "dong", "", ""),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "₴": ("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "฿": ("baht", "baht", "satang", "satang"),
    "₦": ("naira", "naira", "kobo", "kobo"),
    "₱": ("peso", "pesos", "centavo", "centavos"),
    "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "R$": ("real", "reais", "centavo", "centavos"),
    "Rs": ("rupee", "rupees", "paisa", "paise"),
    "USD": ("U S dollar", "U S dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("British pound", "British pounds", "penny", "pence"),
    "JPY": ("yen", "yen", "", ""),
    "CHF": ("Swiss franc", "Swiss francs", "rappen", "rappen"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "CNY": ("yuan", "yuan", "fen", "fen"),
    "RMB": ("yuan", "yuan", "fen", "fen"),
    "INR": ("rupee", "rupees", "paisa", "paise"),
    "SEK": ("Swedish krona", "Swedish kronor", "ore", "ore"),
    "NOK": ("Norwegian krone", "Norwegian kroner", "ore", "ore"),
    "DKK": ("Danish krone", "Danish kroner", "ore", "ore"),
    "MXN": ("Mexican peso", "Mexican pesos", "centavo", "centavos"),
    "KRW": ("won", "won", "", ""),
    "BRL": ("real", "reais", "centavo", "centavos"),
    "RUB": ("ruble", "rubles", "kopeck", "kopecks"),
    "¢": ("cent", "cents", "", ""),
    "kr": ("krona", "kronor", "ore", "ore"),
    "zł": ("zloty", "zloty", "grosz", "groszy"),
}
MAGNITUDES = {
    "k": "thousand",
    "K": "thousand",
    "m": "million",
    "M": "million",
    "mn": "million",
    "mil": "million",
    "MM": "million",
    "b": "billion",
    "B": "billion",
    "bn": "billion",
    "bil": "billion",
    "t": "trillion",
    "T": "trillion",
    "tn": "trillion",
    "thousand": "thousand",
    "million": "million",
    "billion": "billion",
    "trillion": "trillion",
    "hundred": "hundred",
}

CARDINAL_NOUNS = frozenset(
    """chapter part act scene section volume vol book phase article mark type level stage class grade bowl apollo gemini
    fantasy episode round rocky war title appendix figure table unit series season step tier category group division
    verse canto exhibit lesson module paragraph clause amendment schedule item question problem theorem lemma case
    region sector zone line gospel corinthians thessalonians cranial factor quadrant trek wars godfather terminator
    rambo symphony sonata concerto opus gen generation version model mk world saturn titan century age dynasty""".split()
)
"""nouns that are counted: "Chapter IV" is chapter four"""
RULERS = frozenset(
    """pope king queen emperor tsar czar prince henry louis edward george william charles james richard elizabeth napoleon
    pius benedict leo paul ramses frederick philip alexander nicholas catherine ivan umberto emmanuel gustav christian
    ferdinand victor mary john peter gregory urban clement innocent alfonso carlos felipe francis franz joseph leopold
    albert haakon olav harald margaret anne juan pedro otto conrad rudolf maximilian matthias ludwig wilhelm darius
    xerxes ptolemy mehmed murad selim suleiman robert david malcolm kenneth stephen constantine justinian theodosius
    sixtus boniface adrian celestine sam tom thurston rutherford davis loudon cosimo lorenzo""".split()
)
"""names that are numbered in order: "Henry VIII" is Henry the eighth"""
ROMAN_FOLLOWERS = frozenset("of opens begins ends tells closes ruled reigned died abdicated conquered ascended".split())
"""words that show a single "I" behind a name or noun to be a numeral"""

INITIALISMS = frozenset(
    """BA FBI CIA NSA USA UK EU UN UAE USSR TV PC CD DVD ID IQ HQ VIP CEO CFO CTO COO MBA PHD BBC CNN NBC CBS ABC HBO ESPN NFL
    NBA MLB NHL IBM HP AMD CPU GPU USB HTML HTTP HTTPS URL XML JSON SQL API PDF FAQ DIY RIP RSVP ATM PIN GPS SUV ER ICU
    MRI CT DNA RNA HIV EMT IRS DMV DEA ATF LAPD NYPD SOS FYI BTW OMG LOL WTF IDK TBH AKA DJ MC PR HR AI VR AR ML OS IP
    ISP PM CEST CET EST PST CST MST EDT PDT CDT MDT GMT UTC BST AD BC BCE CE UCLA MIT NYU AARP ACLU NAACP ISBN VHS WWI
    WWII UFO UPS USPS DHL BMW VW GM MTV RPG FPS NPC LED LCD OLED RGB HDMI VPN SSD RAM ROM SMS MMS GDP IPO NGO PTSD ADHD
    OCD EKG ECG IV STD STI IVF LGBT LGBTQ UV AC DC RV LP EP MP PE PT OT VAT QA RN LA DC NY SF NYC JFK MLK FDR LBJ AWOL
    ASAP WHO EMS EMP CSI SVU BLT PB PMS UTI OTC SSN DOB DOA MIA KIA POW XL XXL XS GOP DNC RNC HOA AAA AA TNT BYOB TGIF
    IOU PG ETA ETD VCR DVR WMD ICBM IED RPM MPH MPG BMI BLM EPA FDA CDC NIH NPR PBS SNL GTA""".split()
) - {"AWOL", "WHO", "PIN", "RAM", "ROM", "IV", "LA", "MIA", "AC"}
"""capitals that are spelt wherever they stand"""
ACRONYMS = frozenset(
    "NASA NATO UNICEF UNESCO FIFA UEFA OPEC SWAT NASDAQ ASCII AIDS SARS COVID IKEA LEGO NAFTA OSHA NOAA DARPA RADAR SONAR "
    "LASER "
    "SCUBA YOLO FOMO BASIC COBOL FORTRAN JPEG PIN RAM ROM SIM GIF MIDI CAPTCHA FEMA IMAX MENSA NVIDIA CUDA ASEAN INTERPOL "
    "MASH NIMBY POTUS SCOTUS FLOTUS AWOL CERN NORAD JAXA PETA BAFTA ISIS BIOS GUI LAN WAN DOS RAID GLAAD TASER ANZAC BREXIT "
    "NASCAR SIDS MERS YAML QANTAS FIAT SAAB TESOL TOEFL".split()
)
"""capitals that are said as a word, without stress"""
LOWER_INITIALISMS = frozenset(
    "tv dvd cd usb pdf html url http https www fbi cia dna abc phd omg wtf lol btw idk gps atm api sql gpu cpu "
    "dj uk usa imho imo fyi faq diy".split()
)
SHORT_WORDS = frozenset(
    """a i am an as at be by do eh go ha he hi ho if in is it me my no of oh ok on or ow so to uh um up us we ah aw ye yo
    ace act add ado age ago aid aim air ale all and ant any ape apt arc are ark arm art ash ask ate awe axe bad bag ban
    bar bat bay bed bee beg bet bid big bin bit boo bow box boy bro bud bug bum bun bus but buy bye cab can cap car cat
    cop cow cry cub cup cut dad dam day den dew did die dig dim dip dog dot dry due dug dye ear eat egg ego end era eve
    eye fan far fat fax fed fee few fig fin fit fix fly fog for fox fry fun fur gap gas get god got gum gun gut guy gym
    had ham has hat hay hen her hey hid him hip his hit hog hop hot how hub hug huh hum hut ice icy ill ink inn ion its
    ivy jam jar jaw jay jet job joy jug key kid kin kit lab lad lap law lay led leg let lid lie lip lit log lot low mad
    man map mat may men met mix mob mom mop mud mug mum nap net new nod nor not now nut oak odd off oil old one our out
    owe owl own pad pal pan paw pay pea pen pet pie pig pit pop pot pro pub pup put rag ran rat raw ray red rib rid rim
    rip rob rod rot row rub rug run rye sad sat saw say sea see set sew sex she shy sin sip sir sit six sky sly son sow
    spa spy sum sun tab tag tan tap tax tea ten the tie tin tip toe ton too top toy try tub two use van vet via vow war
    was wax way web wed wet who why wig win wit woe won wow yay yep yes yet you zip zoo aha nah hmm ugh""".split()
)
"""capitals of up to three letters that are words, stressed"""

SOUNDS = {
    "sh": "ʃ",
    "hm": "hmm",
    "m": "m",
    "mhm": "əmhˈəm",
    "mmhm": "əmhˈəm",
    "br": "bˈɚ",
    "gr": "ɡˈɚ",
    "er": "ˈɚ",
    "pst": "pst",
    "pft": "pft",
    "tsk": "tsk",
    "tch": "tʃ",
    "z": "z",
    "ugh": "ˈʌɡ",
    "argh": "ˈɑɹɡ",
    "ah": "ˈɑ",
    "a": "ˈɑ",
    "oh": "ˈoʊ",
    "o": "ˈoʊ",
    "oo": "ˈu",
    "ow": "ˈaʊ",
    "uh": "ˈʌ",
    "um": "ˈʌm",
    "eh": "ˈɛ",
    "ew": "ˈiju",
    "ar": "ˈɑɹ",
    "s": "s",
    "f": "f",
    "hng": "hˈəŋ",
    "ng": "ˈəŋ",
    "n": "n",
    "hrm": "hˈəm",
    "hmph": "hˈəmf",
    "hmpf": "hˈəmf",
    "v": "v",
    "r": "ˈɚ",
    "x": "ks",
    "h": "h",
    "aw": "ˈɔ",
    "ei": "ˈi",
}
"""interjections without a spelling of their own, in IPA, each letter written once"""
UNHELD = frozenset("pst pft tsk tch ugh argh x".split())
UNSPELT = frozenset("shh hmm grr brr mmm psst pfft tsk argh zzz hmph mhm mm pst pft tch hrm hm sh brrr grrr hng mmhmm".split())
"""interjections that would be spelt or misread by their letters; the others are held words"""

DOUBLED = frozenset(
    """soon too see need feel good look cool room all well kiss keep sleep week been seen free three tree agree feet meet
    sweet green queen deep book cook took foot food mood moon noon school fool pool tool door poor floor blood zoo boo
    moo igloo bee fee knee less mess miss boss loss pass class glass grass cross dress press stress bless guess call
    fall ball tall small wall hall kill will still bill hill fill full pull bull doll roll hell tell sell spell smell
    yell bell off stuff staff egg add odd happy funny sorry hello really little better letter matter dinner summer
    pretty hurry coffee sleepy creepy freeze please geez sheesh jeez baboon tonight yippee whoopee yahoo shoo whoo woo
    ooh""".split()
) - {"please", "tonight"}
"""words whose letter is written twice anyway"""
HELD_PAIRS = {
    "noo": "no",
    "soo": "so",
    "goo": "go",
    "yess": "yes",
    "whaat": "what",
    "yoo": "yo",
    "hii": "hi",
    "mee": "me",
    "wee": "we",
    "okayy": "okay",
    "heyy": "hey",
    "byee": "bye",
    "loove": "love",
    "pleease": "please",
}
STUTTER_PREFIXES = frozenset(
    "co re de ex un bi di tri pre pro sub non in no so go ha hi my do be to am is it up he we me non an all "
    "self pre anti semi multi".split()
)
CLAUSE_OPENERS = frozenset(
    """the a an he she it they we you i this that these those there then but and or so if when while as my his her its
    their our your what who why how where not no yes in on at for with after before""".split()
)
"""words that begin a sentence rather than follow an abbreviation in the middle of one"""

PAIRED = frozenset("boeing airbus flight room highway route suite apartment interstate bus".split())
"""nouns whose number is said in twos: "Room 101" is one oh one"""
