"""A Whisper of 16 channels with random weights, and the files that belong to it, as the hub has them."""

import json
from pathlib import Path

LANGUAGES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk "
    "te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo "
    "ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su"
).split()
WORDS = 50_257
SPECIAL = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{one}|>" for one in LANGUAGES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]
START, END, NO_TIMES = WORDS + 1, WORDS, WORDS + len(SPECIAL) - 1
SIZE = 51_865


def write_whisper(folder: Path, *, seed: int = 0, places: int = 448) -> Path:
    """Config, weights, tokenizer and feature extractor; the tokens are bytes, then letters with a number."""
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.WhisperConfig(
        vocab_size=SIZE,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        pad_token_id=END,
        bos_token_id=END,
        eos_token_id=END,
        decoder_start_token_id=START,
        suppress_tokens=None,
        begin_suppress_tokens=None,
        max_target_positions=places,
    )
    model = transformers.WhisperForConditionalGeneration(config)
    for weight in model.parameters():
        weight.data = torch.randn_like(weight) * 0.3 if weight.ndim > 1 else weight.data
    model.generation_config = transformers.GenerationConfig(
        is_multilingual=True,
        lang_to_id={f"<|{one}|>": START + 1 + at for at, one in enumerate(LANGUAGES)},
        task_to_id={"translate": START + 100, "transcribe": START + 101},
        no_timestamps_token_id=NO_TIMES,
        max_length=places,
        decoder_start_token_id=START,
        eos_token_id=END,
        pad_token_id=END,
        bos_token_id=END,
        prev_sot_token_id=START + 103,
        return_timestamps=False,
    )
    model.save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    _tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "WhisperTokenizer",
                "bos_token": SPECIAL[0],
                "eos_token": SPECIAL[0],
                "unk_token": SPECIAL[0],
                "pad_token": SPECIAL[0],
                "model_max_length": 448,
            }
        )
    )
    return folder


def _tokenizer():
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = pre_tokenizers.ByteLevel.alphabet()
    vocabulary = {letter: at for at, letter in enumerate(sorted(letters))}
    vocabulary |= {f"w{at}": at for at in range(len(letters), WORDS)}
    found = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    found.pre_tokenizer, found.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    found.add_special_tokens([AddedToken(one, special=True) for one in SPECIAL])
    found.add_tokens([AddedToken(f"<|{at * 0.02:.2f}|>", normalized=False) for at in range(SIZE - WORDS - len(SPECIAL))])
    return found
