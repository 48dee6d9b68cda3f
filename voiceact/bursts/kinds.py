"""Kinds of vocal bursts, after LAION's VocalBurst taxonomy, and the words of a line that ask for them.

>>> find_burst("sighs").laion, find_burst("laughs nervously").laion, find_burst("shrugs")
('Relief Sigh', 'Nervous Giggle', None)
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from voiceact.errors import UnknownNameError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of vocal burst.

    Attributes:
        id: LAION's name in lower case with underlines
        laion: LAION's name
        labels: labels of EmoGator whose clips may be of this kind
        seconds: least and most duration of the clip
        voiced: least and most share of voiced frames
        pulses: least and most number of rises of the level by 6 dB
        pitch: least and most median F0, in semitones from the contributor's own; not asked of a mostly unvoiced kind
        level: loudness beside the persona's neutral speech, in dB; own choice, for the recordings are not calibrated
    """

    id: str
    laion: str
    labels: tuple[str, ...]
    seconds: tuple[float, float]
    voiced: tuple[float, float]
    pulses: tuple[int, int]
    pitch: tuple[float, float] = (-24.0, 24.0)
    level: float = 0.0


def _kind(
    laion: str, labels: str, *ranges: tuple[float, float], pitch: tuple[float, float] = (-24.0, 24.0), level: float = 0.0
) -> Kind:
    seconds, voiced, pulses = ranges
    name = laion.casefold().replace(" ", "_")
    return Kind(name, laion, tuple(labels.split(", ")), seconds, voiced, (int(pulses[0]), int(pulses[1])), pitch, level)


KINDS = {
    kind.id: kind
    for kind in (
        _kind("Chuckle", "Amusement", (0.5, 1.5), (0.3, 0.8), (2, 6), pitch=(-6, 3), level=-2),
        _kind("Breathy Giggle", "Amusement, Elation", (0.5, 1.6), (0.2, 0.6), (3, 9), pitch=(2, 12), level=-2),
        _kind("Guffaw", "Amusement, Elation, Triumph", (0.8, 2.5), (0.45, 1.0), (2, 9), pitch=(0, 16), level=4),
        _kind("Nervous Giggle", "Embarrassment", (0.4, 1.6), (0.2, 0.8), (2, 8), pitch=(-2, 12), level=-2),
        _kind("Snicker", "Amusement, Contempt", (0.4, 1.4), (0.0, 0.35), (3, 9), level=-6),
        _kind("Sobs", "Sadness, Distress", (0.8, 2.5), (0.5, 1.0), (3, 9), pitch=(0, 14), level=1),
        _kind("Quiet Sob", "Sadness", (0.5, 2.0), (0.1, 0.6), (2, 7), level=-6),
        _kind("Mournful Wail", "Sadness, Distress", (0.8, 2.5), (0.7, 1.0), (1, 3), pitch=(2, 18), level=3),
        _kind("Trembling Whimper", "Fear, Distress, Sadness", (0.5, 2.0), (0.6, 1.0), (2, 7), pitch=(4, 16), level=-4),
        _kind("Deep Breath", "Relief, Serenity, Contentment", (0.8, 2.3), (0.0, 0.1), (1, 2), level=-10),
        _kind("Panting", "Fear, Distress, Desire", (0.7, 2.5), (0.0, 0.3), (3, 9), level=-8),
        _kind("Contented Sigh", "Contentment, Serenity", (0.6, 2.0), (0.2, 0.8), (1, 2), pitch=(-6, 3), level=-5),
        _kind("Exasperated Sigh", "Disappointment, Anger", (0.5, 1.8), (0.0, 0.5), (1, 2), level=-3),
        _kind("Relief Sigh", "Relief", (0.6, 2.0), (0.0, 0.6), (1, 2), level=-4),
        _kind("Wistful Sigh", "Desire, Sadness", (0.7, 2.2), (0.1, 0.7), (1, 2), pitch=(-6, 6), level=-6),
        _kind("Fearful Gasp", "Fear", (0.2, 0.9), (0.0, 0.5), (1, 2), level=-4),
        _kind("Surprised Gasp", "Surprise (Negative), Surprise (Positive)", (0.2, 0.9), (0.0, 0.5), (1, 2), level=-4),
        _kind("Sharp Inhale", "Pain, Awe", (0.2, 0.8), (0.0, 0.1), (1, 1), level=-8),
        _kind("Exhausted Groan", "Disappointment, Sadness, Relief", (0.7, 2.2), (0.6, 1.0), (1, 2), pitch=(-8, 0), level=-3),
        _kind("Frustrated Groan", "Anger, Disappointment", (0.5, 1.8), (0.6, 1.0), (1, 3), pitch=(-3, 9), level=2),
        _kind("Pain Moan", "Pain", (0.5, 2.0), (0.7, 1.0), (1, 3), pitch=(0, 14), level=0),
        _kind("Affirmative Grunt", "Interest, Pride", (0.2, 0.8), (0.7, 1.0), (1, 2), pitch=(-6, 4), level=-4),
        _kind("Displeased Grunt", "Disgust, Contempt", (0.2, 0.8), (0.4, 1.0), (1, 2), pitch=(-8, 3), level=-2),
        _kind("Effort Grunt", "Pain, Triumph", (0.2, 0.6), (0.5, 1.0), (1, 1), pitch=(-4, 10), level=2),
        _kind("Growl", "Anger", (0.5, 2.0), (0.3, 0.9), (1, 3), pitch=(-12, -1), level=2),
        _kind("Soft Hum", "Contentment, Serenity", (0.5, 2.0), (0.9, 1.0), (1, 2), pitch=(-6, 4), level=-6),
        _kind("Resonant Hum", "Realization, Confusion, Interest", (0.3, 1.5), (0.9, 1.0), (1, 2), pitch=(-8, 2), level=-4),
        _kind("Snort", "Contempt", (0.2, 0.8), (0.0, 0.35), (1, 2), level=-4),
        _kind("Scream", "Fear, Distress", (0.6, 2.2), (0.8, 1.0), (1, 2), pitch=(9, 30), level=7),
        _kind(
            "Shriek", "Surprise (Negative), Fear, Surprise (Positive)", (0.3, 1.0), (0.7, 1.0), (1, 2), pitch=(9, 30), level=6
        ),
    )
}
"""id -> kind; which clips are of a kind is what its contributor was asked to express and these measures, not a listener"""

CLOSED_MOUTH = frozenset(("soft_hum", "resonant_hum", "affirmative_grunt", "snort"))
"""kinds that are made with the lips together, for mouth shapes; own choice"""
RISE_DB = 6.0
"""of the level, that counts as a pulse"""
_WORDS = {
    r"laugh(?:s|ter)?": "chuckle",
    r"chuckles?": "chuckle",
    r"giggles?": "breathy_giggle",
    r"guffaws?": "guffaw",
    r"(?:snickers?|sniggers?)": "snicker",
    r"(?:sobs?|cry|cries|weeps?)": "sobs",
    r"wails?": "mournful_wail",
    r"whimpers?": "trembling_whimper",
    r"(?:pants?)": "panting",
    r"sighs?": "relief_sigh",
    r"gasps?": "surprised_gasp",
    r"(?:inhales?|breathes? in)": "sharp_inhale",
    r"(?:breathes?|takes? a(?: deep)? breath|deep breath)": "deep_breath",
    r"groans?": "frustrated_groan",
    r"moans?": "pain_moan",
    r"grunts?": "displeased_grunt",
    r"growls?": "growl",
    r"hums?": "soft_hum",
    r"(?:scoffs?|snorts?)": "snort",
    r"screams?": "scream",
    r"shrieks?": "shriek",
}
"""word -> the kind that it asks for alone"""
_QUALIFIED = (
    (r"laughs?|giggles?|chuckles?", r"nervous|embarrass|awkward", "nervous_giggle"),
    (r"laughs?", r"loud|heart|hyster|guffaw", "guffaw"),
    (r"laughs?", r"giddy|giddily|bright|breath", "breathy_giggle"),
    (r"sobs?|cry|cries|weeps?", r"quiet|soft|silent", "quiet_sob"),
    (r"sighs?", r"content|happ|peace|dream", "contented_sigh"),
    (r"sighs?", r"exasperat|frustrat|annoy|wear|tired|heav|irritab|irritat", "exasperated_sigh"),
    (r"sighs?", r"long|wist|sad", "wistful_sigh"),
    (r"gasps?", r"fear|terr|horr|fright|afraid", "fearful_gasp"),
    (r"groans?", r"wear|tired|exhaust", "exhausted_groan"),
    (r"groans?|moans?", r"pain|agon|hurt", "pain_moan"),
    (r"grunts?", r"affirm|agree|approv", "affirmative_grunt"),
    (r"grunts?", r"effort|strain", "effort_grunt"),
    (r"hums?", r"thought|doubt|ponder", "resonant_hum"),
    (r"breathes?", r"heav|fast|quick|hard", "panting"),
)  # fmt: skip
"""word, root of a further word, and the kind that both ask for"""
_BY_CATEGORY = {
    "relief_sigh": {
        "contentment": "contented_sigh", "longing": "wistful_sigh", "sadness": "wistful_sigh", "disappointment": "wistful_sigh",
        "impatience_and_irritability": "exasperated_sigh", "anger": "exasperated_sigh",
        "fatigue_exhaustion": "exasperated_sigh",
    },
    "surprised_gasp": {"fear": "fearful_gasp", "distress": "fearful_gasp"},
    "chuckle": {"embarrassment": "nervous_giggle", "elation": "breathy_giggle"},
    "frustrated_groan": {"fatigue_exhaustion": "exhausted_groan", "pain": "pain_moan"},
}  # fmt: skip
"""kind that a bare word asks for -> category of the line -> kind that it then asks for"""
_FURTHER = re.compile(r"(?:\w+ly|(?:a|an|of|in|with|at|to|from|into|again|deep|heavy|long|little|soft|quiet|nervous)\b).*")
_NAMED = re.compile(r"(?:vocal )?burst\s*[:= ]\s*(?P<name>.+)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def find_burst(words: str) -> Kind | None:
    """Find the kind of burst that the words of a tag ask for; None if they ask for none.

    Understood are a verb in its plain form or third person with what qualifies it ("sighs", "she laughs nervously", "sigh of
    relief"), LAION's name of a kind ("Nervous Giggle"), and `burst:` before a name.

    Args:
        words: what stands in the tag

    Raises:
        UnknownNameError: if `burst:` stands before a name of no kind
    """
    plain = " ".join(words.casefold().replace("_", " ").strip(" .…").split())
    if match := _NAMED.fullmatch(plain):
        return get_kind(match["name"])
    plain = re.sub(r"^(?:he|she|they|i) ", "", plain)
    if (kind := KINDS.get(plain.replace(" ", "_"))) is not None:
        return kind
    for word, name in _WORDS.items():
        match = re.fullmatch(rf"(?P<word>{word})(?: (?P<more>.+))?", plain)
        if match is None or (match["more"] and not _FURTHER.fullmatch(match["more"])):
            continue
        for head, root, qualified in _QUALIFIED:
            if match["more"] and re.fullmatch(head, match["word"]) and re.search(rf"\b(?:{root})", match["more"]):
                return KINDS[qualified]
        return KINDS[name]
    return None


def get_kind(name: str) -> Kind:
    """Return a kind by its id, LAION's name, or the word that asks for it.

    Raises:
        UnknownNameError: if there is none, with the nearest
    """
    plain = " ".join(name.casefold().replace("_", " ").split())
    kind = KINDS.get(plain.replace(" ", "_"))
    kind = kind or (find_burst(plain) if not _NAMED.fullmatch(plain) else None)
    if kind is None:
        raise UnknownNameError(
            "vocal burst", name, [kind.laion.casefold() for kind in KINDS.values()], "docs/bursts.md lists all"
        )
    return kind


def fit_kind(kind: Kind, category: str | None) -> Kind:
    """Return the kind that a bare word asks for in a line of a category: a sigh of longing is wistful."""
    return KINDS[_BY_CATEGORY.get(kind.id, {}).get(category or "", kind.id)]


def count_rises(level: "NDArray[np.floating]") -> int:
    """Count how often the level rises by 6 dB after it fell by 6 dB; the first rise counts."""
    rises, low, high, rising = 0, float(level[0]), float(level[0]), False
    for value in level:
        if rising:
            high = max(high, float(value))
            if value < high - RISE_DB:
                rising, low = False, float(value)
        else:
            low = min(low, float(value))
            if value > low + RISE_DB:
                rising, high, rises = True, float(value), rises + 1
    return max(rises, 1)
