"""Spanish, French, Italian and Portuguese for Kokoro: from gruut's phonemes to those that the model learned.

The model learned these languages from transcriptions in the style of espeak-ng: stress before the stressed vowel, one letter
for an affricate or a falling diphthong. gruut's lexicons have that stress for Spanish and Italian; for French and Portuguese
it is set here by rule.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from unicodedata import normalize

from voiceact.engines.embedded.text import PRIMARY_STRESS, VOWELS
from voiceact.engines.kokoro.lexicon import SILENT, Spelling

SECONDARY_STRESS = "ˌ"
NASAL = "\N{COMBINING TILDE}"


@dataclass(frozen=True)
class Language:
    """How a language is read.

    Attributes:
        name: in English
        package: data package of gruut
        part: folder of the lexicon within it
        phonemes: (word in small letters, its spelling) -> phonemes of the model
        letters: names of the letters of an initialism, a to z, spelt
        signs: sign -> word
        numbers: language code of num2words
        aligned: whether `phonemes` needs to know which letters a phoneme stands for
        elided: what stands before an apostrophe -> phonemes, where it is not read by the rule
        exceptions: word -> phonemes, where the lexicon is wrong
        links: word -> consonant that it gets before a vowel
        closed: words that begin with a vowel, or a silent h, and take no such consonant
        calibration: sentence by which a voice's own pitch and loudness are measured
    """

    name: str
    package: str
    part: str
    phonemes: Callable[[str, Spelling], str]
    letters: str
    signs: dict[str, str]
    numbers: str
    calibration: str
    aligned: bool = False
    elided: dict[str, str] = field(default_factory=dict)
    exceptions: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    closed: re.Pattern[str] | None = None


# Phonemes


def _joined(spelling: Spelling) -> str:
    """Return a spelling's phonemes without the signs that part them."""
    return "".join(phonemes.replace("|", "") for _, phonemes in spelling if phonemes != SILENT)


def _replace(phonemes: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        phonemes = phonemes.replace(old, new)
    return phonemes


def _stress_guess(phonemes: str, *, last: bool) -> str:
    """Stress a word of two vowels or more that has no stress: its last vowel, else the one before it."""
    # "i" and "u" before another vowel are no syllable.
    weak = [letter in "iu" and after in VOWELS for letter, after in zip(phonemes, f"{phonemes[1:]} ", strict=False)]
    vowels = [place for place, letter in enumerate(phonemes) if letter in VOWELS and not weak[place]]
    if PRIMARY_STRESS in phonemes or SECONDARY_STRESS in phonemes or len(vowels) < 2:
        return phonemes
    place = vowels[-1 if last else -2]
    return phonemes[:place] + PRIMARY_STRESS + phonemes[place:]


_SPANISH = (("tʃ", "ʧ"), ("ɾɾ", "r"), ("aɪ", "I"), ("eɪ", "A"), ("aʊ", "W"), ("g", "ɡ"))


def _spanish(word: str, spelling: Spelling) -> str:
    return _stress_guess(_replace(_joined(spelling), _SPANISH), last=word[-1] not in "aeiouns")


_ITALIAN = (("\N{COMBINING BRIDGE BELOW}", ""), ("tʃ", "ʧ"), ("dʒ", "ʤ"), ("ts", "ʦ"), ("dz", "ʣ"), ("g", "ɡ"))


def _italian(word: str, spelling: Spelling) -> str:
    return _stress_guess(_replace(_joined(spelling), _ITALIAN), last=word[-1] in "àèéìòù")


_FRENCH_VOWEL = re.compile(f"[aeiouyɑɔɛøœ]{NASAL}?")
_FRENCH_WEAK = frozenset(
    "le la les l de des du un une et ou où à a au aux en y que qui qu ne n se s me m te t je j tu il ils elle elles on nous"
    " vous ce c sa son ses ma mon mes ta ton tes si est es ai as ont dans par pour sur avec sans chez lui leur leurs nos vos"
    " notre votre cette cet ces quel quelle mais car ni donc sont suis".split()
)
"""words that French does not stress"""


def _french(word: str, spelling: Spelling) -> str:
    phonemes = _joined(spelling).replace("ɥ", "y").replace("g", "ɡ")
    vowels = [match.start() for match in _FRENCH_VOWEL.finditer(phonemes)]
    if word in _FRENCH_WEAK or not vowels:
        return phonemes
    return phonemes[: vowels[-1]] + PRIMARY_STRESS + phonemes[vowels[-1] :]


_LINKS = {
    **dict.fromkeys("les des ces mes tes ses nos vos nous vous ils elles aux deux trois dix six chez sans".split(), "z"),
    **dict.fromkeys("dans très plus moins plusieurs quelques leurs autres mêmes grands petits belles bons".split(), "z"),
    **dict.fromkeys("un on mon ton son en aucun bien rien".split(), "n"),
    **dict.fromkeys("est sont ont était étaient fait quand petit grand tout cet vingt cent".split(), "t"),
}
_CLOSED = re.compile(
    r"(h[ée]ros|haut|haine|hais|halte|hamac|handicap|hanche|hangar|hant|hardi|haricot|harnais|hasard|hâte|hausse|héris|hernie|"
    r"hibou|hideu|hiérarch|hollande|homard|honte|hoquet|hors|houle|huit|hurl|hutte|onz|oui|ouistiti|yaourt|yacht|yeti|ya)"
)
"""beginnings of words behind which nothing is linked or elided"""


_PORTUGUESE_WEAK = frozenset(
    "o a os as um e de do da dos das em no na nos nas que se me te lhe nem por com à às ao aos ou mas".split()
)
_PORTUGUESE_OPEN = re.compile(r"(?:[aeo]s?|[ae]m|ens)$")
"""endings of words that are stressed on the syllable before the last, where no accent says otherwise"""
_PORTUGUESE_VOWEL = re.compile(r"[aeiouɐɔɛ]")
_PORTUGUESE = (
    (f"ɐ{NASAL}w{NASAL}", f"ɐ{NASAL}ʊ{NASAL}"),
    (f"ɐ{NASAL}j{NASAL}", f"ɐ{NASAL}ɪ{NASAL}"),
    (f"o{NASAL}j{NASAL}", f"o{NASAL}j"),
    (f"e{NASAL}j{NASAL}", "Aŋ"),
    (f"u{NASAL}j{NASAL}", "wiŋ"),
    ("aj", "I"),
    ("aw", "W"),
    ("ej", "A"),
    ("ɔj", "Y"),
    ("ew", "eʊ"),
    ("ɛw", "ɛʊ"),
    ("iw", "iʊ"),
    ("oj", "oɪ"),
    ("uj", "uɪ"),
    ("tʃ", "ʧ"),
    ("dʒ", "ʤ"),
    ("ʁ", "x"),
    ("ʎ", "lj"),
    ("ɹ", "ɾ"),
    ("g", "ɡ"),
)
_PORTUGUESE_NASAL = re.compile(f"([aeiouɐ]){NASAL}(?=(.?))")


def _portuguese(word: str, spelling: Spelling) -> str:
    """Read a word of Brazilian Portuguese: gruut's lexicon has neither stress nor the two qualities of "a"."""
    # Some nasal vowels are one character, others two; the model knows the tilde alone.
    parts = [
        [letters, "" if phonemes == SILENT else normalize("NFD", phonemes.replace("|", ""))] for letters, phonemes in spelling
    ]
    nuclei = [place for place, (_, phonemes) in enumerate(parts) if _PORTUGUESE_VOWEL.search(phonemes)]
    if not nuclei:
        return _replace("".join(phonemes for _, phonemes in parts), _PORTUGUESE)

    # An accent says which vowel is stressed, a tilde too where there is no accent; else the ending does.
    marked = [place for place in nuclei if re.search("[áéíóúâêô]", parts[place][0])]
    marked = marked or [place for place in nuclei[-1:] if re.search("[ãõ]", parts[place][0])]
    before = 2 if _PORTUGUESE_OPEN.search(word) else 1
    stressed = marked[0] if marked else nuclei[-min(before, len(nuclei))]
    weak = word in _PORTUGUESE_WEAK

    # Only at the end of a word "a" is reduced.
    for place in nuclei:
        if place == stressed and not weak or place != nuclei[-1] or len(parts[place][1]) > 1:
            parts[place][1] = re.sub(f"ɐ(?!{NASAL})", "a", parts[place][1])
        elif parts[place][1] in ("i", "u"):
            parts[place][1] = {"i": "ɪ", "u": "ʊ"}[parts[place][1]]
    if not weak:
        vowel = _PORTUGUESE_VOWEL.search(parts[stressed][1])
        assert vowel
        parts[stressed][1] = parts[stressed][1][: vowel.start()] + PRIMARY_STRESS + parts[stressed][1][vowel.start() :]
    phonemes = _replace("".join(phonemes for _, phonemes in parts), _PORTUGUESE)
    return _PORTUGUESE_NASAL.sub(_nasal_vowel, phonemes)


def _nasal_vowel(match: re.Match[str]) -> str:
    """Write a nasal vowel as espeak-ng does: with the nasal consonant that belongs to what follows."""
    vowel, following = match[1], match[2]
    if vowel == "ɐ" and (not following or following in "ʊɪs"):
        return match[0]
    if vowel == "o" and following == "j":
        return match[0]
    consonant = "" if following and following in "nmɲ" else "m" if following and following in "pb" else "ŋ"
    written = f"ɐ{NASAL}" if vowel == "ɐ" else "A" if vowel == "e" and consonant else vowel
    return written + consonant


LANGUAGES = {
    "es": Language(
        "Spanish",
        "gruut_lang_es",
        "espeak",
        _spanish,
        "a be ce de e efe ge hache i jota ka ele eme ene o pe cu erre ese te u uve uve·doble equis ye zeta",
        {"%": "por ciento", "&": "y", "+": "más", "=": "igual a", "@": "arroba", "€": "euros", "$": "dólares"},
        "es",
        "La tetera está en el segundo estante, y la taza azul está a su lado.",
    ),
    "fr": Language(
        "French",
        "gruut_lang_fr",
        "",
        _french,
        "a bé cé dé e effe gé ache i ji ka elle emme enne o pé ku erre esse té u vé double·vé ixe i·grec zède",
        {"%": "pour cent", "&": "et", "+": "plus", "=": "égale", "@": "arobase", "€": "euros", "$": "dollars"},
        "fr",
        "La bouilloire est sur la deuxième étagère, et la tasse bleue est à côté.",
        elided={"j": "ʒ", "c": "s", "qu": "k", "jusqu": "ʒysk", "lorsqu": "lɔʁsk", "puisqu": "pyisk", "quelqu": "kɛlk"},
        exceptions={"ne": "nə", "ce": "sə", "bus": "bˈys"},
        links=_LINKS,
        closed=_CLOSED,
    ),
    "it": Language(
        "Italian",
        "gruut_lang_it",
        "espeak",
        _italian,
        "a bi ci di e effe gi acca i gei cappa elle emme enne o pi cu erre esse ti u vu doppia·vu ics ipsilon zeta",
        {"%": "per cento", "&": "e", "+": "più", "=": "uguale a", "@": "chiocciola", "€": "euro", "$": "dollari"},
        "it",
        "Il bollitore è sul secondo scaffale, e la tazza blu è accanto.",
        elided={"c": "ʧ"},
    ),
    "pt": Language(
        "Portuguese",
        "gruut_lang_pt",
        "",
        _portuguese,
        "a bê cê dê é efe gê agá i jota cá ele eme ene ó pê quê erre esse tê u vê dáblio xis ípsilon zê",
        {"%": "por cento", "&": "e", "+": "mais", "=": "igual a", "@": "arroba", "€": "euros", "$": "dólares"},
        "pt_BR",
        "A chaleira fica na segunda prateleira, e a xícara azul fica ao lado.",
        aligned=True,
    ),
}
"""language code -> how it is read"""
