"""Parler-TTS with random weights, as small as its classes allow, on disk as parler-tts/parler-tts-mini-* are."""

import string
from pathlib import Path


def save_tiny_parler(folder: Path, *, seed: int = 0) -> Path:
    """config.json, generation_config.json, model.safetensors and one tokenizer for what is read and what is described."""
    import torch
    from parler_tts import ParlerTTSConfig, ParlerTTSDecoderConfig, ParlerTTSForConditionalGeneration
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import DacConfig, GenerationConfig, PreTrainedTokenizerFast, T5Config

    words = {
        word: number
        for number, word in enumerate(["<pad>", "</s>", "<unk>", *string.ascii_letters, *string.digits, *" .,!?'-"])
    }
    made = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>", pad_token="<pad>", eos_token="</s>").save_pretrained(
        folder
    )
    text = T5Config(vocab_size=len(words), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    codec = DacConfig(
        encoder_hidden_size=4,
        downsampling_ratios=[8, 8, 4, 2],
        decoder_hidden_size=32,
        upsampling_ratios=[8, 8, 4, 2],
        n_codebooks=3,
        codebook_size=32,
        codebook_dim=4,
        hidden_size=64,
        sampling_rate=44_100,
    )
    decoder = ParlerTTSDecoderConfig(
        vocab_size=34,
        max_position_embeddings=512,
        num_hidden_layers=1,
        ffn_dim=16,
        num_attention_heads=2,
        hidden_size=16,
        num_codebooks=3,
        pad_token_id=32,
        bos_token_id=33,
        eos_token_id=32,
        initializer_factor=0.5,
    )
    config = ParlerTTSConfig.from_sub_models_config(text, codec, decoder, vocab_size=len(words))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = ParlerTTSForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        do_sample=True,
        max_length=60,
        min_new_tokens=20,
        pad_token_id=32,
        bos_token_id=33,
        eos_token_id=32,
        decoder_start_token_id=33,
        guidance_scale=1.0,
    )
    model.save_pretrained(folder)
    return folder
