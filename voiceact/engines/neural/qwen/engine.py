"""Qwen3-TTS: a voice designed from words, nine voices that take an instruction, and cloning - or all of it together.

    from voiceact.engines.neural.qwen.engine import QwenEngine

    engine = QwenEngine(model="~/voice-design", base="~/base")

A voice that is designed anew for every line is another person every time. So it is designed once a persona, from a
seed that depends on its name, and cloned from then on; docs/engines/qwen.md explains how the acting is conveyed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from voiceact.acting.controls import choose_style_clip, describe_voice, strongest, voice_and_instruction
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import CALIBRATION, BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.engines.neural.qwen.model import FRAMES_A_SECOND, LANGUAGE_NAMES, QwenModel, Utterance, load_qwen, read_kind
from voiceact.engines.neural.reference import Cast, VoiceRecording, own_recording, read_recording, voice_seed
from voiceact.engines.neural.styles import bank_digest, read_styles
from voiceact.engines.remote.client import parse_number, read_mapping_file
from voiceact.errors import UsageError
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, seeded
from voiceact.runtime.weight_licences import licence_of, output_licence

DESIGN, CUSTOM, BASE = "voice_design", "custom_voice", "base"
WEIGHTS_OF_KIND = {DESIGN: "qwen3-tts-voice-design", CUSTOM: "qwen3-tts-custom-voice", BASE: "qwen3-tts-base"}
"""tts_model_type of config.json -> its name in `voiceact model list`"""
NO_BASE = "none"
NEUTRAL_INSTRUCTION = "Speaks plainly, without any feeling."
MOST_ACTED = 64
"""acted recordings that stay in memory, one for each persona and instruction"""


class QwenEngine(NeuralEngine[Utterance]):
    """Qwen3-TTS: one model, or VoiceDesign with the Base that clones what it designed.

    Attributes:
        models: kind -> loaded model
        cast: the recording that each persona's voice is cloned from
    """

    name = "qwen"
    reaches_out = False
    modules = ("qwen_tts",)
    joins_lines = True
    neutral_instruction = NEUTRAL_INSTRUCTION
    batch_size = 4
    card = Card(
        "an instruction in words (not the 0.6B voices, which drop it without a word), the persona's recording, level",
        tuple(LANGUAGE_NAMES),
        Licences("Apache-2.0", "Apache-2.0", "no restriction by the model's licence"),
        ("qwen-tts", "torch"),
        "qwen",
        isolated=True,
    )
    options = {
        **COMMON_OPTIONS,
        "model": Option(
            "a folder with VoiceDesign, CustomVoice or Base, or its name in `voiceact model list`; default is VoiceDesign",
            "a file",
        ),
        "base": Option("a folder with Base, which clones what VoiceDesign designed; `none` designs every line anew", "a file"),
        "speaker": "one of CustomVoice's voices, for every persona",
        "speakers": Option("a JSON file: persona -> one of CustomVoice's voices", "a file"),
        "styles": Option("recordings that carry a feeling, each with its words beside it, for cloning with Base", "a file"),
        "cast": Option("a folder that keeps the voices designed for personas without a recording", "a file"),
        "temperature": "of the drawing, above 0; default is the model's own",
        "seconds": "after which a piece of text that has not ended is cut",
    }

    def __init__(
        self,
        model: str | None = None,
        base: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        speaker: str | None = None,
        speakers: str | None = None,
        styles: str | None = None,
        cast: str | None = None,
        temperature: str | None = None,
        seconds: str | None = None,
        *,
        loaded: Mapping[str, QwenModel] | None = None,
    ):
        """Load the models; the options are described in `options`.

        Args:
            loaded: kind -> model that is already in memory, instead of loading the folders
        """
        super().__init__(device, dtype, injected=loaded is not None)
        folders = find_folders(model, base)
        generation = generation_options(temperature, seconds)
        self.models = dict(loaded) if loaded is not None else {}
        for folder in folders if loaded is None else []:
            opened = self.load_within_memory(lambda folder=folder: load_qwen(folder, self.device, self.dtype, generation))  # type: ignore[misc]
            self.models[opened.kind] = opened
        self.speaker, self.speakers = speaker, read_mapping_file(speakers, "speakers")
        self._bank = read_styles(styles) if styles else ()
        self.cast = Cast(self._design_voice, cast)
        self._acted: dict[tuple[str, str], VoiceRecording] = {}

        self._follows_instructions = DESIGN in self.models or (
            CUSTOM in self.models and not self.models[CUSTOM].drops_instructions
        )
        self.check_options(styles, speaker or speakers)

        # Declare what it is.
        self.model_sha256 = model_digest(
            [weights.fingerprint(folder) for folder in folders],
            dtype=None if dtype == "auto" else dtype,
            speaker=speaker,
            speakers=self.speakers,
            temperature=temperature,
            seconds=seconds,
            styles=bank_digest(self._bank) if self._bank else None,
        )
        licence = " AND ".join(dict.fromkeys(licence_of(folder) for folder in folders))
        self.capabilities = Capabilities(
            moves=frozenset({"energy"}),
            languages=tuple(self.speaking_model.languages),
            licences=Licences("Apache-2.0", licence, output_licence(licence)),
            sample_rate=self.speaking_model.sample_rate,
            deterministic=self.runs_on_cpu,
            word_times=False,
            instruction=self._follows_instructions,
            reference=BASE in self.models,
        )

    def check_options(self, styles: str | None, voices: str | None) -> None:
        """Refuse or announce what these kinds of models cannot do, rather than leave it out in silence.

        Args:
            styles: the option of that name
            voices: the option speaker or speakers

        Raises:
            UsageError: styles without Base, or a voice without CustomVoice
        """
        if styles and BASE not in self.models:
            raise UsageError(f"option styles={styles} is followed by Base only; give its folder as base=FOLDER")
        if voices and CUSTOM not in self.models:
            raise UsageError("speaker and speakers are voices of CustomVoice, and the model is none; leave them out")
        if CUSTOM in self.models and not self._follows_instructions:
            self.warn(
                f"this CustomVoice model (size {self.models[CUSTOM].size}) drops every instruction; the 1.7B model follows them"
            )
        if set(self.models) == {DESIGN}:
            self.warn("without Base every line is designed anew, so a persona is not one person")

    @property
    def speaking_model(self) -> QwenModel:
        """The model that speaks the lines: Base where there is one, else the only one."""
        return self.models.get(BASE) or next(iter(self.models.values()))

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return what of the mix these models cannot be given for this persona, one phrase each."""
        category = strongest(direction.mix)
        if category is None or choose_style_clip(self._bank, direction.mix):
            return []
        if persona.voice.reference and BASE in self.models:
            return [f"category {category[0]!r} but by energy (beside a recording of the persona's own, only styles carry one)"]
        return (
            [] if self._follows_instructions else [f"category {category[0]!r} but by energy (this model takes no instruction)"]
        )

    def pieces(self, request: BatchLine) -> list[Utterance]:
        """Return the pieces of a line, each with the voice and the instruction (see `NeuralEngine.pieces`)."""
        texts = self.text_pieces(request)
        persona, direction = request.persona, request.direction
        utterance = Utterance("", LANGUAGE_NAMES[request.language])
        if BASE in self.models:
            if DESIGN not in self.models and not persona.voice.reference:
                raise UsageError(
                    f"persona {persona.name!r} has no recording, and Base has no voice of its own; give the persona a "
                    "voice.reference (with consent), or VoiceDesign as model=FOLDER and this one as base=FOLDER"
                )
            recording = self.cast.recording(persona)
            utterance = replace(utterance, recording=recording, style=self.style_recording(persona, direction))
        elif CUSTOM in self.models:
            voice = self.choose_voice(persona, self.models[CUSTOM].speakers, spelling=str.lower)
            utterance = replace(utterance, speaker=voice, instruct=direction.instruction if self._follows_instructions else "")
        elif persona.voice.reference:
            raise UsageError(f"persona {persona.name!r} has a recording, and VoiceDesign clones none; give Base as base=FOLDER")
        else:
            utterance = replace(utterance, instruct=voice_and_instruction(persona, direction))
        return [replace(utterance, text=text) for text in texts]

    def speak_batch(self, pieces: Sequence[Utterance]) -> list[Samples]:
        """Speak several pieces at once (see `NeuralEngine.speak_batch`)."""
        return self.speaking_model.speak(pieces)

    def style_recording(self, persona: Persona, direction: Direction) -> VoiceRecording | None:
        """Return the recording whose way of speaking is continued; None for the persona's own.

        It is a style clip, or a recording that VoiceDesign acts out for the persona and the instruction.
        """
        clip = choose_style_clip(self._bank, direction.mix)
        if clip:
            return read_recording(clip[0].path, with_words=True)
        if strongest(direction.mix) is None or DESIGN not in self.models or own_recording(persona):
            return None
        key = (persona.name + describe_voice(persona), direction.instruction)
        if key not in self._acted:
            if len(self._acted) >= MOST_ACTED:
                self._acted.pop(next(iter(self._acted)))
            # From the seed of the persona's own voice, so that as little as possible but the acting differs.
            self._acted[key] = self._design(voice_and_instruction(persona, direction), voice_seed(persona))
        return self._acted[key]

    def _design_voice(self, persona: Persona, seed: int) -> VoiceRecording:
        return self._design(f"{describe_voice(persona)} {NEUTRAL_INSTRUCTION}", seed)

    def _design(self, description: str, seed: int) -> VoiceRecording:
        """Speak the calibration in a voice that is described in words."""
        model = self.models[DESIGN]
        with seeded(seed, self.device, self.name):
            sounds = model.speak([Utterance(CALIBRATION, "english", instruct=description)])
        return VoiceRecording(sounds[0], model.sample_rate, CALIBRATION)


def find_folders(model: str | None, base: str | None) -> list[Path]:
    """Return the folders of the models: one, or VoiceDesign and the Base that clones what it designs.

    Raises:
        UsageError: if one of them is not there, or a Base is given beside another model than VoiceDesign
    """
    first = weights.locate(model, WEIGHTS_OF_KIND[DESIGN])
    designs = read_kind(first) == DESIGN
    if base not in (None, NO_BASE) and not designs:
        raise UsageError(f"base={base} clones what VoiceDesign designs, and {first} is none; leave base out")
    return [first, weights.locate(base, WEIGHTS_OF_KIND[BASE])] if designs and base != NO_BASE else [first]


def generation_options(temperature: str | None, seconds: str | None) -> dict[str, Any]:
    """Return the keyword arguments of the package's generation calls.

    Raises:
        UsageError: if an option is no number above 0
    """
    generation: dict[str, Any] = {}
    for option, text in (("temperature", temperature), ("seconds", seconds)):
        value = None if text is None else parse_number(text, option)
        if value == 0:
            raise UsageError(f"{option}=0 makes no sense; expected a number above 0")
        if value and option == "seconds":
            generation["max_new_tokens"] = max(2, round(value * FRAMES_A_SECOND))
        elif value:
            generation |= {"temperature": value, "subtalker_temperature": value}
    return generation
