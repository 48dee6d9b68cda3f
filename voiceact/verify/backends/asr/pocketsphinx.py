"""Recognizers that write down what was said, offline.

pocketsphinx comes with voiceact and hears English; a Whisper from the local cache of faster-whisper is taken where there is
one (`voiceact.verify.backends.asr.default`); nothing is ever fetched.
"""

from typing import Any

import numpy as np

from voiceact.audio import Samples, resample
from voiceact.runtime.progress import report_step

RATE = 16000
PEAK = 0.7
"""what every sound is scaled to, so that a whisper is not too quiet to be heard"""
WHISPER_MODELS = ("small", "small.en", "base", "base.en", "tiny", "tiny.en")
"""tried in this order"""


UNSPLIT_SECONDS, PIECE_SECONDS, SHORTEST_PIECE_SECONDS = 20.0, 10.0, 5.0
"""a sound is heard whole up to the first; a longer one in pieces between the third and the second, cut where it is quietest"""


def split_quietly(sound: Samples, rate: int) -> list[Samples]:
    """Cut a long sound where it is quietest.

    Args:
        sound: float32 [n]
        rate: in Hz

    Returns:
        The sound itself up to UNSPLIT_SECONDS; else consecutive pieces that together are the sound.
    """
    if len(sound) <= UNSPLIT_SECONDS * rate:
        return [sound]
    frame = rate // 50
    levels = (sound[: len(sound) // frame * frame].reshape(-1, frame).astype(np.float64) ** 2).mean(axis=1)
    # Half a second of quiet is a pause; a single quiet frame may be a stop consonant.
    levels = np.convolve(levels, np.ones(10) / 10, mode="same")
    pieces, start = [], 0
    while len(sound) - start > PIECE_SECONDS * rate:
        first, last = (start + round(seconds * rate) for seconds in (SHORTEST_PIECE_SECONDS, PIECE_SECONDS))
        cut = (first // frame + int(np.argmin(levels[first // frame : last // frame]))) * frame
        pieces.append(sound[start:cut])
        start = cut
    return [*pieces, sound[start:]]


class PocketSphinx:
    """CMU's recognizer with its large-vocabulary English model (130,000 words).

    It understands our voices best somewhat slowed, and lower by as much: so a child's formants fall
    where it expects an adult's (docs/verify.md has the figures).
    """

    reaches_out = False
    needs, install, licence = ("pocketsphinx",), "pip install pocketsphinx", "BSD-2-Clause, model too"
    judges_numbers = False
    paces: tuple[float, ...] = (0.87, 0.75, 1.0)

    def __init__(self) -> None:
        from importlib.metadata import version

        from pocketsphinx import Decoder

        self.name = f"pocketsphinx {version('pocketsphinx')}"
        # At most 3,000 states a frame: a third faster, with the same words (docs/verify.md).
        self._decoder = Decoder(samprate=RATE, loglevel="FATAL", maxhmmpf=3000)

    def speaks(self, language: str) -> bool:
        return language.split("-")[0] == "en"

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        sound = prepared(samples, rate, RATE)
        # The library hears a whole utterance in one call that hears no Ctrl-C, so a long one is given in pieces.
        pieces = split_quietly(sound, RATE)
        heard = []
        for number, piece in enumerate(pieces):
            report_step("transcript", number, len(pieces))
            heard.append(self._hear(piece))
        return " ".join(filter(None, heard))

    def _hear(self, sound: Samples) -> str:
        if len(sound) < RATE // 10:
            return ""
        decode(self._decoder, sound)
        hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis else ""


class Whisper:
    """faster-whisper, with a model that is already on this machine.

    Raises:
        RuntimeError: if none is
    """

    paces: tuple[float, ...] = (1.0,)

    def __init__(self) -> None:
        from faster_whisper import WhisperModel

        for size in WHISPER_MODELS:
            try:
                self._model = WhisperModel(size, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
            except (OSError, ValueError):
                # Not in the cache; huggingface_hub's LocalEntryNotFoundError is both.
                continue
            self.name, self._english_only = f"faster-whisper {size}", size.endswith(".en")
            return
        raise RuntimeError("no model of faster-whisper is in the local cache")

    def speaks(self, language: str) -> bool:
        return not self._english_only or language.split("-")[0] == "en"

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        sound = prepared(samples, rate, RATE)
        segments, _ = self._model.transcribe(
            sound, language=language.split("-")[0], beam_size=5, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)


def decode(decoder: Any, sound: Samples) -> None:
    """Let a decoder of pocketsphinx hear one utterance; its result is then the decoder's.

    Args:
        decoder: `pocketsphinx.Decoder`
        sound: float32 [n] at RATE (see `prepared`)
    """
    # Cepstral means are adapted from clip to clip; reset, or what is heard would hang on what came before.
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw((sound * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()


def prepared(samples: Samples, rate: int, target_rate: int) -> Samples:
    """The sound as recognizers are given it: at their rate, its peak at .7."""
    samples = resample(samples, rate, target_rate)
    peak = float(np.abs(samples).max(initial=0.0))
    return np.asarray(samples * (PEAK / peak), np.float32) if peak > 0 else samples
