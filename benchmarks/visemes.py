"""Whether mouth shapes stand where the sound is: the delay at which hisses and vowels fit the spectrum best.

    python benchmarks/visemes.py [--engine embedded]

Sentences full of hisses are spoken by four personas, neutral, angry and sad. In each take the times of all sounds are moved earlier
and later by up to 130 ms, and the share of power above 3 kHz is compared between hisses (s, z, sh, ch, …) and vowels: where
the difference is largest, the times fit the sound. Printed is the delay of the times behind the sound, in ms: 0 is right.
"""

import argparse

import numpy as np

from voiceact import synth

TEXTS = (
    "She sees six seas and fishes shall pass us, Sasha.",
    "The church chose such a chance to sing sad songs.",
    "Pass the fish and chips, please, Susan said sadly.",
    "It was a shame she missed the sixth session this season.",
)
PERSONAS = ("nurse", "ships-captain", "news-anchor", "grumpy-lovable-grandpa")
EMOTIONS = ((), ("Anger",), ("Sadness",))
HISSES, VOWELS = frozenset("szʃʒʧʤ"), frozenset("AIOWYaeiouæɐɑɔəɛɜɪʊʌᵻ")
HISS_HZ = 3000
WINDOW_SECONDS, STEP_SECONDS = 0.02, 0.005
DELAYS = np.arange(-0.13, 0.131, 0.005)


def measure_delay(text: str, persona: str, emotions: tuple[str, ...], engine: str) -> float:
    """Return by how many seconds the times of a take's sounds come after the sounds."""
    clip = synth(persona=persona, text=text, emotion=list(emotions), engine=engine)
    assert clip.samples is not None
    rate = clip.record.audio.sample_rate
    size, step = round(WINDOW_SECONDS * rate), round(STEP_SECONDS * rate)
    frames = np.lib.stride_tricks.sliding_window_view(clip.samples, size)[::step] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    share = power[:, np.fft.rfftfreq(size, 1 / rate) > HISS_HZ].sum(1) / (power.sum(1) + 1e-12)
    times = (np.arange(len(share)) * step + size / 2) / rate
    phones = [phone for word in clip.words for phone in word.phones if phone.symbol in HISSES | VOWELS]

    def fit(delay: float) -> float:
        inside = [(phone, (times >= phone.start - delay) & (times < phone.end - delay)) for phone in phones]
        sign = {True: 1, False: -1}
        return float(sum(sign[phone.symbol in HISSES] * share[frames].sum() for phone, frames in inside))

    return float(max(DELAYS, key=fit))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="embedded")
    given = parser.parse_args()
    delays = [
        1000 * measure_delay(text, persona, emotions, given.engine)
        for persona in PERSONAS
        for emotions in EMOTIONS
        for text in TEXTS
    ]
    low, middle, high = np.percentile(delays, [10, 50, 90])
    print(f"{len(delays)} takes: times come {middle:.0f} ms after the sound (median; 10 % to 90 %: {low:.0f} to {high:.0f} ms)")


if __name__ == "__main__":
    main()
