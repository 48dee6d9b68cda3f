"""How a language without rules is read: words and marks as they are, everything else left to the engine."""

from voiceact.text.scan import Rule, Spoken, rule

ADDRESSES: list[Rule] = []
NUMBERS = [rule("number", r"\d+(?:[.,:/-]\d+)*[^\W\d_]*", lambda match, scan: match[0])]
LETTERS = [rule("word", r"[^\W_]+(?:['’-][^\W_]+)*", lambda match, scan: Spoken(match[0]))]
SIGNED: list[Rule] = []
SIGNS = [rule("symbol", r"[%&@$€£¥+=<>°×÷/§#]", lambda match, scan: Spoken(match[0]))]
OPENERS: frozenset[str] = frozenset()
WATCHED: frozenset[str] = frozenset()
COUNTED: frozenset[str] = frozenset()
