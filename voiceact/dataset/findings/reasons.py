"""What the reason codes of verdicts mean, in a few words. docs/verify.md explains each check."""

REASONS = {
    "emotion:absent": "the category asked is not heard",
    "contrast:contrast_present": "the category farthest from it is heard",
    "intensity:too_weak": "heard more weakly than asked",
    "intensity:too_strong": "heard more strongly than asked",
    "transcript:words": "words are missing, added or others than in the text",
    "transcript:unclear": "too many sounds are not understood",
    "transcript:tag_spoken": "a tag or a stage direction was read out",
    "quality:not_finite": "samples are not numbers",
    "quality:too_short": "too short",
    "quality:silent": "silent",
    "quality:clipped": "clipped",
    "quality:dc": "off the zero line",
    "quality:gap": "a long silence in the middle",
    "quality:cut_start": "cut off at the start",
    "quality:cut_end": "cut off at the end",
    "quality:narrow": "nothing is heard above 4.5 kHz",
    "quality:duration": "too fast or too slow for its text",
    "naturalness:unnatural": "sounds damaged (DNSMOS)",
    "identity:other_voice": "no longer the same voice",
}
