"""XTTS: a voice from a recording, a style from another one, mixed in a proportion.

What XTTS takes from a recording comes in two parts: latents for its language model, which carry the way of
speaking (and the voice), and a speaker embedding for its vocoder, which carries the voice. The latents of a persona's own
recording are moved towards those of a style clip; the embedding stays the persona's own.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact import audio
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, resample
from voiceact.engines.neural.common import as_samples, split_text
from voiceact.errors import UsageError
from voiceact.runtime.seeds import draw_integer
from voiceact.runtime.torch_support import seeded

XTTS_RATE = 24_000
REFERENCE_RATE = 22_050
"""rate of recordings given to XTTS, in Hz"""
SHORTEST_REFERENCE_SECONDS = 1.0
"""shortest recording; coqui-tts advises three or more, and refuses a third of a second"""
STREAM_TOKENS = 20
"""audio tokens a streamed chunk: just under a second, the library's own default"""
CJK_MARKS = r"(?<=[。！？；，、])(?=\S)"

# Speakers of speakers_xtts.pth, sorted by their given names: the file says nothing of gender.
STUDIO: Mapping[str, tuple[str, ...]] = {
    "female": (
        "Claribel Dervla",
        "Daisy Studious",
        "Gracie Wise",
        "Tammie Ema",
        "Alison Dietlinde",
        "Ana Florence",
        "Annmarie Nele",
        "Asya Anara",
        "Brenda Stern",
        "Gitta Nikolina",
        "Henriette Usha",
        "Sofia Hellen",
        "Tammy Grit",
        "Tanja Adelina",
        "Vjollca Johnnie",
        "Nova Hogarth",
        "Maja Ruoho",
        "Uta Obando",
        "Lidiya Szekeres",
        "Chandra MacFarland",
        "Szofi Granger",
        "Camilla Holmström",
        "Lilya Stainthorpe",
        "Zofija Kendrick",
        "Narelle Moon",
        "Barbora MacLean",
        "Alexandra Hisakawa",
        "Alma María",
        "Rosemary Okafor",
    ),
    "male": (
        "Andrew Chipper",
        "Badr Odhiambo",
        "Dionisio Schuyler",
        "Royston Min",
        "Viktor Eka",
        "Abrahan Mack",
        "Adde Michal",
        "Baldur Sanjin",
        "Craig Gutsy",
        "Damien Black",
        "Gilberto Mathias",
        "Ilkin Urbano",
        "Kazuhiko Atallah",
        "Ludvig Milivoj",
        "Suad Qasim",
        "Torcull Diarmuid",
        "Viktor Menelaos",
        "Zacharie Aimilios",
        "Filip Traverse",
        "Damjan Chapman",
        "Wulf Carlevaro",
        "Aaron Dreschner",
        "Kumar Dahl",
        "Eugenio Mataracı",
        "Ferran Simen",
        "Xavier Hayasaka",
        "Luis Moray",
        "Marcos Rudaski",
    ),
}


@dataclass(frozen=True)
class CoquiVoice:
    """Who speaks, and in which style.

    Attributes:
        reference: the persona's own recording, or None
        speaker: a voice that comes with the model, or None
        style: a recording, and its share, 0 to 1
    """

    reference: Path | None = None
    speaker: str | None = None
    style: tuple[Path, float] | None = None


@dataclass(frozen=True)
class Conditioning:
    """What XTTS extracts from a recording.

    Attributes:
        latents: [1, frames, channels], 32 frames with the published weights whatever the recording's length
        speaker: embedding [1, 512, 1], of length 1
    """

    latents: Any
    speaker: Any


class Xtts:
    """The library's XTTS.

    Attributes:
        model: the library's object
        languages: language code -> the model's name of the language
        speakers: voices of its own

    Args:
        model: the library's object
        device: torch device
        dtype: torch dtype of the autocast; float32 for none
        temperature: of the random draws; None for the model's own
    """

    clones = True
    paced = True
    sample_rate = XTTS_RATE

    def __init__(self, model: Any, device: Any, dtype: Any, temperature: float | None):
        self.model, self._device, self._dtype = model.to(device), device, dtype
        _return_float32(self.model, dtype)
        config = model.config
        self._sampling = {
            "temperature": temperature or config.temperature,
            "length_penalty": config.length_penalty,
            "repetition_penalty": config.repetition_penalty,
            "top_k": config.top_k,
            "top_p": config.top_p,
        }
        self.languages = {code.split("-")[0]: code for code in config.languages}
        self.speakers: list[str] = list(model.speaker_manager.speaker_names) if model.speaker_manager else []
        self._conditionings: dict[tuple[str, int, int], Conditioning] = {}

    def pieces(self, text: str, language: str) -> list[str]:
        """Split the text into pieces below XTTS's limits of characters and of tokens for that language."""
        most = self.model.tokenizer.char_limits[language]
        spaced = re.sub(CJK_MARKS, " ", text) if language in ("zh", "ja") else text
        short = [part for piece in split_text(spaced, most) for part in split_anywhere(piece, most)]
        return [part for piece in short for part in self._split_to_tokens(piece, language)]

    def _split_to_tokens(self, piece: str, language: str) -> list[str]:
        """Split a piece that has too many tokens: numbers are written out, so a short piece can become a long one."""
        tokens = len(self.model.tokenizer.encode(piece.lower(), language))
        if tokens < self.model.args.gpt_max_text_tokens or len(piece) < 2:
            return [piece]
        halves = split_text(piece, len(piece) // 2 + 1)
        halves = halves if len(halves) > 1 else split_anywhere(piece, (len(piece) + 1) // 2)
        return [part for half in halves for part in self._split_to_tokens(half, language)]

    def recording_conditioning(self, path: Path) -> Conditioning:
        """Return the conditioning of a recording; computed once, until the file changes.

        Raises:
            UsageError: if the recording cannot be read, or is too short
        """
        state = path.stat() if path.exists() else None
        key = (str(path), state.st_mtime_ns if state else 0, state.st_size if state else 0)
        if key not in self._conditionings:
            self._conditionings[key] = self.compute_conditioning(path)
        return self._conditionings[key]

    def compute_conditioning(self, path: Path) -> Conditioning:
        """Compute the conditioning of a recording; raises as `recording_conditioning`."""
        import torch

        config = self.model.config
        samples, rate = audio.read(path)
        if len(samples) < SHORTEST_REFERENCE_SECONDS * rate:
            raise UsageError(
                f"{path}: is {len(samples) / rate:.2f} s long; XTTS needs {SHORTEST_REFERENCE_SECONDS:g} s or more of a "
                "voice, better six"
            )
        sound = torch.from_numpy(resample(samples, rate, REFERENCE_RATE))[None, : REFERENCE_RATE * config.max_ref_len]
        if config.sound_norm_refs:
            sound = sound / sound.abs().max().clamp(min=1e-5) * 0.75
        latents = self.model.get_gpt_cond_latents(
            sound, REFERENCE_RATE, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
        )
        return Conditioning(latents, self.model.get_speaker_embedding(sound, REFERENCE_RATE))

    def conditioning(self, voice: CoquiVoice) -> Conditioning:
        """Return the voice's own conditioning, its latents moved towards the style's by its share (a straight line)."""
        own = (
            self.recording_conditioning(voice.reference) if voice.reference else self._speaker_conditioning(str(voice.speaker))
        )
        if voice.style is None:
            return own
        path, share = voice.style
        style = self.recording_conditioning(path).latents.to(own.latents)
        return Conditioning(own.latents + share * (style - own.latents), own.speaker)

    def _speaker_conditioning(self, speaker: str) -> Conditioning:
        stored = self.model.speaker_manager.speakers[speaker]
        return Conditioning(stored["gpt_cond_latent"].to(self._device), stored["speaker_embedding"].to(self._device))

    def speak(self, piece: str, language: str, voice: CoquiVoice, rate: float) -> Samples:
        """Speak a piece of text: float32 [n] at `sample_rate`, drawn from torch's generator.

        Args:
            piece: text, at most as long as those of `pieces`
            language: language code
            voice: who speaks, and in which style
            rate: speaking rate, a multiplier
        """
        conditioning = self.conditioning(voice)
        with self._precision():
            output = self.model.inference(
                piece, language, conditioning.latents, conditioning.speaker, speed=rate, **self._sampling
            )
        return as_samples(output["wav"])

    def stream(
        self, piece: str, language: str, voice: CoquiVoice, rate: float, *, seed: int, tokens: int = STREAM_TOKENS
    ) -> Iterator[Samples]:
        """Speak a piece in chunks of `tokens` audio tokens, each as soon as it is computed (see `speak`)."""
        conditioning = self.conditioning(voice)
        chunks = self.model.inference_stream(
            piece, language, conditioning.latents, conditioning.speaker, speed=rate, stream_chunk_size=tokens, **self._sampling
        )
        for chunk in _iterate_seeded(chunks, seed, self._device):
            yield as_samples(chunk)

    def _precision(self) -> AbstractContextManager[Any]:
        import torch

        if self._dtype == torch.float32:
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast(self._device.type, self._dtype)
        return context


def studio_speaker(persona: Persona, names: list[str]) -> str | None:
    """Return a voice of the model's own for a persona without a recording, always the same; None if none is of its gender."""
    kinds = ("female", "male") if persona.gender == "androgynous" else (persona.gender,)
    fitting = [name for kind in kinds for name in STUDIO[kind] if name in names]
    if not fitting:
        return None
    return fitting[draw_integer(persona.name) % len(fitting)]


def split_anywhere(piece: str, most: int) -> list[str]:
    """Split a piece without spaces that is too long, anywhere: not one character is lost."""
    return [piece[start : start + most] for start in range(0, len(piece), most)]


def _return_float32(model: Any, dtype: Any) -> None:
    """Make parts of the model return float32: the library hands their output to numpy, which has no bfloat16."""
    import torch

    if dtype == torch.float32:
        return
    for part in (model.gpt, model.hifigan_decoder):
        part.register_forward_hook(lambda module, inputs, output: output.float())


def _iterate_seeded(chunks: Iterator[Any], seed: int, device: Any) -> Iterator[Any]:
    """Iterate over a generator that draws from its own seed, whatever is drawn between two of its steps."""
    import torch

    on_gpu = device.type == "cuda"
    state, on_device = None, None
    while True:
        with seeded(seed, device, "coqui"):
            if state is not None:
                torch.set_rng_state(state)
            if on_device is not None:
                torch.cuda.set_rng_state(on_device, device)
            chunk = next(chunks, None)
            state, on_device = torch.get_rng_state(), torch.cuda.get_rng_state(device) if on_gpu else None
        if chunk is None:
            return
        yield chunk
