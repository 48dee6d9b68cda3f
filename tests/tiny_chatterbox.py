"""Chatterbox with random weights, its language model as small as the package allows, on disk as ResembleAI/chatterbox is.

Its vocoder has one size, 264 million parameters: a gigabyte on disk, and some seconds for a sentence.
"""

import string
from pathlib import Path
from typing import Any

SMALL = {"intermediate_size": 64, "num_hidden_layers": 1}
"""of the package's table of backbones; its other sizes are built into other classes"""
SPEECH_TOKENS = 12
"""random weights do not stop by themselves, and the package's own limit is 1,000"""


def shrink() -> None:
    """The backbone of T3 as it is saved here, for all of the process."""
    from chatterbox.models.t3 import llama_configs

    llama_configs.LLAMA_CONFIGS["Llama_520M"].update(SMALL)


def save_tiny_chatterbox(folder: Path, *, seed: int = 0) -> Path:
    """ve.safetensors, t3_cfg.safetensors, s3gen.safetensors, tokenizer.json."""
    import torch
    from chatterbox.models.s3gen import S3Gen
    from chatterbox.models.t3 import T3
    from chatterbox.models.voice_encoder import VoiceEncoder
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    shrink()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name, model in (("ve", VoiceEncoder()), ("t3_cfg", T3()), ("s3gen", S3Gen())):
            save_file(
                {key: value.clone().contiguous() for key, value in model.state_dict().items()},
                str(folder / f"{name}.safetensors"),
            )
    _save_tokenizer(folder)
    return folder


def _save_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models

    letters = ["[STOP]", "[UNK]", "[SPACE]", *string.ascii_letters, ".", ",", "?", "!", "'"]
    # The token that starts a text is number 255 in the model's own configuration.
    words = letters + [f"<{number}>" for number in range(255 - len(letters))] + ["[START]"]
    Tokenizer(models.BPE(vocab={word: number for number, word in enumerate(words)}, merges=[], unk_token="[UNK]")).save(
        str(folder / "tokenizer.json")
    )


def hurry(model: Any) -> list[dict[str, Any]]:
    """Let a loaded model speak a few tokens in one step of its flow; what its own language model is told is kept."""
    told: list[dict[str, Any]] = []
    infer, vocode = model.t3.inference, model.s3gen.inference

    def short(**asked: Any) -> Any:
        told.append(asked)
        return infer(**{**asked, "max_new_tokens": SPEECH_TOKENS})

    model.t3.inference = short
    model.s3gen.inference = lambda *args, **asked: vocode(*args, **asked, n_cfm_timesteps=1)
    return told
