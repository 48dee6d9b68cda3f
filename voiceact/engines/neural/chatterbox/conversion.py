"""Chatterbox's voice conversion behind another engine: that one acts, a recording gives the voice.

    from voiceact.engines.neural.chatterbox.conversion import ConversionEngine

    engine = ConversionEngine(behind="embedded")

Delivery is the acting engine's, identity the recording's. Needs the chatterbox package; docs/engines/chatterbox-vc.md.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import msgspec
import numpy as np

from voiceact import audio
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import limit_true_peak, loudness_lufs
from voiceact.engines.base import CEILING_DB, Capabilities, Card, Engine, Licences, Take
from voiceact.engines.neural.base import model_digest
from voiceact.engines.neural.chatterbox.engine import CHATTERBOX_WEIGHTS, WATERMARKED, ChatterboxEngine
from voiceact.engines.neural.chatterbox.model import offline
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.reference import own_recording
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import device_of, seeded, within_memory
from voiceact.runtime.transformers_loading import check_parameters, opening
from voiceact.runtime.weight_licences import licence_of, output_licence

CONVERTER_FILE = "s3gen.safetensors"
SURVIVING = frozenset({"rate", "pause", "energy", "dynamics", "hesitation", "hold", "articulation", "stress", "fade"})
"""moves of timing and level: the converter keeps the order and length of sounds. Melody and the quality of the voice are made
anew in the recording's; how much of them survives was not measured, so none is promised"""


class ConversionEngine(Engine):
    """An engine whose takes are converted to the voice of the persona's recording.

    Attributes:
        acting: engine that speaks
        converter: the package's model
    """

    name = "chatterbox-vc"
    reaches_out = False
    card: ClassVar[Card] = Card(
        "timing and level of the engine that acts (behind=), the persona's recording "
        "(written against the package's interface, not run)",
        ("en",),
        Licences("MIT", "MIT", "no restriction by the model's licence" + WATERMARKED),
        ("chatterbox-tts", "torch"),
        "chatterbox",
        isolated=True,
    )
    options = {
        "model": Option(
            "a folder with s3gen.safetensors; default is what `voiceact model fetch chatterbox` put in place", "a file"
        ),
        "device": "auto, cpu, cuda or cuda:N",
        "behind": "name of the engine that acts; default is embedded",
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        behind: str = "embedded",
        *,
        acting: Engine | None = None,
        loaded: Any = None,
    ):
        """Load the converter and the engine that acts; the options are described in `options`.

        Args:
            acting: engine that is already loaded, instead of `behind`
            loaded: the package's converter that is already in memory, instead of loading the folder

        Raises:
            MissingExtraError: if the package is not installed
            UsageError: weights missing or damaged, or an engine behind itself
        """
        from voiceact.engines.registry import load_engine, spec_of

        if behind.partition(":")[0] == self.name:
            raise UsageError(f"behind={behind} is this engine itself; name the engine that acts, such as embedded")
        self._device = None
        self.version = "injected"
        if loaded is None:
            self.version = ChatterboxEngine.require_library()
            self._device = device_of(device, self.name)
        folder = weights.locate(model, CHATTERBOX_WEIGHTS)
        self.acting = acting or load_engine(behind)
        self.converter = loaded or within_memory(self._device, lambda: load_converter(folder, self._device))

        # Declare what it is.
        acted, licence = self.acting.capabilities, licence_of(folder)
        self.model_sha256 = model_digest([weights.fingerprint(folder), self.acting.model_sha256], behind=spec_of(self.acting))
        self.capabilities = Capabilities(
            moves=acted.moves & SURVIVING,
            languages=acted.languages,
            licences=Licences(
                f"MIT AND {acted.licences.code}",
                f"{licence} AND {acted.licences.weights}",
                output_licence(licence) + WATERMARKED,
            ),
            sample_rate=int(self.converter.sr),
            deterministic=acted.deterministic and (self._device is None or self._device.type == "cpu"),
            reference=True,
            word_times=acted.word_times,
        )

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` by the acting engine, and convert it (see `Engine.perform`).

        Raises:
            UsageError: a persona without a recording, or a recording without consent
            VoiceactError: the converter gave no sound
        """
        recording = own_recording(persona)
        if recording is None:
            raise UsageError(
                f"persona {persona.name!r} has no recording to whose voice it could be converted; give it a voice.reference "
                "(with consent), or take the engine that acts alone"
            )
        plain = msgspec.structs.replace(persona, voice=msgspec.structs.replace(persona.voice, reference=None))
        take = self.acting.perform(text, plain, direction, language=language, seed=seed)

        # Convert it; the package takes files.
        with TemporaryDirectory() as folder, seeded(seed, self._device, self.name):
            spoken, voice = Path(folder) / "spoken.wav", Path(folder) / "voice.wav"
            audio.write(spoken, take.samples, take.sample_rate)
            audio.write(voice, recording.samples, recording.rate)
            samples = as_samples(self.converter.generate(str(spoken), target_voice_path=str(voice)))
        if not len(samples) or not np.isfinite(samples).all():
            raise VoiceactError(f"the converter gave back no sound of {text[:60]!r}; take another seed")

        # Bring it to the level of what was acted, and the word times to its length.
        rate = int(self.converter.sr)
        levels = loudness_lufs(take.samples, take.sample_rate), loudness_lufs(samples, rate)
        gain = 10 ** ((levels[0] - levels[1]) / 20) if np.isfinite(levels).all() else 1.0
        speed = take.duration / (len(samples) / rate)
        words = tuple(word.at_speed(speed) for word in take.words)
        return Take(limit_true_peak(samples * np.float32(gain), rate, CEILING_DB), rate, seed, words)

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return what the acting engine cannot convey (see `Engine.unheard`)."""
        return self.acting.unheard(persona, direction)

    def close(self) -> None:
        """Close the acting engine."""
        self.acting.close()


def load_converter(folder: Path, device: Any) -> Any:
    """Load the package's converter with all of its weights.

    Raises:
        UsageError: missing, cut short, of another architecture, or more than weights
    """
    from chatterbox.vc import ChatterboxVC

    if not (folder / CONVERTER_FILE).is_file():
        raise UsageError(
            f"{folder} has no {CONVERTER_FILE}; expected the weights of Chatterbox (voiceact model fetch chatterbox)"
        )
    with opening(folder), offline():
        converter = ChatterboxVC.from_local(folder, str(device))
    check_parameters(folder / CONVERTER_FILE, converter.s3gen)
    return converter
