"""Whisper through transformers: any checkpoint of it, fine-tunes of other languages included, in batches."""

from collections.abc import Sequence
from typing import Any

from voiceact.audio import Samples, Sound
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, device_of, dtype_of, in_batches
from voiceact.runtime.transformers_loading import load_model, quiet
from voiceact.verify.backends.asr.pocketsphinx import prepared
from voiceact.verify.backends.common import RATE, folder_of, opening, revision

WINDOW = 30 * RATE
BATCH = 8
MOST_TOKENS = 440
"""the decoder has 448 places, and some are taken by what it is asked"""


class Whisper:
    """Implements `voiceact.verify.backends.base.Recognizer`."""

    needs, install = ("transformers", "torch"), install_command("transformers")
    reaches_out = False
    licence = "Apache-2.0; weights of Whisper MIT, of fine-tunes their own"
    options = {**COMMON_OPTIONS, "model": Option("a folder with Whisper as save_pretrained writes it", "a file")}
    paces: tuple[float, ...] = (1.0,)

    def __init__(self, model: str | None = None, device: str = "auto", dtype: str = "auto"):
        try:
            import torch  # noqa: F401
            import transformers
        except ImportError:
            raise MissingExtraError("recognizer 'whisper'", "transformers") from None
        library: Any = transformers
        folder = folder_of(model, "whisper", "FOLDER")
        self._device = device_of(device, "transformers")
        self._dtype = dtype_of(dtype, self._device, "transformers")
        self._model = load_model("WhisperForConditionalGeneration", folder, self._device, self._dtype)
        with opening(folder, "whisper"), quiet():
            self._processor = library.WhisperProcessor.from_pretrained(folder, local_files_only=True)
        words = len(self._processor.tokenizer)
        # The library makes an empty tokenizer of a missing one, and then hears nothing in everything.
        if words <= self._model.config.eos_token_id:
            raise UsageError(
                f"{folder}: its tokenizer has {words} tokens, and the model writes "
                f"{self._model.config.vocab_size}; tokenizer.json (or vocab.json and merges.txt) is missing, or "
                "another's"
            )
        self.name, self.revision = "whisper", revision("transformers", folder)

    def speaks(self, language: str) -> bool:
        """What the model's generation config names; English alone where it names nothing."""
        known = getattr(self._model.generation_config, "lang_to_id", None)
        own = language.split("-")[0]
        return f"<|{own}|>" in known if known else own == "en"

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        """What was said, in windows of 30 s."""
        return self.hear_all([(samples, rate)], language=language)[0]

    def hear_all(self, sounds: Sequence[Sound], *, language: str) -> list[str]:
        """Several sounds in one batch: each window is filled up to 30 s, so none hears the other."""
        pieces = [
            (at, sound[start : start + WINDOW])
            for at, (samples, rate) in enumerate(sounds)
            for sound in [prepared(samples, rate, RATE)]
            for start in range(0, max(len(sound), 1), WINDOW)
        ]
        heard = in_batches([piece for _, piece in pieces], BATCH, lambda batch: self._transcribe_batch(batch, language))
        return [
            " ".join(text for (owner, _), text in zip(pieces, heard, strict=True) if owner == at and text)
            for at in range(len(sounds))
        ]

    def _transcribe_batch(self, batch: Sequence[Samples], language: str) -> list[str]:
        import torch

        inputs = self._processor(list(batch), sampling_rate=RATE, return_tensors="pt", return_attention_mask=True)
        options: dict[str, Any] = {}
        if getattr(self._model.generation_config, "is_multilingual", False):
            options = {"language": language.split("-")[0], "task": "transcribe"}
        with torch.inference_mode(), quiet():
            tokens = self._model.generate(
                inputs.input_features.to(self._device, self._dtype),
                attention_mask=inputs.attention_mask.to(self._device),
                do_sample=False,
                num_beams=1,
                max_new_tokens=min(MOST_TOKENS, self._model.config.max_target_positions - 8),
                **options,
            )
        return [text.strip() for text in self._processor.batch_decode(tokens, skip_special_tokens=True)]
