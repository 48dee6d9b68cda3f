"""When each word of a known English text is spoken in a recording, by pocketsphinx, which comes with voiceact."""

from functools import lru_cache
from typing import Any

from voiceact.audio import Samples
from voiceact.audio.words import Word
from voiceact.errors import UsageError
from voiceact.verify.backends.asr.pocketsphinx import RATE, decode, prepared
from voiceact.verify.text_normalization import written

FRAME_SECONDS = 0.01
MOST_SECONDS = 30.0


def align_words(samples: Samples, rate: int, text: str) -> tuple[Word, ...]:
    """Find the words of a text in a recording of it.

    Args:
        samples: float32 [n]
        rate: Hz
        text: English; what is said in the recording

    Returns:
        The words as they are spoken, in order.

    Raises:
        UsageError: if a word is in no dictionary, the recording is longer than `MOST_SECONDS`, or the text is not said in it
    """
    words = written(text, "en")
    if len(samples) > MOST_SECONDS * rate:
        raise UsageError(f"the recording lasts {len(samples) / rate:.0f} s; words are found in up to {MOST_SECONDS:g} s")
    decoder = _decoder()
    unknown = [word for word in words if decoder.lookup_word(word) is None]
    if unknown or not words:
        raise UsageError(f"{', '.join(unknown) or 'no word'} is in no dictionary, so it is not found in the recording")
    decoder.set_align_text(" ".join(words))
    decode(decoder, prepared(samples, rate, RATE))
    matches = [
        Word(segment.word.partition("(")[0], segment.start_frame * FRAME_SECONDS, (segment.end_frame + 1) * FRAME_SECONDS)
        for segment in decoder.seg() or ()
        if not segment.word.startswith(("<", "["))
    ]
    if [word.text for word in matches] != list(words):
        raise UsageError(f"{text[:60]!r} is not what is said in the recording; give its words, or leave them out")
    return tuple(matches)


@lru_cache(maxsize=1)
def _decoder() -> Any:
    from pocketsphinx import Decoder

    # Without a language model, which only writing down unknown words needs.
    return Decoder(samprate=RATE, loglevel="FATAL", lm=None)
