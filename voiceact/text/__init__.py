"""What is written and what is said: a line becomes a spoken form once, and everything goes by it (docs/text.md)."""

from voiceact.text.form import Pause, Sentence, SpokenForm, SpokenWord, Tag
from voiceact.text.markup import find_tags, without_markup
from voiceact.text.reader import LANGUAGES, speak

__all__ = ["LANGUAGES", "Pause", "Sentence", "SpokenForm", "SpokenWord", "Tag", "find_tags", "speak", "without_markup"]
