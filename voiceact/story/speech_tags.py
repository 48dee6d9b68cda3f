"""The words that say who speaks: "said Anna", "the old man cried", "Then Tom, turning round, asked:"."""

import re

VERBS = (
    "said says say asked asks ask replied replies answered answers cried cries shouted shouts whispered whispers "
    "murmured murmurs muttered mutters mumbled exclaimed exclaims called calls yelled screamed shrieked roared "
    "bellowed growled snarled hissed sobbed wept sighed groaned moaned gasped laughed chuckled giggled added adds "
    "continued continues went began begins remarked observed declared announced explained insisted protested objected "
    "demanded inquired enquired repeated returned responded rejoined retorted interrupted suggested agreed admitted "
    "confessed promised warned begged ordered commanded urged stammered stuttered snapped grumbled complained "
    "thought wondered thundered croaked squeaked panted breathed drawled boomed barked purred sneered teased joked "
    "lied noted stated told tells quoth ejaculated concluded resumed pursued ventured hinted assured mused pronounced "
    "read recited sang chanted reiterated persisted argued advised corrected encouraged whimpered blurted addressed pleaded"
).split()
VERB = rf"(?P<verb>{'|'.join(sorted(VERBS, key=len, reverse=True))})"
PLAIN_VERBS = frozenset("said says asked asks replied answered".split())
DASH = r"(?:[—–―]|--+)"
NO_TITLE = r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)"
"""before a full stop that ends a sentence"""
_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
NAME = (
    r"(?:(?:Mr|Mrs|Ms|Dr|St)\.?\s+|(?:don|doña|von|van|de|du|la|le)\s+)?"
    rf"{_CAPITAL}[\w’'-]*(?:\s+(?:(?:of|the|de|von|van)\s+)?{_CAPITAL}[\w’'-]*){{0,3}}"
)
PROPER_NAME = re.compile(r"(?:(?:Mr|Mrs|Ms|Dr|St)\.?\s+)?\b[A-Z][a-z]+\b(?:\s+[A-Z][a-z]+\b)?")
_NOUN_STOPS = (
    "with of in at to from who as and when while after before but again then once for by on over behind into out up down "
    "suddenly softly quietly aloud at last its his her their was were had did is took shook went came got stood sat rose "
    "ran fell held put made gave drew threw left kept knew saw let"
)
DESCRIBED = (
    r"(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir|[Mm]y|[Oo]ur)\s+"
    rf"(?:(?!(?:{'|'.join(_NOUN_STOPS.split())})\b)(?!\w+ly\b)[\w’'-]+)"
    rf"(?:\s+(?!(?:{'|'.join(_NOUN_STOPS.split())}|{'|'.join(VERBS)})\b)(?!\w+(?:ly|ed)\b)[\w’'-]+){{0,3}}"
)
_NO_NOUN = rf"(?!(?:{'|'.join((*_NOUN_STOPS.split(), *VERBS))})\b)(?!\w+ly\b)"
_WHOSE = rf"{_CAPITAL}\w+[’']s?(?:\s+{_NO_NOUN}[a-z-]+){{1,2}}\b"
"""Scrooge's nephew"""
SUBJECT = rf"(?P<subject>(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t|I|[Ww]e)\b|{DESCRIBED}|{_WHOSE}|{NAME})"
FILLER = r"(?:\s*,?\s*(?:\w+ly|then|also|had|at last|at once|only|just|again))?"
_LEAD = r"^[\s,—–-]*"
AFTER_VERB_FIRST = re.compile(rf"{_LEAD}{VERB}(?:\s+(?:\w+ly|out|on))?\s+{SUBJECT}")
AFTER_SUBJECT_FIRST = re.compile(rf"{_LEAD}{SUBJECT}{FILLER}\s+{VERB}\b(?!\s+(?:nothing|no\s+more|not|it)\b)")
BEFORE_ADJACENT = re.compile(rf"(?:^|[\s,;“”—–]){SUBJECT}{FILLER}\s+{VERB}\b[^.!?]*$")
BEFORE_INVERTED = re.compile(rf"(?:^|[\s,;—–])(?i:{VERB})\s+{SUBJECT}[^.!?]*$")
BEFORE_VERB = re.compile(rf"\b{VERB}\b[^.!?]*$")
SENTENCE_END = re.compile(rf"{NO_TITLE}[.!?…][’”\"]?\s+")
SAID_SO = re.compile(
    r"\s*(?:$|[.,;:!?…]|\w+ly\b|(?:again|aloud|out|back|then|too|in|with|and|as|when|while|from|at|after|through|over|into|under)\b|"
    r"to\s+(?:him|her|me|them|us|himself|herself|the|his|my|our|their|[A-Z]\w+)\b|(?:him|her|me|them|us)\s*[.,;:]|[—–]|--)"
)
"""what stands behind a verb of speech where it tells how something was said, and not another deed"""
