"""Empathic-Insight-Voice with tiny random weights in the published layout: an encoder of Whisper's own class, and the heads."""

from pathlib import Path

import torch
import transformers

from voiceact.acting.taxonomy import categories

CHANNELS, FRAMES = 16, 1500
STEMS = [category.file_stem for category in categories()]
ATTRIBUTES = ("Arousal", "Valence", "Submissive_vs._Dominant", "Age")


def head(inputs: int, sizes: tuple[int, ...]) -> torch.nn.Module:
    """A head as LAION's tools build it: the keys, and the places of ReLU and dropout between them."""
    layers: list[torch.nn.Module] = [torch.nn.ReLU(), torch.nn.Dropout(0.0)]
    for before, after in zip(sizes, sizes[1:], strict=False):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU(), torch.nn.Dropout(0.1)]
    layers.append(torch.nn.Linear(sizes[-1], 1))

    class Head(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.flatten, self.proj = torch.nn.Flatten(), torch.nn.Linear(inputs, sizes[0])
            self.mlp = torch.nn.Sequential(*layers)

        def forward(self, x):
            return self.mlp(self.proj(self.flatten(x)))

    return Head().eval()


def save_tiny_empathic(root: Path, *, seed: int = 0) -> dict[str, torch.nn.Module]:
    """Folders "encoder" and "heads" as on the hub, some files with the prefix of torch.compile; the heads by name."""
    torch.manual_seed(seed)
    config = transformers.WhisperConfig(d_model=CHANNELS, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                                        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, vocab_size=64,
                                        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1)
    transformers.WhisperForConditionalGeneration(config).save_pretrained(root / "encoder")
    transformers.WhisperFeatureExtractor().save_pretrained(root / "encoder")
    (root / "heads").mkdir()
    heads = {name: head(FRAMES * CHANNELS, (8, 8, 6, 4)) for name in (*STEMS, *ATTRIBUTES)}
    for number, (name, module) in enumerate(heads.items()):
        prefix = "_orig_mod." if number % 3 == 0 else ""
        torch.save({prefix + key: value for key, value in module.state_dict().items()}, root / f"heads/model_{name}_best.pth")
    return heads
