"""English words of one spelling and two sounds, told apart by their neighbours.

Where the neighbours say nothing, no pronunciation is given: the engine's own reader may know better.
"""

import re
from collections.abc import Callable

from voiceact.text.scan import Scan

_VERBAL = frozenset(
    """to will would can could should must may might shall do does did don't doesn't didn't won't wouldn't can't couldn't
    shouldn't cannot not never i you we they let's please who and'll i'll you'll we'll they'll he'll she'll it'll i'd
    you'd we'd they'd he'd she'd always often gonna wanna""".split()
)
"""a verb follows them"""
_NOMINAL = frozenset(
    """the a an this that these those my your his her its our their no any some each every another one two three four five
    six ten first last new old good bad great big little small own of in for with without by from on at broken vinyl
    such what which whose own same best worst whole annual big rock final track criminal official public science
    school world police parking game""".split()
)
"""a noun follows them"""
_OBJECTS = frozenset("it them him her us me the your my his our their against all".split())
"""behind a word that begins a sentence, they show it to be a verb"""
_PAST = re.compile(
    r"\b(?:yesterday|ago|last|was|were|had|did|didn't|once|earlier|twice|already|then|\w{2,}ed)\b", re.IGNORECASE
)
_HABIT = re.compile(
    r"\b(?:every|always|often|usually|sometimes|daily|rarely|seldom|nightly|whenever|tomorrow|now|mostly)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

Chooser = Callable[[str, str, str], str]
"""word before, word behind, whole sentence -> IPA, or "" where nothing is known"""


def homograph(word: str, scan: Scan, start: int, end: int) -> str:
    """Pronunciation of a homograph in its place; "" for other words, and where the neighbours do not tell."""
    choose = CHOOSERS.get(word)
    if choose is None:
        return ""
    text = scan.text
    before = re.search(r"([^\W\d_]+(?:['’][^\W\d_]+)*)[ \t\n\"“*_-]*$", text[max(0, start - 40) : start])
    behind = re.match(r"[ \t\n\"”*_-]*([^\W\d_]+(?:['’][^\W\d_]+)*)", text[end : end + 40])
    first = max((text.rfind(mark, 0, start) for mark in ".!?\n"), default=-1) + 1
    stops = [place for place in (text.find(mark, end) for mark in ".!?\n") if place >= 0]
    return choose(
        before[1].lower().replace("’", "'") if before else "",
        behind[1].lower() if behind else "",
        text[first : min(stops, default=len(text))],
    )


def _read(before: str, behind: str, sentence: str) -> str:
    if before in (
        "to",
        "will",
        "would",
        "can",
        "could",
        "should",
        "may",
        "might",
        "must",
        "do",
        "does",
        "did",
        "don't",
        "doesn't",
        "didn't",
        "let's",
        "please",
        "i'll",
        "you'll",
        "we'll",
        "they'll",
        "he'll",
        "she'll",
        "can't",
        "couldn't",
        "won't",
        "cannot",
        "shall",
        "never",
        "a",
        "good",
        "and",
        "or",
        "you",
        "people",
        "",
    ):
        return "" if before == "" and behind == "" else "ɹˈid"
    if before in (
        "have",
        "has",
        "had",
        "having",
        "was",
        "were",
        "been",
        "be",
        "is",
        "are",
        "being",
        "well",
        "i've",
        "you've",
        "we've",
        "they've",
        "he's",
        "she's",
        "haven't",
        "hasn't",
        "hadn't",
        "i'd",
        "just",
        "already",
        "ever",
        "he",
        "she",
        "it",
        "it's",
        "widely",
        "not",
    ):
        return "ɹˈɛd"
    if before in ("i", "we", "they", "who"):
        return "ɹˈid" if _HABIT.search(sentence) and not _PAST.search(sentence) else "ɹˈɛd"
    return "ɹˈɛd" if _PAST.search(sentence) else ""


def _lead(before: str, behind: str, sentence: str) -> str:
    metal = behind in (
        "pipe",
        "pipes",
        "paint",
        "poisoning",
        "poison",
        "bullet",
        "bullets",
        "weight",
        "weights",
        "shot",
        "balloon",
        "acid",
        "crystal",
        "glass",
        "apron",
        "pencil",
        "pencils",
        "ore",
        "mine",
        "mines",
        "coffin",
        "roof",
        "sheet",
    )
    metal = (
        metal
        or before in ("molten", "melted", "liquid", "solid", "contain", "contains")
        or bool(
            re.search(
                r"\b(?:like|as|of|with) lead\b(?! \w+(?:s|er)\b)|\blead (?:and|or) (?:zinc|copper|tin|iron|steel|"
                r"mercury|silver)|"
                r"(?:zinc|copper|tin|iron|steel|mercury|silver) (?:and|or) lead\b",
                sentence,
                re.IGNORECASE,
            )
            or re.search(r"\blead is (?:a )?(?:heavy|toxic|poisonous|soft|dense|metal|denser|heavier)", sentence, re.IGNORECASE)
        )
    )
    return "lˈɛd" if metal else "lˈid"


def _live(before: str, behind: str, sentence: str) -> str:
    if behind in (
        "music",
        "show",
        "shows",
        "broadcast",
        "concert",
        "concerts",
        "performance",
        "audience",
        "wire",
        "wires",
        "ammunition",
        "ammo",
        "rounds",
        "round",
        "bait",
        "tv",
        "television",
        "stream",
        "recording",
        "album",
        "version",
        "coverage",
        "animals",
        "animal",
        "feed",
        "band",
        "chat",
        "event",
        "events",
        "from",
        "on",
        "grenade",
        "fire",
        "chicken",
        "chickens",
        "oak",
    ) and (before not in _VERBAL or behind in ("music", "broadcast", "ammunition", "bait")):
        return (
            "lˈaɪv"
            if behind not in ("on", "from") or before in ("are", "is", "going", "we're", "you're", "coming", "it's")
            else ""
        )
    if before in (
        "broadcast",
        "broadcasting",
        "streamed",
        "streaming",
        "performed",
        "recorded",
        "aired",
        "coming",
        "going",
        "went",
        "go",
        "goes",
        "a",
        "sing",
        "sang",
        "played",
        "play",
        "playing",
    ):
        return "lˈaɪv"
    return "lˈɪv"


def _lives(before: str, behind: str, sentence: str) -> str:
    nominal = _NOMINAL | frozenset(
        "save saved saving lost lose losing human nine many all risk risked their our both cost ruined ruin "
        "take took private past changed change changes double innocent million thousand hundred".split()
    )
    return "lˈaɪvz" if before in nominal and before not in ("one", "that") else "lˈɪvz" if before else ""


def _wind(before: str, behind: str, sentence: str) -> str:
    return (
        "wˈaɪnd"
        if before in _VERBAL
        or before not in _NOMINAL
        and behind in ("up", "down", "it", "the", "your", "back")
        and (before in ("", "and", "then") or behind in ("up", "down"))
        and before not in ("cold", "north", "south", "west", "east")
        else "wˈɪnd"
    )


def _tear(before: str, behind: str, sentence: str) -> str:
    if re.search(
        r"wear and tear|tear in (?:the|his|her|my|your|its|their) (?:\w+ )?(?:fabric|paper|cloth|shirt|jacket|sleeve|"
        r"sail|dress|"
        r"coat|curtain|page|map|net|sheet|jeans|trousers|skirt)",
        sentence,
        re.IGNORECASE,
    ):
        return "tˈɛɹ"
    if before in _VERBAL or behind in (
        "up",
        "apart",
        "down",
        "off",
        "it",
        "them",
        "away",
        "through",
        "out",
        "into",
        "open",
        "this",
        "that",
        "me",
        "him",
        "us",
    ):
        return "tˈɛɹ"
    return "tˈɪɹ"


def _tears(before: str, behind: str, sentence: str) -> str:
    return (
        "tˈɛɹz"
        if before in ("he", "she", "it", "who", "that") or behind in ("up", "apart", "off", "it", "them", "me")
        else "tˈɪɹz"
    )


def _bow(before: str, behind: str, sentence: str) -> str:
    if re.search(
        r"\bbow (?:and|or) arrow|\bbow[- ]tie|\bin (?:a|her|his) (?:hair|bow)|\b(?:violin|cello|hunting|long|cross|"
        r"pink|red|ribbon|silk)"
        r" bow\b|\bstring|\barrow|\bribbon|\btied",
        sentence,
        re.IGNORECASE,
    ):
        return "bˈoʊ"
    if (
        before in _VERBAL
        or behind in ("down", "to", "before", "your", "my", "his", "her", "their", "our", "out", "low", "politely")
        or re.search(
            r"\b(?:take|took|taking|takes|make|made|with|deep|low|little|final) (?:a |his |her |one |your |another |"
            r"last |final |deep |low )*bow\b|"
            r"\bbow of|\bship|\bboat",
            sentence,
            re.IGNORECASE,
        )
    ):
        return "bˈaʊ"
    return "bˈoʊ" if before in ("a", "the", "his", "her", "my") else ""


def _close(before: str, behind: str, sentence: str) -> str:
    if before in ("always", "never", "often", "not") and not behind:
        return "klˈoʊs"
    if before in (
        "so",
        "too",
        "very",
        "quite",
        "really",
        "pretty",
        "how",
        "get",
        "got",
        "getting",
        "come",
        "came",
        "stay",
        "stand",
        "stood",
        "be",
        "was",
        "is",
        "are",
        "were",
        "a",
        "that's",
        "as",
        "it's",
        "hold",
        "keep",
        "kept",
        "held",
        "more",
        "sit",
        "my",
        "this",
        "up",
        "we're",
        "you're",
        "they're",
        "i'm",
        "no",
        "been",
        "drew",
        "any",
        "real",
    ):
        return "klˈoʊs"
    if behind in ("to", "by", "enough", "friend", "friends", "call", "range", "behind", "together", "at", "relative", "beside"):
        return (
            "klˈoʊs" if before not in _VERBAL or behind in ("to", "by", "enough") and before not in ("to", "will") else "klˈoʊz"
        )
    if (
        before in _VERBAL
        or behind
        in (
            "the",
            "your",
            "it",
            "that",
            "this",
            "my",
            "his",
            "her",
            "their",
            "our",
            "all",
            "every",
            "down",
            "both",
            "those",
            "these",
            "them",
            "a",
            "of",
        )
        or before in ("", "and", "then", "the")
    ):
        return "klˈoʊz"
    return ""


def _minute(before: str, behind: str, sentence: str) -> str:
    fine = behind in (
        "detail",
        "details",
        "amount",
        "amounts",
        "quantities",
        "quantity",
        "particles",
        "traces",
        "differences",
        "changes",
        "cracks",
        "scratches",
        "movements",
        "creatures",
    )
    return "maɪnjˈut" if fine else "mˈɪnət"


def _bass(before: str, behind: str, sentence: str) -> str:
    fish = before in ("sea", "largemouth", "striped", "smallmouth") or re.search(
        r"\b(?:fish|fishing|caught|catch|grilled|lake|river|ate|pond)\b", sentence, re.IGNORECASE
    )
    return "bˈæs" if fish else "bˈeɪs"


def _wound(before: str, behind: str, sentence: str) -> str:
    turned = behind in (
        "up",
        "down",
        "around",
        "round",
        "through",
        "its",
        "tight",
        "tightly",
        "back",
        "along",
    ) and before not in ("the", "a", "his", "her", "my", "open", "gunshot", "this", "that", "your", "old", "to", "deep")
    turned = (
        turned
        or behind in ("the", "his", "her", "a", "it", "them", "my")
        and before in ("he", "she", "they", "i", "we", "and", "it")
    )
    return "wˈaʊnd" if turned else "wˈund"


def _sow(before: str, behind: str, sentence: str) -> str:
    return "sˈaʊ" if before in ("the", "a", "old", "fat", "big") and behind not in ("seeds", "seed") else "sˈoʊ"


def _dove(before: str, behind: str, sentence: str) -> str:
    dived = (
        behind in ("in", "into", "off", "under", "for", "down", "headfirst", "deep", "behind", "deeper", "through")
        and before in ("he", "she", "they", "i", "we", "it", "who", "and", "then", "you")
        or behind in ("into", "headfirst")
    )
    return "dˈoʊv" if dived else "dˈʌv"


def _use(before: str, behind: str, sentence: str) -> str:
    if before in _VERBAL and before not in ("no",):
        return "jˈuz"
    return (
        "jˈus"
        if before in _NOMINAL | {"what's", "much", "daily", "common", "it's", "any", "practical"} or behind == "of"
        else ""
    )


def _excuse(before: str, behind: str, sentence: str) -> str:
    return "ɪkskjˈus" if before in _NOMINAL | {"poor", "lame", "perfect", "better"} else "ɪkskjˈuz"


def _abuse(before: str, behind: str, sentence: str) -> str:
    return "əbjˈuz" if before in _VERBAL and behind not in ("", "of") else "əbjˈus"


def _content(before: str, behind: str, sentence: str) -> str:
    satisfied = (
        behind in ("to", "with")
        and before not in ("the", "this", "of")
        or before
        in (
            "was",
            "is",
            "were",
            "are",
            "be",
            "i'm",
            "quite",
            "perfectly",
            "seemed",
            "seem",
            "felt",
            "feel",
            "very",
            "so",
            "not",
            "she's",
            "he's",
            "am",
            "heart's",
        )
    )
    return "kəntˈɛnt" if satisfied else "kˈɑntɛnt"


def _desert(before: str, behind: str, sentence: str) -> str:
    verbal = before in _VERBAL and before not in ("please",) or behind in ("me", "him", "us", "them", "your", "his")
    return "dɪzˈɜɹt" if verbal and before not in _NOMINAL else "dˈɛzɚt"


def _refuse(before: str, behind: str, sentence: str) -> str:
    waste = behind in ("collection", "bin", "bins", "heap", "bag", "bags", "dump", "collector") or before in (
        "household",
        "of",
        "kitchen",
    )
    return "ɹˈɛfjus" if waste else "ɹɪfjˈuz"


def _polish(before: str, behind: str, sentence: str) -> str:
    if re.search(
        r"[^.!?\s]\s+(?:Polish|POLISH)\b|\bPolish (?:people|food|man|woman|language|border|army|sausage|friend|girl|"
        r"boy|family|name)",
        sentence,
    ):
        return "pˈoʊlɪʃ"
    return "pˈɑlɪʃ"


def _resume(before: str, behind: str, sentence: str) -> str:
    return "ɹˈɛzəmˌeɪ" if before in ("my", "your", "his", "her", "a", "the", "their", "updated") else "ɹɪzˈum"


def _learned(before: str, behind: str, sentence: str) -> str:
    scholarly = behind in (
        "man",
        "men",
        "woman",
        "professor",
        "judge",
        "friend",
        "scholar",
        "doctor",
        "society",
        "colleague",
        "counsel",
    )
    return "lˈɜɹnɪd" if scholarly else "lˈɜɹnd"


def _does(before: str, behind: str, sentence: str) -> str:
    return (
        "dˈoʊz"
        if before in ("two", "three", "four", "five", "several", "bucks", "the")
        and behind in ("grazed", "ran", "graze", "and", "")
        else ""
    )


def _invalid(before: str, behind: str, sentence: str) -> str:
    return (
        "ˈɪnvəlɪd"
        if before in ("an", "the", "old", "poor") and behind in ("", "who", "in", "for", "lay", "and")
        else "ɪnvˈælɪd"
    )


def _row(before: str, behind: str, sentence: str) -> str:
    return (
        "ɹˈaʊ"
        if re.search(r"\b(?:had|having|terrible|blazing|big|furious) (?:a )?row\b(?! of)", sentence, re.IGNORECASE)
        else "ɹˈoʊ"
    )


def _sewer(before: str, behind: str, sentence: str) -> str:
    return "sˈoʊɚ" if re.search(r"\b(?:needle|thread|dress|fabric|stitch|quilt)", sentence, re.IGNORECASE) else "sˈuɚ"


def _moped(before: str, behind: str, sentence: str) -> str:
    return "mˈoʊpt" if before in ("he", "she", "they", "i", "we", "and", "just") or behind in ("around", "about") else "mˈoʊpɛd"


def _noun_or_verb(noun: str, verb: str) -> Chooser:
    def choose(before: str, behind: str, sentence: str) -> str:
        if before in _VERBAL:
            return verb
        if not before and behind in _OBJECTS:
            return verb
        if before in _NOMINAL or behind in ("of", "was", "is", "has"):
            return noun
        return ""

    return choose


_PAIRS = """record ɹˈɛkɚd ɹɪkˈɔɹd|records ɹˈɛkɚdz ɹɪkˈɔɹdz|object ˈɑbdʒɛkt əbdʒˈɛkt|present pɹˈɛzənt pɹizˈɛnt
permit pˈɜɹmɪt pɚmˈɪt|produce pɹˈoʊdus pɹədˈus|project pɹˈɑdʒɛkt pɹədʒˈɛkt|progress pɹˈɑɡɹɛs pɹəɡɹˈɛs
protest pɹˈoʊtɛst pɹətˈɛst|rebel ɹˈɛbəl ɹɪbˈɛl|rebels ɹˈɛbəlz ɹɪbˈɛlz|refund ɹˈifʌnd ɹɪfˈʌnd
reject ɹˈidʒɛkt ɹɪdʒˈɛkt|subject sˈʌbdʒɛkt səbdʒˈɛkt|suspect sˈʌspɛkt səspˈɛkt|transfer tɹˈænsfɚ tɹænsfˈɜɹ
transport tɹˈænspɔɹt tɹænspˈɔɹt|upset ˈʌpsɛt ʌpsˈɛt|contract kˈɑntɹˌækt kəntɹˈækt|contrast kˈɑntɹæst kəntɹˈæst
convert kˈɑnvɚt kənvˈɜɹt|convict kˈɑnvɪkt kənvˈɪkt|conduct kˈɑndʌkt kəndˈʌkt|conflict kˈɑnflɪkt kənflˈɪkt
contest kˈɑntɛst kəntˈɛst|insult ˈɪnsʌlt ɪnsˈʌlt|increase ˈɪnkɹis ɪnkɹˈis|decrease dˈikɹis dɪkɹˈis
import ˈɪmpɔɹt ɪmpˈɔɹt|export ˈɛkspɔɹt ɪkspˈɔɹt|extract ˈɛkstɹækt ɪkstɹˈækt|escort ˈɛskɔɹt ɪskˈɔɹt
addict ˈædɪkt ədˈɪkt|attribute ˈætɹɪbjut ətɹˈɪbjut|combat kˈɑmbæt kəmbˈæt|combine kˈɑmbaɪn kəmbˈaɪn
compound kˈɑmpaʊnd kəmpˈaʊnd|console kˈɑnsoʊl kənsˈoʊl|construct kˈɑnstɹʌkt kənstɹˈʌkt
digest dˈaɪdʒɛst daɪdʒˈɛst|incense ˈɪnsɛns ɪnsˈɛns|perfect pˈɜɹfɪkt pɚfˈɛkt|survey sˈɜɹveɪ sɚvˈeɪ
torment tˈɔɹmɛnt tɔɹmˈɛnt|separate sˈɛpɹət sˈɛpəɹˌeɪt|graduate ɡɹˈædʒuət ɡɹˈædʒuˌeɪt
estimate ˈɛstɪmət ˈɛstɪmˌeɪt|alternate ˈɔltɚnət ˈɔltɚnˌeɪt|deliberate dɪlˈɪbɹət dɪlˈɪbəɹˌeɪt
duplicate dˈupləkət dˈupləkˌeɪt|moderate mˈɑdɚət mˈɑdɚˌeɪt|advocate ˈædvəkət ˈædvəkˌeɪt
associate əsˈoʊsiət əsˈoʊsiˌeɪt|delegate dˈɛləɡət dˈɛləɡˌeɪt|elaborate ɪlˈæbɹət ɪlˈæbəɹˌeɪt
intimate ˈɪntəmət ˈɪntəmˌeɪt|animate ˈænəmət ˈænəmˌeɪt|coordinate koʊˈɔɹdənət koʊˈɔɹdənˌeɪt|house hˈaʊs hˈaʊz
appropriate əpɹˈoʊpɹiət əpɹˈoʊpɹiˌeɪt|mouth mˈaʊθ mˈaʊð"""
"""word, as a noun or an adjective, as a verb"""

CHOOSERS: dict[str, Chooser] = {
    "read": _read,
    "lead": _lead,
    "live": _live,
    "lives": _lives,
    "wind": _wind,
    "tear": _tear,
    "tears": _tears,
    "bow": _bow,
    "close": _close,
    "minute": _minute,
    "bass": _bass,
    "wound": _wound,
    "sow": _sow,
    "dove": _dove,
    "use": _use,
    "excuse": _excuse,
    "abuse": _abuse,
    "content": _content,
    "desert": _desert,
    "refuse": _refuse,
    "polish": _polish,
    "resume": _resume,
    "learned": _learned,
    "does": _does,
    "invalid": _invalid,
    "row": _row,
    "sewer": _sewer,
    "moped": _moped,
    **{word: _noun_or_verb(noun, verb) for word, noun, verb in (entry.split() for entry in re.split(r"[|\n]", _PAIRS))},
}
