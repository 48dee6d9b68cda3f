"""The text-to-speech families of transformers: Bark, CSM, Dia, Higgs Audio, Phonon, Pocket TTS, VibeVoice, VITS.

    from voiceact.engines.neural.transformers.engine import TransformersEngine

    engine = TransformersEngine(model="~/dia")

docs/engines/transformers.md lists what each family follows and what it does not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from voiceact.acting.controls import describe_voice, list_sounds, sound_tag, strongest, voice_and_instruction
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import CALIBRATION, BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.engines.neural.reference import Cast, VoiceRecording, own_recording
from voiceact.engines.neural.transformers.chat import Csm, Higgs, Phonon, Pocket, VibeVoice
from voiceact.engines.neural.transformers.families import Bark, Dia, Family, FamilySettings, Piece, Traits, Vits
from voiceact.engines.remote.client import parse_number, read_mapping_file
from voiceact.errors import UsageError
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS
from voiceact.runtime.transformers_loading import read_config, require_transformers
from voiceact.runtime.weight_licences import licence_of, output_licence

BARK_WEIGHTS = "bark-small"
"""weights that are used when none are named; see `voiceact model list`"""
BATCH_PIECES = 8
"""pieces at once; halved where they do not fit into memory"""
CLONED = "the persona's recording"
FAMILIES = {
    "bark": Traits(Bark, "sounds in the text", "MIT", Bark.languages, tags="bark", most_characters=180),
    "csm": Traits(Csm, CLONED, "Apache-2.0", Csm.languages, imitates=True, with_words=True, joins_lines=True),
    "dia": Traits(
        Dia,
        f"sounds in the text + {CLONED}",
        "Apache-2.0",
        Dia.languages,
        tags="dia",
        imitates=True,
        with_words=True,
        joins_lines=True,
    ),
    "gradium_phonon_tts": Traits(Phonon, CLONED, "see their card", ("en",), imitates=True, draws=False),
    "higgs_audio_v2": Traits(
        Higgs,
        f"a scene in words + {CLONED}",
        "Boson Higgs Audio 2 Community License",
        Higgs.languages,
        imitates=True,
        with_words=True,
        scene=True,
        joins_lines=True,
    ),
    "pocket_tts": Traits(Pocket, CLONED, "CC-BY-4.0", ("en",), imitates=True, draws=False),
    "vibevoice": Traits(VibeVoice, CLONED, "MIT", VibeVoice.languages, imitates=True, most_characters=1000),
    "vits": Traits(Vits, "rate", "CC-BY-NC-4.0 of MMS", ("en",), paced=True),
}
"""model_type of config.json -> facts about the family"""


def group_families(trait: str) -> str:
    """List the values of a trait in `FAMILIES`, each with the families that have it."""
    families: dict[str, list[str]] = {}
    for name, traits in FAMILIES.items():
        phrases = {"steered_by": traits.steered_by, "weights": traits.weights}[trait]
        for phrase in phrases.split(" + "):
            families.setdefault(phrase, []).append(name)
    return ", ".join(f"{phrase} ({', '.join(names)})" for phrase, names in families.items())


class TransformersEngine(NeuralEngine[Piece]):
    """A model of one of the families.

    Attributes:
        family: the loaded model, called as its family requires
        cast: the recording that each persona's voice imitates
    """

    name = "transformers"
    reaches_out = False
    neutral_instruction = "Speak plainly."
    card = Card(
        f"by family: {group_families('steered_by')}; level",
        tuple(dict.fromkeys(code for traits in FAMILIES.values() for code in traits.languages)),
        Licences("Apache-2.0", f"by family: {group_families('weights')}", "as the weights"),
        ("transformers", "torch"),
        "transformers",
    )
    options = {
        **COMMON_OPTIONS,
        "model": Option(
            "a folder as save_pretrained writes it, or a name from `voiceact model list`; default is bark-small", "a file"
        ),
        "codec": Option("a folder with the codec, for families whose codec lies in a repository of its own", "a file"),
        "speaker": "the model's voice for every persona (bark: v2/en_speaker_9; vits: a number)",
        "speakers": Option("a JSON file: persona -> the model's voice", "a file"),
        "cast": Option("a folder that keeps the voices drawn for personas without a recording", "a file"),
        "language": "of a model that does not say which it speaks",
        "temperature": "of the drawing, above 0; default is the model's own",
        "seconds": "after which a piece of text that has not ended is cut; default is by its length",
        "batch": f"pieces of text at once; default is {BATCH_PIECES}",
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        codec: str | None = None,
        speaker: str | None = None,
        speakers: str | None = None,
        cast: str | None = None,
        language: str | None = None,
        temperature: str | None = None,
        seconds: str | None = None,
        batch: str | None = None,
        *,
        loaded: Family | None = None,
    ):
        """Load the model; the options are described in `options`.

        Args:
            loaded: family that is already in memory, instead of loading the folder
        """
        super().__init__(device, dtype, injected=loaded is not None)
        folder = weights.locate(model, BARK_WEIGHTS)
        config = read_config(folder)
        self._traits = find_traits(folder, config)
        settings = FamilySettings(
            folder,
            config,
            self.device,
            self.dtype,
            codec,
            language,
            _above_zero(temperature, "temperature"),
            _above_zero(seconds, "seconds"),
        )
        self.family: Family = loaded or self.load_within_memory(lambda: self._traits.make(settings))
        self.speaker, self.speakers = speaker, read_mapping_file(speakers, "speakers")
        self.batch_size = max(1, int(_above_zero(batch, "batch") or BATCH_PIECES))
        self.most_characters, self.joins_lines = self._traits.most_characters, self._traits.joins_lines
        self.markers = self._traits.tags
        self.cast = Cast(self._draw_voice, cast, with_words=self._traits.with_words)

        # Declare what it is.
        self.model_sha256 = model_digest(
            [weights.fingerprint(folder)],
            speaker=speaker,
            speakers=self.speakers,
            temperature=temperature,
            seconds=seconds,
            dtype=None if dtype == "auto" else dtype,
        )
        licence = licence_of(folder)
        self.capabilities = Capabilities(
            moves=frozenset({"energy", "rate"} if self._traits.paced else {"energy"}),
            languages=tuple(self.family.languages),
            licences=Licences("Apache-2.0", licence, output_licence(licence)),
            sample_rate=self.family.sample_rate,
            deterministic=self.runs_on_cpu,
            word_times=False,
            instruction=self._traits.scene,
            reference=self._traits.imitates,
            sounds=list_sounds(self.markers),
        )

    @classmethod
    def require_library(cls) -> str:
        """Return the version of transformers (see `NeuralEngine.require_library`)."""
        return require_transformers()

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return what of the mix this family cannot be given, one phrase."""
        category = strongest(direction.mix)
        if category is None or self._traits.scene:
            return []
        if self._traits.tags and sound_tag(self._traits.tags, direction.mix):
            return [f"category {category[0]!r} but by the sound {sound_tag(self._traits.tags, direction.mix)}"]
        return [f"category {category[0]!r} but by {' and '.join(sorted(self.capabilities.moves))}"]

    def pieces(self, request: BatchLine) -> list[Piece]:
        """Return the pieces of a line, each with its voice (see `NeuralEngine.pieces`)."""
        persona, direction, traits = request.persona, request.direction, self._traits
        texts = self.text_pieces(request)
        speaker, recording = self.model_voice(persona, request.language), self._recording(persona)
        rate = direction.moves.rate * persona.voice.rate if traits.paced else 1.0
        scene = voice_and_instruction(persona, direction) if traits.scene else ""
        return [Piece(text, request.language, speaker, recording, rate, scene) for text in texts]

    def speak_batch(self, pieces: Sequence[Piece]) -> list[Samples]:
        """Speak several pieces at once (see `NeuralEngine.speak_batch`)."""
        return self.family.speak(pieces)

    def batch_key(self, piece: Piece) -> object:
        """Return what pieces that the family speaks at once have in common."""
        return self.family.batch_key(piece)

    def model_voice(self, persona: Persona, language: str) -> str | None:
        """Return the voice of the model that plays a persona; None for models without any.

        Raises:
            UsageError: if the persona has none, with those of its language
            UnknownNameError: if the model does not have it
        """
        names = self.family.speakers
        if not names and not self.speakers.get(persona.name, self.speaker):
            return None
        of_language = [name for name in names if "/" not in name or f"/{language}_" in name]
        return self.choose_voice(persona, names, offered=of_language)

    def _recording(self, persona: Persona) -> VoiceRecording | None:
        if not self._traits.imitates:
            return None
        if self._traits.draws:
            return self.cast.recording(persona)
        recording = own_recording(persona, with_words=self._traits.with_words)
        if recording is None:
            raise UsageError(
                f"persona {persona.name!r} has no recording, and this model has no voice of its own; give the "
                "persona a voice.reference (with consent)"
            )
        return recording

    def _draw_voice(self, persona: Persona, seed: int) -> VoiceRecording:
        """Speak the calibration without a recording to imitate, in a voice of the model's making."""
        piece = Piece(CALIBRATION, "en", scene=describe_voice(persona) if self._traits.scene else "")
        return VoiceRecording(self.speak([piece], [seed])[0], self.family.sample_rate, CALIBRATION)


def find_traits(folder: Path, config: Mapping[str, Any]) -> Traits:
    """Return the traits of the family whose model a folder holds.

    Raises:
        UsageError: if it is none of `FAMILIES`
    """
    kind = str(config["model_type"])
    if kind not in FAMILIES:
        raise UsageError(
            f"{folder}: holds a model of the kind {kind!r}; engine 'transformers' speaks with: {', '.join(FAMILIES)}"
        )
    return FAMILIES[kind]


def _above_zero(text: str | None, option: str) -> float | None:
    value = None if text is None else parse_number(text, option)
    if value == 0:
        raise UsageError(f"{option}=0 makes no sense; expected a number above 0")
    return value
