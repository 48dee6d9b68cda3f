"""Text-to-speech models of transformers with random weights, as small as their classes allow, on disk as published ones are."""

import json
import string
from pathlib import Path
from typing import Any

LETTERS = string.ascii_letters + string.digits + ".,!?'-: "
CSM_TEMPLATE = (
    "{% for message in messages %}{% for part in message['content'] if part['type'] == 'text' %}"
    "{{ '<|begin_of_text|>[' + message['role'] + ']' + part['text'] + '<|end_of_text|>' }}{% endfor %}"
    "{% for part in message['content'] if part['type'] == 'audio' %}{{ '<|AUDIO|><|audio_eos|>' }}{% endfor %}{% endfor %}"
)
HIGGS_TEMPLATE = (
    "<|begin_of_text|>{% for message in messages %}{{ '<|start|>' + message['role'] + '<|end|>' }}"
    "{% for part in message['content'] %}{{ part['text'] if part['type'] == 'text' else "
    "'<|audio_out_bos|><|AUDIO_OUT|><|audio_eos|>' }}{% endfor %}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant<|end|><|audio_out_bos|>{% endif %}"
)
POCKET_TEMPLATE = (
    "{% for message in messages %}{% for part in message['content'] if part['type'] == 'audio' %}<voice_bos><voice>{% endfor %}"
    "{% for part in message['content'] if part['type'] == 'text' %}{{ part['text'] }}{% endfor %}{% endfor %}<audio_bos>"
)
VIBEVOICE_TEMPLATE = (
    "Transform the text. Voice input: {% for message in messages %}{% for part in message['content'] if part['type'] == 'audio' %}"
    "Speaker {{ message['role'] }}:<|vision_start|><|vision_pad|><|vision_end|>{% endfor %}{% endfor %} Text input: "
    "{% for message in messages %}{% for part in message['content'] if part['type'] == 'text' %}"
    "Speaker {{ message['role'] }}: {{ part['text'] }}{% endfor %}{% endfor %} Speech output:<|vision_start|>"
)


def letters_tokenizer(special: tuple[str, ...], **named: str) -> Any:
    """One token a character, and the special ones of a family, of which the first pads; some have a name."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {word: number for number, word in enumerate([*special, "[UNK]", *LETTERS])}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", pad_token=special[0], extra_special_tokens=named or list(special)
    )


def _seeded(make: Any, seed: int) -> Any:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


def save_tiny_vits(folder: Path, *, speakers: int = 3, language: str = "eng", seed: int = 0) -> Path:
    """As facebook/mms-tts-eng: config.json, model.safetensors, vocab.json, tokenizer_config.json."""
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {letter: number for number, letter in enumerate(["<pad>", *string.ascii_lowercase, " ", "'", "-"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    VitsTokenizer(
        str(folder / "vocab.json"), language=language, phonemize=False, is_uroman=False, pad_token="<pad>", unk_token="-"
    ).save_pretrained(folder)
    config = VitsConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        ffn_dim=16,
        flow_size=16,
        upsample_initial_channel=16,
        upsample_rates=[8, 8],
        upsample_kernel_sizes=[16, 16],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1, 3, 5]],
        posterior_encoder_num_wavenet_layers=1,
        prior_encoder_num_wavenet_layers=1,
        prior_encoder_num_flows=1,
        duration_predictor_filter_channels=16,
        num_speakers=speakers,
        speaker_embedding_size=8 if speakers > 1 else 0,
        spectrogram_bins=33,
    )
    _seeded(lambda: VitsModel(config), seed).save_pretrained(folder)
    return folder


def save_tiny_bark(folder: Path, *, seed: int = 0) -> Path:
    """As suno/bark-small: one folder, presets under speaker_embeddings/v2."""
    import numpy as np
    from transformers import (
        BarkCoarseConfig,
        BarkConfig,
        BarkFineConfig,
        BarkModel,
        BarkSemanticConfig,
        EncodecConfig,
        GenerationConfig,
    )
    from transformers.models.bark.generation_configuration_bark import (
        BarkCoarseGenerationConfig,
        BarkFineGenerationConfig,
        BarkSemanticGenerationConfig,
    )

    small = {"num_layers": 1, "num_heads": 2, "hidden_size": 16, "block_size": 256}
    tokenizer = letters_tokenizer(("[PAD]",))
    offset, semantic, codes = 48, 40, 16
    text_end = offset + len(tokenizer)
    coarse = semantic + 2 * codes
    codec = EncodecConfig(
        num_filters=2,
        num_residual_layers=1,
        upsampling_ratios=[8, 5, 4, 2],
        codebook_size=codes,
        hidden_size=8,
        codebook_dim=8,
        num_lstm_layers=1,
        target_bandwidths=[2.4],
    )
    config = BarkConfig(
        semantic_config=BarkSemanticConfig(**small, input_vocab_size=text_end + 2, output_vocab_size=offset).to_dict(),
        coarse_acoustics_config=BarkCoarseConfig(**small, input_vocab_size=coarse + 8, output_vocab_size=coarse + 8).to_dict(),
        fine_acoustics_config=BarkFineConfig(
            **small, input_vocab_size=codes + 1, output_vocab_size=codes + 1, n_codes_total=8, n_codes_given=1
        ).to_dict(),
        codec_config=codec.to_dict(),
    )
    model = _seeded(lambda: BarkModel(config), seed)
    # As published: a plain generation configuration with the three stages as mappings in it.
    model.generation_config = GenerationConfig(
        semantic_config=BarkSemanticGenerationConfig(
            eos_token_id=semantic,
            text_encoding_offset=offset,
            text_pad_token=text_end,
            semantic_infer_token=text_end + 1,
            semantic_vocab_size=semantic,
            max_new_tokens=24,
            max_input_semantic_length=64,
            do_sample=True,
            temperature=0.7,
        ).to_dict(),
        coarse_acoustics_config=BarkCoarseGenerationConfig(
            coarse_semantic_pad_token=coarse,
            coarse_infer_token=coarse + 1,
            max_coarse_input_length=64,
            max_coarse_history=60,
            sliding_window_len=20,
            do_sample=True,
            temperature=0.7,
        ).to_dict(),
        fine_acoustics_config=BarkFineGenerationConfig(
            max_fine_history_length=32, max_fine_input_length=64, n_fine_codebooks=8, temperature=0.5
        ).to_dict(),
        sample_rate=24_000,
        codebook_size=codes,
    )
    drawn = np.random.default_rng(seed)
    names = ("en_speaker_0", "en_speaker_9", "de_speaker_1")
    prompts = {
        f"v2/{name}": {
            "semantic_prompt": drawn.integers(0, semantic, 20),
            "coarse_prompt": drawn.integers(0, codes, (2, 30)),
            "fine_prompt": drawn.integers(0, codes, (8, 30)),
        }
        for name in names
    }
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "speaker_embeddings" / "v2").mkdir(parents=True)
    paths: dict[str, Any] = {"repo_or_path": "made/elsewhere"}
    for name, parts in prompts.items():
        paths[name] = {part: f"speaker_embeddings/{name}_{part}.npy" for part in parts}
        for part, values in parts.items():
            np.save(folder / paths[name][part], values)
    (folder / "speaker_embeddings_path.json").write_text(json.dumps(paths), "utf-8")
    return folder


def save_tiny_dia(folder: Path, *, seed: int = 0) -> Path:
    """As nari-labs/Dia-1.6B-0626, whose processor names a codec of another repository: it lies in the folder `codec`."""
    from transformers import (
        DacConfig,
        DacModel,
        DiaConfig,
        DiaFeatureExtractor,
        DiaForConditionalGeneration,
        DiaProcessor,
        DiaTokenizer,
    )

    codec = _seeded(
        lambda: DacModel(
            DacConfig(
                encoder_hidden_size=8,
                downsampling_ratios=[2, 4, 8, 8],
                decoder_hidden_size=16,
                upsampling_ratios=[8, 8, 4, 2],
                n_codebooks=9,
                codebook_size=1024,
                codebook_dim=4,
                hidden_size=128,
                sampling_rate=44_100,
            )
        ),
        seed,
    )
    codec.save_pretrained(folder / "codec")
    layer = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    config = DiaConfig(
        encoder_config={**layer, "max_position_embeddings": 1024, "vocab_size": 256},
        decoder_config={
            **layer,
            "cross_num_attention_heads": 2,
            "cross_head_dim": 8,
            "cross_num_key_value_heads": 2,
            "cross_hidden_size": 16,
            "max_position_embeddings": 3072,
            "vocab_size": 1028,
            "num_channels": 9,
        },
    )
    model = _seeded(lambda: DiaForConditionalGeneration(config), seed)
    model.save_pretrained(folder)
    DiaProcessor(DiaFeatureExtractor(sampling_rate=44_100, hop_length=512), DiaTokenizer(), codec).save_pretrained(folder)
    _name_codec(folder, "descript/dac_44khz")
    return folder


def _name_codec(folder: Path, repository: str) -> None:
    """The codec as a published processor names it: by its repository."""
    path = folder / "processor_config.json"
    told = json.loads(path.read_text("utf-8"))
    assert "audio_tokenizer_name_or_path" in told["audio_tokenizer"]
    told["audio_tokenizer"]["audio_tokenizer_name_or_path"] = repository
    path.write_text(json.dumps(told), "utf-8")


def save_tiny_csm(folder: Path, *, seed: int = 0) -> Path:
    """As sesame/csm-1b: the codec (Mimi) is part of the model, a chat template beside the tokenizer."""
    import torch
    from transformers import CsmConfig, CsmForConditionalGeneration, CsmProcessor, EncodecFeatureExtractor, MimiConfig

    tokenizer = letters_tokenizer(("<|pad|>", "<|begin_of_text|>", "<|end_of_text|>", "<|AUDIO|>", "<|audio_eos|>"))
    small = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    codec = MimiConfig(
        **small,
        num_filters=4,
        codebook_size=64,
        codebook_dim=8,
        vector_quantization_hidden_dimension=8,
        num_quantizers=4,
        num_semantic_quantizers=1,
        upsample_groups=16,
    )
    ids = {
        name: tokenizer.convert_tokens_to_ids(word)
        for name, word in (
            ("pad_token_id", "<|pad|>"),
            ("bos_token_id", "<|begin_of_text|>"),
            ("audio_token_id", "<|AUDIO|>"),
            ("audio_eos_token_id", "<|audio_eos|>"),
        )
    }
    config = CsmConfig(
        **small,
        **ids,
        num_codebooks=4,
        vocab_size=64,
        text_vocab_size=len(tokenizer),
        codebook_pad_token_id=63,
        codebook_eos_token_id=0,
        codec_config=codec.to_dict(),
        initializer_range=0.5,
        depth_decoder_config={
            **small,
            "num_codebooks": 4,
            "backbone_hidden_size": 16,
            "vocab_size": 64,
            "max_position_embeddings": 5,
        },
    )
    model = _seeded(lambda: CsmForConditionalGeneration(config), seed)
    model.depth_decoder.generation_config.update(min_new_tokens=3, max_new_tokens=3)
    # The codebooks are buffers that training fills; empty ones would make one sound of all codes.
    drawn = torch.Generator().manual_seed(seed)
    for name, values in model.codec_model.named_buffers():
        if name.endswith("embed_sum"):
            values.copy_(torch.randn(values.shape, generator=drawn))
    model.save_pretrained(folder)
    CsmProcessor(EncodecFeatureExtractor(), tokenizer, chat_template=CSM_TEMPLATE).save_pretrained(folder)
    return folder


def save_tiny_higgs(folder: Path, *, seed: int = 0) -> Path:
    """As bosonai/higgs-audio-v2-generation-3B-base, whose processor names a codec of another repository."""
    import torch
    from transformers import (
        DacConfig,
        DacFeatureExtractor,
        HiggsAudioV2Config,
        HiggsAudioV2ForConditionalGeneration,
        HiggsAudioV2Processor,
        HiggsAudioV2TokenizerConfig,
        HiggsAudioV2TokenizerModel,
        HubertConfig,
    )

    tokenizer = letters_tokenizer(
        (
            "<|pad|>",
            "<|begin_of_text|>",
            "<|eot_id|>",
            "<|start|>",
            "<|end|>",
            "<|audio_out_bos|>",
            "<|AUDIO_OUT|>",
            "<|audio_eos|>",
            "<|reserved_special_token_6|>",
        )
    )
    codec = _seeded(
        lambda: HiggsAudioV2TokenizerModel(
            HiggsAudioV2TokenizerConfig(
                target_bandwidths=[0.6],
                codebook_size=64,
                codebook_dim=8,
                acoustic_model_config=DacConfig(
                    encoder_hidden_size=4,
                    downsampling_ratios=[8, 5, 4, 2, 3],
                    decoder_hidden_size=32,
                    upsampling_ratios=[8, 5, 4, 2, 3],
                    hidden_size=16,
                ).to_dict(),
                semantic_model_config=HubertConfig(
                    hidden_size=16,
                    num_hidden_layers=1,
                    num_attention_heads=2,
                    intermediate_size=16,
                    conv_dim=[8] * 7,
                    num_conv_pos_embeddings=16,
                    num_conv_pos_embedding_groups=2,
                ).to_dict(),
            )
        ),
        seed,
    )
    drawn = torch.Generator().manual_seed(seed)
    for name, values in codec.named_buffers():
        if name.endswith(".embed"):
            values.copy_(torch.randn(values.shape, generator=drawn))
    codec.save_pretrained(folder / "codec")
    count = codec.config.num_quantizers
    config = HiggsAudioV2Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        num_codebooks=count,
        codebook_size=66,
        initializer_range=0.5,
        audio_stream_bos_id=64,
        audio_stream_eos_id=65,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        audio_bos_token_id=5,
        audio_token_id=6,
        audio_delay_token_id=8,
    )
    _seeded(lambda: HiggsAudioV2ForConditionalGeneration(config), seed).save_pretrained(folder)
    HiggsAudioV2Processor(
        DacFeatureExtractor(sampling_rate=24_000, hop_length=codec.config.hop_length),
        tokenizer,
        codec,
        chat_template=HIGGS_TEMPLATE,
        audio_stream_bos_id=64,
        audio_stream_eos_id=65,
    ).save_pretrained(folder)
    _name_codec(folder, "bosonai/higgs-audio-v2-tokenizer")
    return folder


def save_tiny_pocket(folder: Path, *, seed: int = 0) -> Path:
    """Pocket TTS, whose processor names a codec of another repository."""
    from transformers import (
        PocketTTSAudioTokenizerConfig,
        PocketTTSAudioTokenizerModel,
        PocketTTSConfig,
        PocketTTSFeatureExtractor,
        PocketTTSForConditionalGeneration,
        PocketTTSProcessor,
    )

    special = {
        "audio_prompt_bos_token": "<voice_bos>",
        "audio_prompt_token": "<voice>",
        "audio_latent_token": "<latent>",
        "audio_bos_token": "<audio_bos>",
    }
    tokenizer = letters_tokenizer(("<pad>", *special.values()), **special)
    codec = _seeded(
        lambda: PocketTTSAudioTokenizerModel(
            PocketTTSAudioTokenizerConfig(
                hidden_size=16,
                num_filters=4,
                upsampling_ratios=[6, 5, 4],
                upsample_groups=16,
                num_hidden_layers=1,
                intermediate_size=16,
                num_attention_heads=2,
                num_key_value_heads=2,
                latent_dim=8,
            )
        ),
        seed,
    )
    codec.save_pretrained(folder / "codec")
    config = PocketTTSConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        latent_dim=8,
        flow_head_config={
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "latent_dim": 8,
            "condition_dim": 16,
            "frequency_embedding_size": 16,
        },
        pad_token_id=0,
        audio_prompt_bos_token_id=1,
        audio_prompt_token_id=2,
        audio_latent_token_id=3,
        audio_bos_token_id=4,
    )
    _seeded(lambda: PocketTTSForConditionalGeneration(config), seed).save_pretrained(folder)
    PocketTTSProcessor(PocketTTSFeatureExtractor(), tokenizer, codec, chat_template=POCKET_TEMPLATE).save_pretrained(folder)
    _name_codec(folder, "kyutai/a-codec")
    return folder


def save_tiny_vibevoice(folder: Path, *, seed: int = 0) -> Path:
    """As vibevoice/VibeVoice-1.5B-hf: codecs within the model, a scheduler of diffusers named in the generation config."""
    from transformers import (
        VibeVoiceAcousticTokenizerFeatureExtractor,
        VibeVoiceConfig,
        VibeVoiceForConditionalGeneration,
        VibeVoiceProcessor,
    )

    tokenizer = letters_tokenizer(("<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>"))
    # Larger numbers than training starts from, so that what is heard can be told from silence.
    audio = {"num_filters": 2, "depths": [1] * 7, "hidden_size": 8, "initializer_range": 0.5, "layer_scale_init_value": 0.5}
    config = VibeVoiceConfig(
        text_config={
            "model_type": "qwen2",
            "initializer_range": 0.5,
            "vocab_size": len(tokenizer),
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
        },
        audio_config={"model_type": "vibevoice_acoustic_tokenizer", **audio},
        semantic_model_config={"model_type": "vibevoice_acoustic_tokenizer_encoder", **audio},
        diffusion_head_config={"num_hidden_layers": 1, "intermediate_size": 16, "frequency_embedding_size": 16},
        pad_token_id=0,
        eos_token_id=0,
        audio_bos_token_id=1,
        audio_eos_token_id=2,
        audio_token_id=3,
    )
    model = _seeded(lambda: VibeVoiceForConditionalGeneration(config), seed)
    model.generation_config.update(num_diffusion_steps=2, guidance_scale=1.3)
    model.save_pretrained(folder)
    VibeVoiceProcessor(
        VibeVoiceAcousticTokenizerFeatureExtractor(), tokenizer, chat_template=VIBEVOICE_TEMPLATE
    ).save_pretrained(folder)
    return folder
