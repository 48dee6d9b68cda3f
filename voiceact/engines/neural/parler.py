"""Parler-TTS: a voice and its acting described in one or two sentences.

    from voiceact.engines.neural.parler import ParlerEngine

    engine = ParlerEngine(model="~/parler-tts-mini-expresso")

docs/engines/parler.md lists the words it was trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact.acting.controls import describe_speech
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.engines.neural.common import as_samples
from voiceact.engines.remote.client import parse_number, read_mapping_file
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.seeds import draw_integer
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS
from voiceact.runtime.transformers_loading import lacking, load_tokenizer, opening, quiet, read_config
from voiceact.runtime.weight_licences import licence_of, output_licence

PARLER_WEIGHTS = "parler-tts-mini-expresso"
SPEAKER_NAMES = {"female": ("Elisabeth", "Talia"), "male": ("Jerry", "Thomas")}
"""voices of the default weights, by their card; a name keeps a persona one person"""


@dataclass(frozen=True)
class DescribedText:
    """A piece of text with the description of how it is spoken."""

    text: str
    description: str


@dataclass(frozen=True)
class ParlerModel:
    """The loaded model.

    Attributes:
        model: the package's model
        tokenizer: of the text that is read
        description_tokenizer: of the description
    """

    model: Any
    tokenizer: Any
    description_tokenizer: Any


class ParlerEngine(NeuralEngine[DescribedText]):
    """Parler-TTS.

    It counts the padding of a text among its positions, so that a text is read otherwise beside a longer one: only the pieces
    of one line are spoken together.

    Attributes:
        parler: model and tokenizers
    """

    name = "parler"
    reaches_out = False
    modules = ("parler_tts",)
    most_characters = 250
    batch_size = 4
    card = Card(
        "a description in words, level",
        ("en",),
        Licences("Apache-2.0", "CC-BY-NC-4.0 (mini-expresso); Apache-2.0 (mini and large v1)", "as the weights"),
        ("parler-tts", "torch"),
        "parler",
        isolated=True,
    )
    options = {
        **COMMON_OPTIONS,
        "speaker": "a name the model knows, for every persona",
        "speakers": Option("a JSON file: persona -> a name the model knows", "a file"),
        "temperature": "of the drawing, above 0; default is the model's own",
        "seconds": "after which a piece of text that has not ended is cut; default is the model's own limit",
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        speaker: str | None = None,
        speakers: str | None = None,
        temperature: str | None = None,
        seconds: str | None = None,
        *,
        loaded: ParlerModel | None = None,
    ):
        """Load the model; the options are described in `options`.

        Args:
            loaded: model that is already in memory, instead of loading the folder
        """
        super().__init__(device, dtype, injected=loaded is not None)
        folder = weights.locate(model, PARLER_WEIGHTS)
        self.parler = loaded or self.load_within_memory(lambda: load_parler(folder, self.device, self.dtype))
        self.speaker, self.speakers = speaker, read_mapping_file(speakers, "speakers")
        lock = weights.read_lock(folder)
        self._has_default_voices = bool(lock and lock.name == PARLER_WEIGHTS)

        # Collect the keyword arguments of generate.
        self._generation: dict[str, Any] = {"do_sample": True, "return_dict_in_generate": True}
        if temperature:
            self._generation["temperature"] = parse_number(temperature, "temperature")
        if seconds:
            frames = float(self.parler.model.audio_encoder.config.frame_rate)
            # The last codebook of a frame comes that many steps after its first.
            delay = self.parler.model.decoder.num_codebooks + 1
            self._generation["max_new_tokens"] = round(parse_number(seconds, "seconds") * frames) + delay

        # Declare what it is.
        self.model_sha256 = model_digest(
            [weights.fingerprint(folder)],
            dtype=None if dtype == "auto" else dtype,
            speaker=speaker,
            speakers=self.speakers,
            temperature=temperature,
            seconds=seconds,
        )
        licence = licence_of(folder)
        self.capabilities = Capabilities(
            moves=frozenset({"energy"}),
            languages=("en",),
            licences=Licences("Apache-2.0", licence, output_licence(licence)),
            sample_rate=int(self.parler.model.config.sampling_rate),
            deterministic=self.runs_on_cpu,
            word_times=False,
            instruction=True,
        )

    def pieces(self, request: BatchLine) -> list[DescribedText]:
        """Return the pieces of a line, each with the description (see `NeuralEngine.pieces`)."""
        texts = self.text_pieces(request)
        persona = request.persona
        if persona.voice.reference:
            raise UsageError(
                f"persona {persona.name!r} has a recording, and Parler-TTS imitates none; take an engine "
                "that does, or a persona without one"
            )
        described = describe_speech(persona, request.direction, self.voice_name(persona))
        return [DescribedText(text, described) for text in texts]

    def voice_name(self, persona: Persona) -> str | None:
        """Return a name that the model knows; None, with a warning, if the persona has none."""
        chosen = self.speakers.get(persona.name, self.speaker)
        if chosen:
            return str(chosen)
        if self._has_default_voices:
            names = SPEAKER_NAMES.get(persona.gender, (*SPEAKER_NAMES["female"], *SPEAKER_NAMES["male"]))
            return names[draw_integer(persona.name) % len(names)]
        self.warn(
            f"persona {persona.name!r} has no name that the model knows, so each line may be another person's; give "
            "speaker=NAME, or speakers=FILE.json",
            once=persona.name,
        )
        return None

    def speak_batch(self, pieces: Sequence[DescribedText]) -> list[Samples]:
        """Speak several pieces at once (see `NeuralEngine.speak_batch`)."""
        texts, descriptions = [piece.text for piece in pieces], [piece.description for piece in pieces]
        prompt = self.parler.tokenizer(texts, return_tensors="pt", padding=True).to(self.device)
        described = self.parler.description_tokenizer(descriptions, return_tensors="pt", padding=True).to(self.device)
        with quiet("parler_tts"):
            output = self.parler.model.generate(
                input_ids=described.input_ids,
                attention_mask=described.attention_mask,
                prompt_input_ids=prompt.input_ids,
                prompt_attention_mask=prompt.attention_mask,
                **self._generation,
            )
        if min(output.audios_length) <= 1:
            raise VoiceactError("Parler-TTS ended before it had said anything; take another seed")
        return [as_samples(wave[:length]) for wave, length in zip(output.sequences, output.audios_length, strict=True)]


def load_parler(folder: Path, device: Any, dtype: Any) -> ParlerModel:
    """Load the model with all of its weights, and its tokenizers.

    Raises:
        UsageError: files missing, cut short, of another architecture, or more than weights
    """
    from parler_tts import ParlerTTSForConditionalGeneration

    kind = read_config(folder)["model_type"]
    if kind != "parler_tts":
        raise UsageError(f"{folder}: holds a model of the kind {kind!r}; expected parler_tts")
    with opening(folder), quiet("parler_tts"):
        model, report = ParlerTTSForConditionalGeneration.from_pretrained(
            folder, torch_dtype=dtype, local_files_only=True, output_loading_info=True
        )
    if report["missing_keys"]:
        raise lacking(folder, sorted(report["missing_keys"]))
    tokenizer = load_tokenizer(folder)
    # Models of several languages tokenize the description in another way than the text.
    separate = folder / "description_tokenizer"
    described = load_tokenizer(separate) if separate.is_dir() else tokenizer
    return ParlerModel(model.to(device).eval(), tokenizer, described)
