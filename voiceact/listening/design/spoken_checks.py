"""Make spoken attention checks: an engine says which answer to choose."""

from voiceact.audio import Sound
from voiceact.errors import UsageError
from voiceact.listening.delivery.words import load_words
from voiceact.listening.design.source import UNJUDGED, Candidate
from voiceact.listening.protocols.base import Protocol

PERSONA = "nurse"
"""who says it: a clear and quiet voice"""


def speak_instruction(protocol: Protocol, value: int, language: str, *, seed: int) -> Candidate:
    """Speak a clip that says "Please choose … now.".

    Raises:
        UsageError: if the embedded engine does not speak the language
    """
    from voiceact.synthesis.synthesize import synth

    words = load_words(language, protocol)
    label = next(choice.label for choice in protocol.choices if choice.value == value)
    text = words["attention_spoken"].format(choice=words[label])
    try:
        clip = synth(persona=PERSONA, text=text, language=language, seed=seed)
    except UsageError as error:
        raise UsageError(f"the attention check cannot be spoken in {language!r} ({error}); use shown ones") from error
    assert clip.samples is not None
    sound: Sound = clip.samples, clip.record.audio.sample_rate
    return Candidate(
        f"spoken-{value}-{language}",
        None,
        0.0,
        PERSONA,
        language,
        text,
        UNJUDGED,
        None,
        lambda: sound,
        lambda: None,
        lambda: clip.record,
    )
