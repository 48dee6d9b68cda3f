"""IndexTTS-2: the voice of a recording, and eight numbers, another recording or a text for what is felt.

    from voiceact.engines.indextts2 import IndexTTS2Engine

    engine = IndexTTS2Engine(model="~/IndexTTS-2")

The package is on no index and was not at hand: everything up to its call is tested, the call itself is not.
docs/engines/indextts2.md.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.controls import biased_vector, strongest, style_clip, untagged
from voiceact.acting.controls import vector as emotions
from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import Capabilities, Card, Licences, Take, check_language
from voiceact.engines.neural.common import (
    CALIBRATION,
    COMMON_OPTIONS,
    Leveller,
    as_samples,
    device_of,
    finished,
    seeded,
    split_text,
    within_memory,
    yes,
)
from voiceact.engines.neural.reference import own_recording
from voiceact.engines.neural.styles import bank_digest, read_styles
from voiceact.errors import MissingExtraError, UsageError, VoiceactError
from voiceact.runtime import weights

SAMPLE_RATE = 22_050
LICENCE = "bilibili Model Use License (not open source; restricts training other models with what is spoken)"
CONTROLS = ("vector", "reference", "text")
LANGUAGES = {"2": ("en", "zh"), "2.5": ("en", "zh", "ja", "es", "ar")}
"""release of the model -> what it speaks"""
MOST_CHARACTERS = 400


class IndexTTS2Engine:
    """Implements `voiceact.engines.base.Engine`; the model is loaded when the engine is made, and stays."""

    name = "indextts2"
    card = Card("eight emotions in numbers, or a style recording, or a text about the feeling; the persona's recording, level "
                "(written against the published interface, not run)", LANGUAGES["2.5"],
                Licences(LICENCE, LICENCE, LICENCE), ("indextts", "torch"), "indextts2", isolated=True,
                beside="git+https://github.com/index-tts/index-tts")
    options = {
        **{name: text for name, text in COMMON_OPTIONS.items() if name != "dtype"},
        "model": "a folder with config.yaml and the checkpoints of IndexTTS-2 or 2.5",
        "release": f"{' or '.join(LANGUAGES)}; default is 2, or 2.5 where the folder is called so",
        "half": "yes for 16-bit numbers on a GPU",
        "control": f"what carries the feeling: {', '.join(CONTROLS)}; default is vector",
        "styles": "recordings that carry a feeling, for control=reference: a JSON file, or a folder of verified clips",
    }

    def __init__(self, model: str | None = None, device: str = "auto", release: str | None = None, half: str = "no",
                 control: str = "vector", styles: str | None = None):
        self._control, self._half = checked_control(control, styles), yes(half, "half")
        self.version = require_library()
        self._device = device_of(device, self.name)
        if model is None:
            raise UsageError("engine 'indextts2' needs model=FOLDER: the checkpoints of IndexTTS-2, which voiceact does not "
                             "fetch because their licence has to be read first")
        folder = Path(model).expanduser()
        self._release = release_of(folder, release)
        self._bank = read_styles(styles) if styles else ()
        self._model = within_memory(self._device, lambda: load(
            folder, self._release, self._device, half=self._half, text=self._control == "text"))
        self._leveller = Leveller(self._plainly)
        lines = [weights.fingerprint(folder), f"control={control}", f"half={half}"]
        lines += [bank_digest(self._bank)] if styles else []
        self.model_sha256 = sha256("\n".join(lines).encode()).hexdigest()
        self.capabilities = Capabilities(
            moves=frozenset({"energy"}), languages=LANGUAGES[self._release], licences=Licences(LICENCE, LICENCE, LICENCE),
            sample_rate=SAMPLE_RATE, deterministic=False, instruction=self._control == "text", reference=True,
            emotion_vector=self._control == "vector")

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`).

        Raises:
            UsageError: another language, no recording, no consent, or nothing to say
            VoiceactError: the model failed
        """
        spoken = [self._say(piece, seed + at) for at, piece in enumerate(self._pieces(text, persona, direction, language))]
        return finished(spoken, SAMPLE_RATE, out_rate=SAMPLE_RATE, gain=self._gain(persona, direction), seed=seed)

    def stream(self, text: str, persona: Persona, direction: Direction, *, language: str = "en",
               seed: int = 0) -> Iterator[Samples]:
        """Speak `text` a piece at a time, float32 [n] at the engine's rate, each piece when it has ended."""
        pieces, gain = self._pieces(text, persona, direction, language), self._gain(persona, direction)
        return (finished([self._say(piece, seed + at)], SAMPLE_RATE, out_rate=SAMPLE_RATE, gain=gain, seed=seed + at).samples
                for at, piece in enumerate(pieces))

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """What of the mix is not told, one phrase each (empty if nothing is asked)."""
        asked = strongest(direction.mix)
        if asked is None or self._control != "reference" or style_clip(self._bank, direction.mix):
            return []
        return [f"category {asked[0]!r} but by energy (no style clip of it)"]

    def _pieces(self, text: str, persona: Persona, direction: Direction, language: str) -> list[dict[str, Any]]:
        """Keyword arguments of infer, a piece each."""
        check_language(self, language)
        said = untagged(text)
        if not any(letter.isalnum() for letter in said):
            raise UsageError(f"text {text!r} has nothing to say; expected words")
        if own_recording(persona) is None:
            raise UsageError(f"persona {persona.name!r} has no recording, and IndexTTS-2 has no voice of its own; give the "
                             "persona a voice.reference (with consent)")
        told = arguments(self._control, persona, direction, style_clip(self._bank, direction.mix))
        spoken = {"lang": language.upper()} if self._release == "2.5" else {}
        return [{"spk_audio_prompt": str(persona.voice.reference), "text": piece, "output_path": None, **told, **spoken}
                for piece in split_text(said, MOST_CHARACTERS)]

    def _say(self, told: Mapping[str, Any], seed: int) -> Samples:
        import random

        state = random.getstate()
        random.seed(seed)  # it draws with both generators
        try:
            with seeded(seed, self._device, self.name), redirect_stdout(sys.stderr):
                found = self._model.infer(**told)
        finally:
            random.setstate(state)
        if found is None:
            raise VoiceactError(f"IndexTTS-2 gave no sound for {told['text'][:60]!r}; what it said stands above")
        rate, samples = found
        if rate != SAMPLE_RATE:
            raise VoiceactError(f"IndexTTS-2 answered at {rate} Hz, expected {SAMPLE_RATE}; this release is not known")
        return as_samples(samples)

    def _plainly(self, persona: Persona) -> tuple[Samples, int]:
        pieces = self._pieces(CALIBRATION, persona, Direction(Moves(), ""), "en")
        return np.concatenate([self._say(piece, 0) for piece in pieces]), SAMPLE_RATE

    def _gain(self, persona: Persona, direction: Direction) -> float:
        return self._leveller.gain(persona) * 10 ** (direction.moves.energy / 20)


def arguments(control: str, persona: Persona, direction: Direction, style: tuple[Any, float] | None) -> dict[str, Any]:
    """What infer is told of a direction; nothing where nothing is asked.

    vector: the eight numbers, weighed and limited as the model's own page does (infer itself does neither)
    reference: a style clip and how much of it to take
    text: words about the feeling, which a small language model of the package turns into the eight numbers
    """
    if strongest(direction.mix) is None:
        return {}
    if control == "reference":
        return {"emo_audio_prompt": str(style[0].path), "emo_alpha": style[1]} if style else {}
    if control == "text":
        return {"use_emo_text": True, "emo_text": direction.instruction}
    shown = [(category, min(level * persona.strength(category), 7.0)) for category, level in direction.mix]
    return {"emo_vector": biased_vector(emotions(shown))}


def checked_control(control: str, styles: str | None) -> str:
    """The control that is asked for; raises UsageError if it is none, or lacks its styles."""
    if control not in CONTROLS:
        raise UsageError(f"control={control!r} is not known; expected {', '.join(CONTROLS)}")
    if (control == "reference") != bool(styles):
        raise UsageError("control=reference and styles=… go together: give both, or neither")
    return control


def require_library() -> str:
    """The version of indextts.

    Raises:
        MissingExtraError: if it or torch is not installed
    """
    try:
        with redirect_stdout(sys.stderr):
            import indextts  # noqa: F401
            import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("engine 'indextts2'", "indextts2") from error
    from importlib.metadata import version

    return version("indextts")


def release_of(folder: Path, asked: str | None) -> str:
    """"2" or "2.5": their calls differ.

    Raises:
        UsageError: no such release, or a folder without its config.yaml
    """
    if asked is not None and asked not in LANGUAGES:
        raise UsageError(f"release={asked!r} is not known; expected {' or '.join(LANGUAGES)}")
    if not (folder / "config.yaml").is_file():
        raise UsageError(f"{folder} has no config.yaml; expected the folder of checkpoints of IndexTTS-2")
    return asked or ("2.5" if "2.5" in folder.name else "2")


def load(folder: Path, release: str, device: Any, *, half: bool, text: bool) -> Any:
    """The package's model.

    Raises:
        UsageError: weights missing or damaged
    """
    from voiceact.runtime.transformers_loading import opening

    asked: dict[str, Any] = {"cfg_path": str(folder / "config.yaml"), "model_dir": str(folder), "device": str(device),
                             "use_qwen_emo": text}
    if release == "2.5":
        from indextts.infer_v2_5 import IndexTTS2

        asked["use_bf16"] = half
    else:
        from indextts.infer_v2 import IndexTTS2

        asked["use_fp16"] = half
    with opening(folder), redirect_stdout(sys.stderr):
        return IndexTTS2(**asked)
