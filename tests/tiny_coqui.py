"""Models of coqui-tts with random weights, as small as its classes allow, on disk as the published ones are."""

import json
import string
from pathlib import Path
from typing import Any

LETTERS = string.ascii_lowercase + ".,!?'- "
AUDIO_TOKENS = 16
"""at most in a sentence: random weights seldom stop by themselves"""


def save_tiny_xtts(folder: Path, languages: tuple[str, ...] = ("en", "de", "zh-cn"), *, seed: int = 0, **sizes: Any) -> Path:
    """An XTTS of 23 million parameters (its vocoder cannot be made smaller): config.json, model.pth, vocab.json.

    sizes: arguments of XttsArgs that are to be others
    """
    import torch
    from tokenizers import Tokenizer, models
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    folder.mkdir(parents=True, exist_ok=True)
    words = ["[STOP]", "[UNK]", "[SPACE]", *(f"[{code}]" for code in languages), "[START]", *LETTERS]
    vocabulary = {word: number for number, word in enumerate(words)}
    Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]")).save(str(folder / "vocab.json"))
    args = XttsArgs(
        **(
            {
                "gpt_layers": 2,
                "gpt_n_model_channels": 64,
                "gpt_n_heads": 2,
                "gpt_max_audio_tokens": AUDIO_TOKENS,
                "gpt_max_text_tokens": 302,
                "gpt_max_prompt_tokens": 20,
                "gpt_num_audio_tokens": 34,
                "gpt_start_audio_token": 32,
                "gpt_stop_audio_token": 33,
                "gpt_use_perceiver_resampler": True,
                "decoder_input_dim": 64,
                "d_vector_dim": 512,
                "tokenizer_file": str(folder / "vocab.json"),
                "gpt_number_text_tokens": len(vocabulary),
                "gpt_start_text_token": vocabulary["[START]"],
                "gpt_stop_text_token": 0,
            }
            | sizes
        )
    )
    config = XttsConfig(model_args=args, languages=list(languages))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Xtts(config)
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    config.save_json(folder / "config.json")
    return folder


def save_studio_speakers(folder: Path, *names: str) -> None:
    """Voices that come with a tiny XTTS, as in the published speakers_xtts.pth."""
    import torch

    drawn = torch.Generator().manual_seed(1)
    torch.save(
        {
            name: {
                "gpt_cond_latent": torch.randn(1, 32, 64, generator=drawn),
                "speaker_embedding": torch.nn.functional.normalize(torch.randn(1, 512, 1, generator=drawn), dim=1),
            }
            for name in names
        },
        folder / "speakers_xtts.pth",
    )


TINY_VITS: dict[str, Any] = {
    "hidden_channels": 16,
    "hidden_channels_ffn_text_encoder": 16,
    "num_heads_text_encoder": 2,
    "num_layers_text_encoder": 1,
    "num_layers_posterior_encoder": 1,
    "num_layers_flow": 1,
    "upsample_initial_channel_decoder": 16,
    "upsample_rates_decoder": [8, 8, 2, 2],
    "upsample_kernel_sizes_decoder": [16, 16, 4, 4],
    "resblock_kernel_sizes_decoder": [3],
    "resblock_dilation_sizes_decoder": [[1, 3, 5]],
}


def save_tiny_vits(
    folder: Path, speakers: tuple[str, ...] = ("anna", "bob"), sizes: dict[str, Any] = TINY_VITS, **config: Any
) -> Path:
    """A VITS of 1.3 million parameters: config.json, model.pth and, for several speakers, speakers.json.

    sizes: arguments of VitsArgs; none are those of the published models
    config.json names speakers.json by a path that is not there, as one that was made on another machine does.
    """
    import torch
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    folder.mkdir(parents=True, exist_ok=True)
    several = len(speakers) > 1
    ids = folder / "speakers.json"
    if several:
        ids.write_text(json.dumps({name: number for number, name in enumerate(speakers)}))
    args = VitsArgs(
        **sizes,
        init_discriminator=False,
        **({"use_speaker_embedding": True, "speaker_embedding_channels": 8, "speakers_file": str(ids)} if several else {}),
    )
    made = VitsConfig(
        **{
            "model_args": args,
            "text_cleaner": "basic_cleaners",
            "use_phonemes": False,
            "phoneme_language": "en-us",
            **({"speakers_file": str(ids)} if several else {}),
            **config,
        }
    )
    made.characters = CharactersConfig(
        characters_class="TTS.tts.models.vits.VitsCharacters",
        pad="<PAD>",
        eos="<EOS>",
        bos="<BOS>",
        blank="<BLNK>",
        characters=string.ascii_letters + "äöüß",
        punctuations="!'(),-.:;? ",
        phonemes="",
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save({"model": Vits(made).state_dict()}, folder / "model.pth")
    made.save_json(folder / "config.json")
    if several:
        text = (folder / "config.json").read_text()
        (folder / "config.json").write_text(text.replace(str(ids), "/nowhere/speakers.json"))
    return folder
