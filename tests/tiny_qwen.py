"""Qwen3-TTS with random weights, as small as its classes allow, on disk as Qwen/Qwen3-TTS-12Hz-* are published."""

import json
from pathlib import Path
from typing import Any

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tts_pad>", "<tts_text_bos>", "<tts_text_eod>"]


def save_tiny_qwen(folder: Path, kind: str, *, size: str = "1b7", seed: int = 0) -> Path:
    """kind: voice_design, custom_voice or base; size: 1b7 or 0b6, as the published configurations spell it."""
    import torch
    from qwen_tts.core.models import Qwen3TTSConfig, Qwen3TTSForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    ids = _save_tokenizer(folder)
    small = {
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "num_code_groups": 4,
        "initializer_range": 0.5,
    }
    config = Qwen3TTSConfig(
        talker_config={
            **small,
            "vocab_size": 1088,
            "num_hidden_layers": 1,
            "text_hidden_size": 32,
            "text_vocab_size": ids["size"],
            "codec_eos_token_id": 1000,
            "codec_think_id": 1001,
            "codec_nothink_id": 1002,
            "codec_think_bos_id": 1003,
            "codec_think_eos_id": 1004,
            "codec_pad_id": 1005,
            "codec_bos_id": 1006,
            "spk_id": {"vivian": 1007, "ryan": 1010},
            "spk_is_dialect": {"vivian": False, "ryan": False},
            "codec_language_id": {"english": 1008, "chinese": 1009},
            "rope_scaling": {"rope_type": "default", "mrope_section": [2, 3, 3], "interleaved": True},
            "code_predictor_config": {**small, "vocab_size": 64, "num_hidden_layers": 1},
        },
        speaker_encoder_config={
            "enc_dim": 32,
            "enc_channels": [16, 16, 16, 16, 48],
            "enc_attention_channels": 8,
            "enc_res2net_scale": 2,
            "enc_se_channels": 8,
        },
        tokenizer_type="qwen3_tts_tokenizer_12hz",
        tts_model_size=size,
        tts_model_type=kind,
        im_start_token_id=ids["<|im_start|>"],
        im_end_token_id=ids["<|im_end|>"],
        tts_pad_token_id=ids["<tts_pad>"],
        tts_bos_token_id=ids["<tts_text_bos>"],
        tts_eos_token_id=ids["<tts_text_eod>"],
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        Qwen3TTSForConditionalGeneration(config).save_pretrained(folder)
        _save_codec(folder / "speech_tokenizer")
    # What this release writes of itself it does not read; the published configurations do without.
    told = json.loads((folder / "config.json").read_text("utf-8"))
    told["speaker_encoder_config"] = {
        key: value
        for key, value in told["speaker_encoder_config"].items()
        if key in ("mel_dim", "sample_rate") or key.startswith("enc_")
    }
    (folder / "config.json").write_text(json.dumps(told), "utf-8")
    (folder / "generation_config.json").write_text(
        json.dumps({"max_new_tokens": 12, "temperature": 0.9, "do_sample": True}), "utf-8"
    )
    return folder


def _save_tokenizer(folder: Path) -> dict[str, int]:
    """Bytes as tokens, as Qwen2's tokenizer has them, without merges."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2TokenizerFast

    words = {word: number for number, word in enumerate([*sorted(ByteLevel.alphabet()), *SPECIAL])}
    (folder / "vocab.json").write_text(json.dumps(words), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    made = Qwen2TokenizerFast(
        str(folder / "vocab.json"),
        str(folder / "merges.txt"),
        unk_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL,
    )
    made.save_pretrained(folder)
    return {**words, "size": len(words) + 2}


def _save_codec(folder: Path) -> None:
    import torch
    from qwen_tts.core.tokenizer_12hz.configuration_qwen3_tts_tokenizer_v2 import Qwen3TTSTokenizerV2Config
    from qwen_tts.core.tokenizer_12hz.modeling_qwen3_tts_tokenizer_v2 import Qwen3TTSTokenizerV2Model
    from transformers import EncodecFeatureExtractor

    layer: dict[str, Any] = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
    }
    codec = Qwen3TTSTokenizerV2Model(
        Qwen3TTSTokenizerV2Config(
            encoder_config={
                **layer,
                "head_dim": 8,
                "num_filters": 4,
                "codebook_size": 64,
                "codebook_dim": 8,
                "num_quantizers": 4,
                "vector_quantization_hidden_dimension": 8,
                "num_semantic_quantizers": 1,
                "upsample_groups": 16,
            },
            decoder_config={
                **layer,
                "head_dim": 8,
                "codebook_size": 64,
                "codebook_dim": 8,
                "latent_dim": 16,
                "num_quantizers": 4,
                "decoder_dim": 96,
            },
            encoder_valid_num_quantizers=4,
        )
    )
    # What training fills is empty: without this all codes would be the same silence.
    with torch.no_grad():
        for name, values in (*codec.named_parameters(), *codec.named_buffers()):
            if name.endswith(("embedding_sum", "embed_sum")):
                values.copy_(torch.randn(values.shape))
            elif values.is_floating_point() and values.ndim > 1:
                values.copy_(torch.randn(values.shape) * 0.5 * values[0].numel() ** -0.5)
    codec.save_pretrained(folder)
    EncodecFeatureExtractor(sampling_rate=24_000).save_pretrained(folder)
