"""XTTS: a voice from a recording, a style from another, and both in the proportion that is asked.

What XTTS takes from a recording comes in two parts: latents for its language model, which carry how something is
said (and who says it), and a speaker embedding for its vocoder, which carries who. The latents of a persona's own
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

SAMPLE_RATE = 24_000
REFERENCE_RATE = 22_050
"""Hz at which XTTS hears recordings"""
SHORTEST_SECONDS = 1.0
"""of a recording; coqui-tts advises three or more, and refuses a third of one"""
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
class Voice:
    """Who speaks, and how.

    reference: the persona's own recording; or `speaker`, a voice that comes with the model
    style: a recording, and how much of it to take, 0 to 1
    """

    reference: Path | None = None
    speaker: str | None = None
    style: tuple[Path, float] | None = None


@dataclass(frozen=True)
class Conditioning:
    """What XTTS heard in a recording.

    latents: [1, frames, channels], 32 frames with the published weights whatever the recording's length
    speaker: [1, 512, 1], of length 1
    """

    latents: Any
    speaker: Any


class Xtts:
    """The library's XTTS, asked by voice."""

    clones = True
    paced = True
    sample_rate = SAMPLE_RATE

    def __init__(self, model: Any, device: Any, dtype: Any, temperature: float | None):
        self._model, self._device, self._dtype = model.to(device), device, dtype
        _float_out(self._model, dtype)
        config = model.config
        self._drawing = {
            "temperature": temperature or config.temperature,
            "length_penalty": config.length_penalty,
            "repetition_penalty": config.repetition_penalty,
            "top_k": config.top_k,
            "top_p": config.top_p,
        }
        self.languages = {code.split("-")[0]: code for code in config.languages}
        self.speakers: list[str] = list(model.speaker_manager.speaker_names) if model.speaker_manager else []
        self._heard: dict[tuple[str, int, int], Conditioning] = {}

    def pieces(self, text: str, language: str) -> list[str]:
        """The text in pieces that XTTS takes at once: below its number of characters, and of tokens, for that language."""
        most = self._model.tokenizer.char_limits[language]
        spaced = re.sub(CJK_MARKS, " ", text) if language in ("zh", "ja") else text
        whole = [part for piece in split_text(spaced, most) for part in _cut(piece, most)]
        return [part for piece in whole for part in self._fitting(piece, language)]

    def _fitting(self, piece: str, language: str) -> list[str]:
        """Numbers are read out, so a short piece can become a long one."""
        tokens = len(self._model.tokenizer.encode(piece.lower(), language))
        if tokens < self._model.args.gpt_max_text_tokens or len(piece) < 2:
            return [piece]
        halves = split_text(piece, len(piece) // 2 + 1)
        halves = halves if len(halves) > 1 else _cut(piece, (len(piece) + 1) // 2)
        return [part for half in halves for part in self._fitting(half, language)]

    def hear(self, path: Path) -> Conditioning:
        """What XTTS hears in a recording; heard once, as long as the file does not change.

        Raises:
            UsageError: a recording that cannot be read, or is too short
        """
        state = path.stat() if path.exists() else None
        key = (str(path), state.st_mtime_ns if state else 0, state.st_size if state else 0)
        if key not in self._heard:
            self._heard[key] = self._listen(path)
        return self._heard[key]

    def _listen(self, path: Path) -> Conditioning:
        import torch

        config = self._model.config
        samples, rate = audio.read(path)
        if len(samples) < SHORTEST_SECONDS * rate:
            raise UsageError(
                f"{path}: is {len(samples) / rate:.2f} s long; XTTS needs {SHORTEST_SECONDS:g} s or more of a voice, better six"
            )
        sound = torch.from_numpy(resample(samples, rate, REFERENCE_RATE))[None, : REFERENCE_RATE * config.max_ref_len]
        if config.sound_norm_refs:
            sound = sound / sound.abs().max().clamp(min=1e-5) * 0.75
        latents = self._model.get_gpt_cond_latents(
            sound, REFERENCE_RATE, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
        )
        return Conditioning(latents, self._model.get_speaker_embedding(sound, REFERENCE_RATE))

    def conditioning(self, voice: Voice) -> Conditioning:
        """The persona's own conditioning, its latents moved towards the style's by its share (a straight line)."""
        own = self.hear(voice.reference) if voice.reference else self._studio(str(voice.speaker))
        if voice.style is None:
            return own
        path, share = voice.style
        style = self.hear(path).latents.to(own.latents)
        return Conditioning(own.latents + share * (style - own.latents), own.speaker)

    def _studio(self, speaker: str) -> Conditioning:
        found = self._model.speaker_manager.speakers[speaker]
        return Conditioning(found["gpt_cond_latent"].to(self._device), found["speaker_embedding"].to(self._device))

    def speak(self, piece: str, language: str, voice: Voice, rate: float) -> Samples:
        """A piece of text, at most as long as `pieces` gives them; rate is a multiplier."""
        heard = self.conditioning(voice)
        with self._precision():
            spoken = self._model.inference(piece, language, heard.latents, heard.speaker, speed=rate, **self._drawing)
        return as_samples(spoken["wav"])

    def stream(
        self, piece: str, language: str, voice: Voice, rate: float, *, seed: int, tokens: int = STREAM_TOKENS
    ) -> Iterator[Samples]:
        """The same in chunks of `tokens` audio tokens, each as soon as it is there."""
        heard = self.conditioning(voice)
        chunks = self._model.inference_stream(
            piece, language, heard.latents, heard.speaker, speed=rate, stream_chunk_size=tokens, **self._drawing
        )
        for chunk in _drawn_apart(chunks, seed, self._device):
            yield as_samples(chunk)

    def _precision(self) -> AbstractContextManager[Any]:
        import torch

        if self._dtype == torch.float32:
            return nullcontext()
        context: AbstractContextManager[Any] = torch.autocast(self._device.type, self._dtype)
        return context


def studio_speaker(persona: Persona, names: list[str]) -> str | None:
    """A voice of the model's own for a persona without a recording: the same for ever; None if no gender is known."""
    kinds = ("female", "male") if persona.gender == "androgynous" else (persona.gender,)
    able = [name for kind in kinds for name in STUDIO[kind] if name in names]
    if not able:
        return None
    return able[draw_integer(persona.name) % len(able)]


def _cut(piece: str, most: int) -> list[str]:
    """A piece without spaces that is too long, cut where it must be: not one character is lost."""
    return [piece[start : start + most] for start in range(0, len(piece), most)]


def _float_out(model: Any, dtype: Any) -> None:
    """The library hands what these parts give to numpy, which has no bfloat16."""
    import torch

    if dtype == torch.float32:
        return
    for part in (model.gpt, model.hifigan_decoder):
        part.register_forward_hook(lambda module, given, found: found.float())


def _drawn_apart(chunks: Iterator[Any], seed: int, device: Any) -> Iterator[Any]:
    """What a generator gives, drawn from its own seed, whatever is drawn between two of its steps."""
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
