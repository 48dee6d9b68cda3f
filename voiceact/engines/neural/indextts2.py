"""IndexTTS-2: the voice of a recording, and eight numbers, another recording or a text for the emotion.

    from voiceact.engines.neural.indextts2 import IndexTTS2Engine

    engine = IndexTTS2Engine(model="~/IndexTTS-2")

The package is on no index and was not available: everything up to its call is tested, the call itself is not.
docs/engines/indextts2.md.
"""

import random
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from voiceact.acting.controls import biased_vector, choose_style_clip, emotion_vector, strongest
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.reference import own_recording
from voiceact.engines.neural.styles import bank_digest, read_styles
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, seeded, yes
from voiceact.runtime.transformers_loading import opening

INDEXTTS2_RATE = 22_050
BILIBILI_LICENCE = "bilibili Model Use License (not open source; restricts training other models with what is spoken)"
CONTROLS = ("vector", "reference", "text")
RELEASE_LANGUAGES = {"2": ("en", "zh"), "2.5": ("en", "zh", "ja", "es", "ar")}
"""release of the model -> languages it speaks"""


class IndexTTS2Engine(NeuralEngine[Mapping[str, Any]]):
    """IndexTTS-2 or 2.5; a piece is the keyword arguments of the package's infer.

    Attributes:
        model: the package's model
    """

    name = "indextts2"
    reaches_out = False
    modules = ("indextts", "torch")
    card = Card(
        "eight emotions in numbers, or a style recording, or a text about the feeling; the persona's recording, level "
        "(written against the published interface, not run)",
        RELEASE_LANGUAGES["2.5"],
        Licences(BILIBILI_LICENCE, BILIBILI_LICENCE, BILIBILI_LICENCE),
        ("indextts", "torch"),
        "indextts2",
        isolated=True,
        beside="git+https://github.com/index-tts/index-tts",
    )
    options = {
        **{name: text for name, text in COMMON_OPTIONS.items() if name != "dtype"},
        "model": Option("a folder with config.yaml and the checkpoints of IndexTTS-2 or 2.5", "a file"),
        "release": f"{' or '.join(RELEASE_LANGUAGES)}; default is 2, or 2.5 where the folder is called so",
        "half": "yes for 16-bit numbers on a GPU",
        "control": f"what carries the feeling: {', '.join(CONTROLS)}; default is vector",
        "styles": Option(
            "recordings that carry a feeling, for control=reference: a JSON file, or a folder of verified clips", "a file"
        ),
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        release: str | None = None,
        half: str = "no",
        control: str = "vector",
        styles: str | None = None,
        *,
        loaded: Any = None,
    ):
        """Load the model; the options are described in `options`.

        Args:
            loaded: the package's model that is already in memory, instead of loading the folder
        """
        self._control, half_precision = check_control(control, styles), yes(half, "half")
        super().__init__(device, injected=loaded is not None)
        if model is None:
            raise UsageError(
                "engine 'indextts2' needs model=FOLDER: the checkpoints of IndexTTS-2, which voiceact does not "
                "fetch because their licence has to be read first"
            )
        folder = Path(model).expanduser()
        self._release = find_release(folder, release)
        self._bank = read_styles(styles) if styles else ()
        self.model = loaded or self.load_within_memory(
            lambda: load_indextts2(folder, self._release, self.device, half=half_precision, text=control == "text")
        )
        self.model_sha256 = model_digest(
            [weights.fingerprint(folder)],
            control=control,
            half=half,
            styles=bank_digest(self._bank) if self._bank else None,
        )
        self.capabilities = Capabilities(
            moves=frozenset({"energy"}),
            languages=RELEASE_LANGUAGES[self._release],
            licences=Licences(BILIBILI_LICENCE, BILIBILI_LICENCE, BILIBILI_LICENCE),
            sample_rate=INDEXTTS2_RATE,
            deterministic=False,
            word_times=False,
            instruction=control == "text",
            reference=True,
            emotion_vector=control == "vector",
        )

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return which category is not conveyed for want of a style clip, one phrase."""
        category = strongest(direction.mix)
        if category is None or self._control != "reference" or choose_style_clip(self._bank, direction.mix):
            return []
        return [f"category {category[0]!r} but by energy (no style clip of it)"]

    def pieces(self, request: BatchLine) -> list[Mapping[str, Any]]:
        """Return the keyword arguments of infer for each piece of a line (see `NeuralEngine.pieces`)."""
        texts = self.text_pieces(request)
        persona, direction = request.persona, request.direction
        if own_recording(persona) is None:
            raise UsageError(
                f"persona {persona.name!r} has no recording, and IndexTTS-2 has no voice of its own; give the "
                "persona a voice.reference (with consent)"
            )
        common: dict[str, Any] = {"spk_audio_prompt": str(persona.voice.reference), "output_path": None}
        common |= infer_arguments(self._control, persona, direction, choose_style_clip(self._bank, direction.mix))
        if self._release == "2.5":
            common["lang"] = request.language.upper()
        return [{**common, "text": text} for text in texts]

    def speak(self, pieces: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> list[Samples]:
        """Speak pieces one by one, each from its own seed (see `NeuralEngine.speak`)."""
        return [self._infer(piece, seed) for piece, seed in zip(pieces, seeds, strict=True)]

    def speak_batch(self, pieces: Sequence[Mapping[str, Any]]) -> list[Samples]:
        """Speak pieces from the current state of the random generators."""
        sounds = []
        for piece in pieces:
            with redirect_stdout(sys.stderr):
                result = self.model.infer(**piece)
            if result is None:
                raise VoiceactError(f"IndexTTS-2 gave no sound for {piece['text'][:60]!r}; what it said stands above")
            rate, samples = result
            if rate != INDEXTTS2_RATE:
                raise VoiceactError(f"IndexTTS-2 answered at {rate} Hz, expected {INDEXTTS2_RATE}; this release is not known")
            sounds.append(as_samples(samples))
        return sounds

    def _infer(self, piece: Mapping[str, Any], seed: int) -> Samples:
        # The package draws with Python's generator as well as with torch's.
        state = random.getstate()
        random.seed(seed)
        try:
            with seeded(seed, self.device, self.name):
                return self.speak_batch([piece])[0]
        finally:
            random.setstate(state)


def infer_arguments(control: str, persona: Persona, direction: Direction, style: tuple[Any, float] | None) -> dict[str, Any]:
    """Return the arguments of infer that carry a direction; empty if it asks for no category.

    Args:
        control: "vector" gives eight numbers, weighted and limited as the model's own page does (infer itself does neither);
            "reference" gives a style clip and its share; "text" gives words, which a small language model of the package
            turns into the eight numbers
        persona: whose expressiveness scales the numbers
        direction: what is acted
        style: style clip and its share, 0 to 1
    """
    if strongest(direction.mix) is None:
        return {}
    if control == "reference":
        return {"emo_audio_prompt": str(style[0].path), "emo_alpha": style[1]} if style else {}
    if control == "text":
        return {"use_emo_text": True, "emo_text": direction.instruction}
    shown = [(category, min(level * persona.strength(category), 7.0)) for category, level in direction.mix]
    return {"emo_vector": biased_vector(emotion_vector(shown))}


def check_control(control: str, styles: str | None) -> str:
    """Return the control; raises UsageError if there is no such control, or it lacks its styles."""
    if control not in CONTROLS:
        raise UsageError(f"control={control!r} is not known; expected {', '.join(CONTROLS)}")
    if (control == "reference") != bool(styles):
        raise UsageError("control=reference and styles=… go together: give both, or neither")
    return control


def find_release(folder: Path, release: str | None) -> str:
    """Return "2" or "2.5", whose calls differ: the given one, or what the folder's name says.

    Raises:
        UsageError: no such release, or a folder without its config.yaml
    """
    if release is not None and release not in RELEASE_LANGUAGES:
        raise UsageError(f"release={release!r} is not known; expected {' or '.join(RELEASE_LANGUAGES)}")
    if not (folder / "config.yaml").is_file():
        raise UsageError(f"{folder} has no config.yaml; expected the folder of checkpoints of IndexTTS-2")
    return release or ("2.5" if "2.5" in folder.name else "2")


def load_indextts2(folder: Path, release: str, device: Any, *, half: bool, text: bool) -> Any:
    """Load the package's model.

    Args:
        folder: of checkpoints
        release: "2" or "2.5"
        device: torch device
        half: whether to use 16-bit numbers
        text: whether to load the language model that reads texts about the emotion

    Raises:
        UsageError: weights missing or damaged
    """
    arguments: dict[str, Any] = {
        "cfg_path": str(folder / "config.yaml"),
        "model_dir": str(folder),
        "device": str(device),
        "use_qwen_emo": text,
    }
    if release == "2.5":
        from indextts.infer_v2_5 import IndexTTS2

        arguments["use_bf16"] = half
    else:
        from indextts.infer_v2 import IndexTTS2

        arguments["use_fp16"] = half
    with opening(folder), redirect_stdout(sys.stderr):
        return IndexTTS2(**arguments)
