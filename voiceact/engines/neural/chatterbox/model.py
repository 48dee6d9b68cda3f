"""Loading Chatterbox through its package: which of its three variants a folder holds, and one sentence for every fault."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from voiceact.errors import UsageError
from voiceact.runtime.transformers_loading import check_parameters, opening

CHATTERBOX_LANGUAGES = (
    "en",
    "ar",
    "da",
    "de",
    "el",
    "es",
    "fi",
    "fr",
    "he",
    "hi",
    "it",
    "ja",
    "ko",
    "ms",
    "nl",
    "no",
    "pl",
    "pt",
    "ru",
    "sv",
    "sw",
    "tr",
    "zh",
)
VARIANT_FILES = {
    "english": ("t3_cfg.safetensors", "ve.safetensors", "s3gen.safetensors", "tokenizer.json"),
    "multilingual": ("t3_mtl23ls_v2.safetensors", "ve.pt", "s3gen.pt", "grapheme_mtl_merged_expanded_v1.json"),
    "turbo": ("t3_turbo_v1.safetensors", "ve.safetensors", "s3gen_meanflow.safetensors", "tokenizer_config.json"),
}
"""variant -> the files its from_local opens (release 0.1.7); the first of them identifies the variant"""
VARIANTS = tuple(VARIANT_FILES)


def check_watermarker() -> None:
    """Raise UsageError if the watermarker of chatterbox-tts cannot be loaded."""
    with redirect_stdout(sys.stderr):
        import perth
    if perth.PerthImplicitWatermarker is None:
        raise UsageError(
            "the watermarker of chatterbox-tts cannot be loaded, and nothing is spoken without it; it needs "
            "pkg_resources: pip install 'setuptools<81'"
        )


def find_variant(folder: Path, variant: str | None) -> str:
    """Return the variant to load: the given one, or the first that the folder holds.

    Raises:
        UsageError: no such variant, or files missing
    """
    if variant is not None and variant not in VARIANT_FILES:
        raise UsageError(f"variant={variant!r} is not known; expected {', '.join(VARIANT_FILES)}")
    chosen = variant or next((name for name, files in VARIANT_FILES.items() if (folder / files[0]).is_file()), None)
    if chosen is None:
        expected = ", ".join(files[0] for files in VARIANT_FILES.values())
        raise UsageError(f"{folder} holds no Chatterbox; expected one of {expected}")
    missing = [name for name in VARIANT_FILES[chosen] if not (folder / name).is_file()]
    if missing:
        raise UsageError(f"{folder} lacks {', '.join(missing)} of the variant {chosen}; fetch the weights again")
    return chosen


@contextmanager
def offline() -> Iterator[None]:
    """Keep huggingface_hub from fetching: the multilingual tokenizer would download a table of Chinese characters."""
    from huggingface_hub import constants

    before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def languages_of(model: Any, variant: str) -> tuple[str, ...]:
    """Return what a loaded model speaks: Chinese only where its table of characters was found."""
    if variant != "multilingual":
        return ("en",)
    table = getattr(getattr(model.tokenizer, "cangjie_converter", None), "word2cj", None)
    return CHATTERBOX_LANGUAGES if table else tuple(code for code in CHATTERBOX_LANGUAGES if code != "zh")


def load_chatterbox(folder: Path, variant: str, device: Any) -> Any:
    """Load the package's model with all of its weights, in float32.

    Raises:
        UsageError: cut short, of another architecture, or more than weights
    """
    from chatterbox.mtl_tts import ChatterboxMultilingualTTS
    from chatterbox.tts import ChatterboxTTS
    from chatterbox.tts_turbo import ChatterboxTurboTTS

    model_class = {"english": ChatterboxTTS, "multilingual": ChatterboxMultilingualTTS, "turbo": ChatterboxTurboTTS}[variant]
    with opening(folder), offline(), redirect_stdout(sys.stderr):
        model = model_class.from_local(folder, str(device))
    if variant == "english":
        # The package loads this one leniently, and what is missing would stay random.
        check_parameters(folder / "s3gen.safetensors", model.s3gen)
    return model
