"""Opening Chatterbox through its package: which of its three models a folder holds, and every fault in one sentence."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from voiceact.errors import MissingExtraError, UsageError

ENGINE = "chatterbox"
LANGUAGES = ("en", "ar", "da", "de", "el", "es", "fi", "fr", "he", "hi", "it", "ja", "ko", "ms", "nl", "no", "pl", "pt", "ru",
             "sv", "sw", "tr", "zh")
FILES = {
    "english": ("t3_cfg.safetensors", "ve.safetensors", "s3gen.safetensors", "tokenizer.json"),
    "multilingual": ("t3_mtl23ls_v2.safetensors", "ve.pt", "s3gen.pt", "grapheme_mtl_merged_expanded_v1.json"),
    "turbo": ("t3_turbo_v1.safetensors", "ve.safetensors", "s3gen_meanflow.safetensors", "tokenizer_config.json"),
}
"""variant -> the files its from_local opens (release 0.1.7); the first of them tells which it is"""
VARIANTS = tuple(FILES)


def require_library() -> str:
    """The version of chatterbox-tts.

    Raises:
        MissingExtraError: if it or torch is not installed
        UsageError: if its watermarker cannot be loaded
    """
    try:
        with redirect_stdout(sys.stderr):
            import chatterbox.tts  # noqa: F401
            import perth
    except ImportError as error:
        raise MissingExtraError(f"engine {ENGINE!r}", ENGINE) from error
    if perth.PerthImplicitWatermarker is None:
        raise UsageError("the watermarker of chatterbox-tts cannot be loaded, and nothing is spoken without it; it needs "
                         "pkg_resources: pip install 'setuptools<81'")
    from importlib.metadata import version

    return version("chatterbox-tts")


def variant_in(folder: Path, asked: str | None) -> str:
    """The variant that is meant, whole in the folder.

    Raises:
        UsageError: no such variant, or files missing
    """
    if asked is not None and asked not in FILES:
        raise UsageError(f"variant={asked!r} is not known; expected {', '.join(FILES)}")
    found = asked or next((name for name, files in FILES.items() if (folder / files[0]).is_file()), None)
    if found is None:
        raise UsageError(f"{folder} holds no Chatterbox; expected one of {', '.join(files[0] for files in FILES.values())}")
    missing = [name for name in FILES[found] if not (folder / name).is_file()]
    if missing:
        raise UsageError(f"{folder} lacks {', '.join(missing)} of the variant {found}; fetch the weights again")
    return found


@contextmanager
def offline() -> Iterator[None]:
    """Nothing is fetched in passing: the multilingual tokenizer would ask the hub for a table of Chinese characters."""
    from huggingface_hub import constants

    before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def languages_of(model: Any, variant: str) -> tuple[str, ...]:
    """What a loaded model speaks: Chinese only where its table of characters was found."""
    if variant != "multilingual":
        return ("en",)
    table = getattr(getattr(model.tokenizer, "cangjie_converter", None), "word2cj", None)
    return LANGUAGES if table else tuple(code for code in LANGUAGES if code != "zh")


def load(folder: Path, variant: str, device: Any) -> Any:
    """The package's model with all of its weights, in float32.

    Raises:
        UsageError: cut short, of another architecture, or more than weights
    """
    from chatterbox.mtl_tts import ChatterboxMultilingualTTS
    from chatterbox.tts import ChatterboxTTS
    from chatterbox.tts_turbo import ChatterboxTurboTTS

    from voiceact.runtime.transformers_loading import check_parameters, opening

    kind = {"english": ChatterboxTTS, "multilingual": ChatterboxMultilingualTTS, "turbo": ChatterboxTurboTTS}[variant]
    with opening(folder), offline(), redirect_stdout(sys.stderr):
        model = kind.from_local(folder, str(device))
    if variant == "english":
        # This one of the package's loadings is lenient, and what it misses would stay as it was drawn.
        check_parameters(folder / "s3gen.safetensors", model.s3gen)
    return model
