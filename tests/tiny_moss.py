"""A model of MOSS's interface in a folder of its own, with the Python code beside the weights, as its publishers have it."""

import json
from pathlib import Path

CODE = '''
"""The interface of MOSS-TTS-Local: a message in, codes out, sound of codes; a word is a token, a codec is a sine."""

from types import SimpleNamespace

import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.processing_utils import ProcessorMixin


class TinyMossConfig(PretrainedConfig):
    model_type = "tiny_moss"


class TinyMossModel(PreTrainedModel):
    config_class = TinyMossConfig
    _supports_sdpa = True

    def __init__(self, config):
        super().__init__(config)
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.post_init()

    def generate(self, input_ids, attention_mask, max_new_tokens, do_sample, **sampling):
        assert do_sample and set(sampling) == {
            "audio_temperature", "audio_top_p", "audio_top_k", "audio_repetition_penalty"
        }
        return torch.rand(input_ids.shape[0], min(max_new_tokens, int(input_ids.sum())), device=input_ids.device)


class TinyMossProcessor(ProcessorMixin):
    attributes = []

    def __init__(self, codec_path=None):
        self.codec_path = codec_path

    @classmethod
    def from_pretrained(cls, folder, codec_path=None, **kwargs):
        return cls(codec_path)

    def build_user_message(self, text, instruction=None, language=None, tokens=None, reference=None):
        assert language in ("English", "German") and tokens > 0
        return {"tokens": tokens}

    def encode_audios_from_path(self, paths, n_vq):
        return [torch.zeros(n_vq, 3) for _ in paths]

    def __call__(self, conversations, mode):
        assert mode == "generation"
        ids = torch.tensor([[message["tokens"]] for (message,) in conversations])
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    def decode(self, output):
        return [SimpleNamespace(audio_codes_list=[row.repeat_interleave(3840).repeat(2, 1) * 2 - 1]) for row in output]
'''


def save_tiny_moss(folder: Path) -> Path:
    """Write the model into `folder`, which is made."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    (folder / "tiny_moss.py").write_text(CODE)
    save_file({"weight": torch.ones(1)}, folder / "model.safetensors", metadata={"format": "pt"})
    names = {"AutoConfig": "TinyMossConfig", "AutoModel": "TinyMossModel", "AutoProcessor": "TinyMossProcessor"}
    auto = {kind: f"tiny_moss.{name}" for kind, name in names.items()}
    (folder / "config.json").write_text(json.dumps({"model_type": "tiny_moss", "auto_map": auto}))
    processor = {"processor_class": "TinyMossProcessor", "auto_map": {"AutoProcessor": auto["AutoProcessor"]}}
    (folder / "processor_config.json").write_text(json.dumps(processor))
    return folder
