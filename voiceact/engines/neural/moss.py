"""MOSS-TTS-Local as LAION taught it to act: an instruction in words carries the performance, a recording the voice.

    from voiceact.engines.neural.moss import MossEngine

    engine = MossEngine(model="~/moss-voice-acting", codec="~/moss-audio-tokenizer", remote_code="yes")

The model's own Python code, which lies beside its weights, does the work, so that nothing is loaded until the user allows it.
Its weights were not available; its calls are tested with a small model of the same interface. docs/engines/moss.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact.acting.controls import describe_voice, list_sounds, named_sounds, sound_tag, strongest, voice_and_instruction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, write
from voiceact.engines.base import CALIBRATION, BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.reference import Cast, VoiceRecording
from voiceact.engines.remote.client import parse_number
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, seeded, yes
from voiceact.runtime.transformers_loading import opening, quiet, require_transformers
from voiceact.runtime.weight_licences import licence_of, output_licence

MOSS_WEIGHTS, CODEC_WEIGHTS = "moss-voice-acting", "moss-audio-tokenizer"
MOSS_RATE = 48_000
LANGUAGE_NAMES = {"en": "English", "de": "German"}
TOKENS_A_WORD = 6
"""tokens that a word takes, 12.5 of them a second (the model's card); the count sets the length of the speech"""
CODEBOOKS = 12
SAMPLING = {"audio_temperature": 0.8, "audio_top_p": 0.95, "audio_top_k": 25, "audio_repetition_penalty": 1.1}
"""drawing as the model's card advises"""
NEUTRAL_INSTRUCTION = "Speaks plainly, without any feeling."


@dataclass(frozen=True)
class MossModel:
    """The loaded model.

    Attributes:
        model: generates codes
        processor: makes the model's input of a message, and sound of its codes
    """

    model: Any
    processor: Any


@dataclass(frozen=True)
class Performance:
    """What the model is given for a piece of text.

    Attributes:
        text: words to say
        instruction: how; empty for a plain reading in a cloned voice
        language: name of the language, in English
        tokens: length asked for
        reference: codes of the recording whose voice is imitated; None lets the instruction describe the voice
    """

    text: str
    instruction: str
    language: str
    tokens: int
    reference: Any = None


class MossEngine(NeuralEngine[Performance]):
    """LAION's MOSS-TTS-Local voice acting.

    Attributes:
        moss: model and processor
        cast: the recording that each persona's voice is cloned from
    """

    name = "moss"
    reaches_out = False
    modules = ("transformers", "torch")
    most_characters = 300
    neutral_instruction = NEUTRAL_INSTRUCTION
    card = Card(
        "an instruction in words with one sound in it, the persona's recording, rate, level "
        "(written against the published interface, not run)",
        tuple(LANGUAGE_NAMES),
        Licences("Apache-2.0", "Apache-2.0; the codec's own", "no restriction by the model's licence"),
        ("transformers", "torch"),
        "transformers",
    )
    options = {
        **COMMON_OPTIONS,
        "codec": Option("a folder with MOSS-Audio-Tokenizer-v2; default is what `voiceact model fetch` put in place", "a file"),
        "remote_code": "yes lets the Python code in both folders run, without which the model cannot be loaded",
        "cast": Option(
            "a folder that keeps a recording of each persona without one, from which its voice is cloned; "
            "without it every line draws a voice that the words describe",
            "a file",
        ),
        "temperature": f"of the drawing, above 0; default is {SAMPLING['audio_temperature']}",
    }

    def __init__(
        self,
        model: str | None = None,
        codec: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        remote_code: str = "no",
        cast: str | None = None,
        temperature: str | None = None,
        *,
        loaded: MossModel | None = None,
    ):
        """Load the model; the options are described in `options`.

        Args:
            loaded: model that is already in memory, instead of loading the folders
        """
        allowed = yes(remote_code, "remote_code")
        super().__init__(device, dtype, injected=loaded is not None)
        if loaded is None and not allowed:
            raise UsageError(
                "engine 'moss' runs Python code that lies beside the weights (modeling and processing of MOSS-TTS); read it, "
                "and allow it with remote_code=yes"
            )
        folder, codec_folder = weights.locate(model, MOSS_WEIGHTS), weights.locate(codec, CODEC_WEIGHTS)
        self.moss = loaded or self.load_within_memory(lambda: load_moss(folder, codec_folder, self.device, self.dtype))
        self._sampling = dict(SAMPLING)
        if temperature:
            self._sampling["audio_temperature"] = parse_number(temperature, "temperature")
        self._keeps_voices = cast is not None
        self.cast = Cast(self._draw_voice, cast)
        self._codes: dict[tuple[str, str], Any] = {}

        # Declare what it is.
        self.model_sha256 = model_digest(
            [weights.fingerprint(folder), weights.fingerprint(codec_folder)],
            dtype=None if dtype == "auto" else dtype,
            temperature=temperature,
        )
        licence = " AND ".join(dict.fromkeys((licence_of(folder), licence_of(codec_folder))))
        self.capabilities = Capabilities(
            moves=frozenset({"energy", "rate"}),
            languages=tuple(LANGUAGE_NAMES),
            licences=Licences("Apache-2.0", licence, output_licence(licence)),
            sample_rate=MOSS_RATE,
            deterministic=self.runs_on_cpu,
            word_times=False,
            instruction=True,
            reference=True,
            sounds=list_sounds(self.name),
        )

    @classmethod
    def require_library(cls) -> str:
        """Return the version of transformers (see `NeuralEngine.require_library`)."""
        return require_transformers()

    def pieces(self, request: BatchLine) -> list[Performance]:
        """Return the pieces of a line, each with its instruction (see `NeuralEngine.pieces`).

        The first sound that the text names, else that of the category ("(sighing)"), stands in the instruction of the first
        piece alone.
        """
        texts = self.text_pieces(request)
        persona, direction = request.persona, request.direction
        reference = self.voice_codes(persona)
        if reference is None:
            instruction = voice_and_instruction(persona, direction)
        else:
            # A recording is imitated best without an instruction, so a plain reading has none.
            instruction = direction.instruction if strongest(direction.mix) else ""
        named = named_sounds(self.name, request.text)
        sound = named[0][1] if named else sound_tag(self.name, direction.mix)
        return [
            Performance(
                text,
                f"{instruction} {sound}".strip() if sound and number == 0 else instruction,
                LANGUAGE_NAMES[request.language],
                count_tokens(text, direction.moves.rate),
                reference,
            )
            for number, text in enumerate(texts)
        ]

    def speak_batch(self, pieces: Sequence[Performance]) -> list[Samples]:
        """Speak pieces one by one from the current state of the random generators."""
        return [self._generate(piece) for piece in pieces]

    def voice_codes(self, persona: Persona) -> Any:
        """Return the codes of the recording whose voice speaks; None where words describe it.

        Raises:
            UsageError: a recording without consent, too short, or one that cannot be read
        """
        if not persona.voice.reference and not self._keeps_voices:
            self.warn(
                f"persona {persona.name!r} has no recording, so each line may be another person's; give it a voice.reference "
                "(with consent), or cast=FOLDER",
                once=persona.name,
            )
            return None
        return self._encode(self.cast.recording(persona), persona)

    def _encode(self, recording: VoiceRecording, persona: Persona) -> Any:
        from tempfile import TemporaryDirectory

        key = (persona.name, f"{persona.description}{persona.voice}")
        if key not in self._codes:
            # The processor takes a file. What Cast read may be a FLAC, or lie in no file at all.
            with TemporaryDirectory() as folder:
                path = Path(folder) / "voice.wav"
                write(path, recording.samples, recording.rate)
                self._codes[key] = self.moss.processor.encode_audios_from_path([str(path)], n_vq=CODEBOOKS)
        return self._codes[key]

    def _draw_voice(self, persona: Persona, seed: int) -> VoiceRecording:
        """Speak the calibration in a voice that the persona's words describe."""
        instruction = f"{describe_voice(persona)} {NEUTRAL_INSTRUCTION}"
        language = persona.language.partition("-")[0]
        piece = Performance(
            CALIBRATION, instruction, LANGUAGE_NAMES.get(language, LANGUAGE_NAMES["en"]), count_tokens(CALIBRATION, 1.0)
        )
        with seeded(seed, self.device, self.name):
            return VoiceRecording(self._generate(piece), MOSS_RATE, CALIBRATION)

    def _generate(self, piece: Performance) -> Samples:
        processor = self.moss.processor
        arguments: dict[str, Any] = {"text": piece.text, "language": piece.language, "tokens": piece.tokens}
        if piece.instruction:
            arguments["instruction"] = piece.instruction
        if piece.reference is not None:
            arguments["reference"] = piece.reference
        inputs = processor([[processor.build_user_message(**arguments)]], mode="generation")
        with quiet():
            output = self.moss.model.generate(
                input_ids=inputs["input_ids"].to(self.device),
                attention_mask=inputs["attention_mask"].to(self.device),
                # Nothing ends a reading that lost its thread but this: more than twice the length, and a reserve.
                max_new_tokens=round(2.2 * piece.tokens) + 300,
                do_sample=True,
                **self._sampling,
            )
        sounds = [sound for message in processor.decode(output)[:1] for sound in message.audio_codes_list]
        if not sounds:
            raise VoiceactError(f"MOSS gave no sound for {piece.text[:60]!r}; take another seed")
        return mix_to_mono(sounds[0])


def count_tokens(text: str, rate: float) -> int:
    """Return the length to ask for, in tokens of 80 ms, for words that are spoken `rate` times as fast as usual."""
    return max(1, round(TOKENS_A_WORD * len(text.split()) / rate))


def mix_to_mono(sound: Any) -> Samples:
    """Return float32 [n] of a tensor or array, [n] or [channels, n]: the mean of the channels."""
    return as_samples(sound.mean(0) if getattr(sound, "ndim", 0) > 1 else sound)


def load_moss(folder: Path, codec: Path, device: Any, dtype: Any) -> MossModel:
    """Load model and processor by the Python code in their folders, which the user has allowed.

    Args:
        folder: weights and code of the model
        codec: weights and code of its audio tokenizer
        device: torch device
        dtype: torch dtype

    Raises:
        UsageError: files missing, damaged, or code that asks for another package
    """
    import transformers

    library: Any = transformers
    load: Callable[..., Any] = library.AutoModel.from_pretrained
    with opening(folder), quiet():
        processor = library.AutoProcessor.from_pretrained(
            folder, trust_remote_code=True, local_files_only=True, codec_path=str(codec)
        )
        # Its card: attention by flash-attention 2 fails.
        model = load(folder, trust_remote_code=True, local_files_only=True, dtype=dtype, attn_implementation="sdpa")
    if hasattr(processor, "audio_tokenizer"):
        processor.audio_tokenizer = processor.audio_tokenizer.to(device)
    return MossModel(model.to(device).eval(), processor)
