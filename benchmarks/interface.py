"""What a take by each engine costs over the library's own call within it; a part of benchmarks/engines.py."""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona, load_persona
from voiceact.engines.base import Engine
from voiceact.engines.registry import load_engine
from voiceact.errors import VoiceactError

NURSE = load_persona("nurse")
PLAIN = Direction(Moves(), "")
LINE = "The yellow kettle stands on the second shelf, and the blue cup is next to it, as it was yesterday."
XTTS = {
    "gpt_layers": 30,
    "gpt_n_model_channels": 1024,
    "gpt_n_heads": 16,
    "decoder_input_dim": 1024,
    "gpt_max_audio_tokens": 100,
    "gpt_num_audio_tokens": 1026,
    "gpt_start_audio_token": 1024,
    "gpt_stop_audio_token": 1025,
    "gpt_max_prompt_tokens": 70,
}
"""the sizes of XTTS-v2; 100 tokens are some four and a half seconds"""


def interface(rounds: int = 5) -> dict[str, Any]:
    """Each engine that is installed, over the call that it makes."""
    with tempfile.TemporaryDirectory() as folder, _without_denormals():
        return {
            "coqui, XTTS": _with("TTS", lambda: _xtts(Path(folder), rounds)),
            "coqui, VITS": _with("TTS", lambda: _coqui_vits(Path(folder), rounds)),
            "transformers, VITS": _with("transformers", lambda: _vits(Path(folder), rounds)),
            "kokoro, published int8": _kokoro(rounds),
            "qwen, tiny": _with("qwen_tts", lambda: _qwen(Path(folder), rounds)),
            "parler, tiny": _with("parler_tts", lambda: _parler(Path(folder), rounds)),
            "chatterbox, tiny T3": _with("chatterbox", lambda: _chatterbox(Path(folder), rounds)),
        }


@contextmanager
def _without_denormals() -> Iterator[None]:
    """Random weights fade to numbers so small that a processor takes its time, which would flatter the engine."""
    if find_spec("torch") is not None:
        import torch

        torch.set_flush_denormal(True)
    yield


def _with(module: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if find_spec(module) is None or find_spec("torch") is None:
        return {"left out": f"{module} is not installed"}
    try:
        found = work()
    except VoiceactError as error:
        return {"left out": str(error)}
    gc.collect()
    return found


def _over(engine: Engine, library: Any, name: str, rounds: int, persona: Persona = NURSE) -> dict[str, Any]:
    """What a take costs over the time that is spent in the library's own method, within it: the same seconds for both."""
    inside, real, ratios, bare, more = [0.0], getattr(library, name), [], [], []

    def timed(*given: Any, **named: Any) -> Any:
        start = time.process_time()
        found = real(*given, **named)
        inside[0] += time.process_time() - start
        return found

    with patch.object(library, name, timed):
        take = engine.perform(LINE, persona, PLAIN, language="en", seed=1)
        for _ in range(rounds):
            inside[0], start = 0.0, time.process_time()
            engine.perform(LINE, persona, PLAIN, language="en", seed=1)
            spent = time.process_time() - start
            bare.append(inside[0])
            more.append(spent - inside[0])
            ratios.append(spent / inside[0])
    return {
        "seconds_spoken": take.duration,
        "library_cpu_seconds": statistics.median(bare),
        "engine_over_library": statistics.median(ratios),
        "largest": max(ratios),
        "engine_adds_milliseconds": 1000 * statistics.median(more),
    }


def _xtts(folder: Path, rounds: int) -> dict[str, Any]:
    from tiny_coqui import save_tiny_xtts

    from voiceact.engines.neural.coqui.engine import CoquiEngine

    save_tiny_xtts(folder / "xtts", **XTTS)
    _voice(folder / "xtts")
    engine: Any = CoquiEngine(model=str(folder / "xtts"), device="cpu")
    return _over(engine, engine.model.model, "inference", max(3, rounds // 2))


def _voice(folder: Path) -> None:
    """One voice of the model's own, of the published shape."""
    import torch

    torch.save(
        {
            "Alma María": {
                "gpt_cond_latent": torch.randn(1, 32, 1024),
                "speaker_embedding": torch.nn.functional.normalize(torch.randn(1, 512, 1), dim=1),
            }
        },
        folder / "speakers_xtts.pth",
    )


def _coqui_vits(folder: Path, rounds: int) -> dict[str, Any]:
    from tiny_coqui import save_tiny_vits

    from voiceact.engines.neural.coqui.engine import CoquiEngine

    engine: Any = CoquiEngine(model=str(save_tiny_vits(folder / "vits", sizes={})), device="cpu", speaker="anna")
    # What random weights speak is so quiet that the library would cut most of it off as silence.
    engine.model.library_synthesizer.tts_config.audio["do_trim_silence"] = False
    return _over(engine, engine.model.library_synthesizer, "tts", rounds)


def _vits(folder: Path, rounds: int) -> dict[str, Any]:
    import transformers
    from tiny_transformers import save_tiny_vits

    from voiceact.engines.neural.transformers.engine import TransformersEngine

    save_tiny_vits(folder / "mms", speakers=1)
    transformers.VitsModel(transformers.VitsConfig(vocab_size=29)).save_pretrained(folder / "mms")
    engine: Any = TransformersEngine(model=str(folder / "mms"), device="cpu")
    return _over(engine, engine.family.model, "forward", rounds)


def _kokoro(rounds: int) -> dict[str, Any]:
    """What is acted between the stages over the stages themselves; $KOKORO names model and voices: model=…,voices=…"""
    if not os.environ.get("KOKORO"):
        return {"left out": "$KOKORO names no model and voices"}
    import onnxruntime

    return _over(load_engine(f"kokoro:{os.environ['KOKORO']}"), onnxruntime.InferenceSession, "run", rounds)


def _qwen(folder: Path, rounds: int) -> dict[str, Any]:
    from tiny_qwen import save_tiny_qwen

    from voiceact.engines.neural.qwen.engine import QwenEngine

    engine: Any = QwenEngine(
        model=str(save_tiny_qwen(folder / "qwen", "custom_voice")), speaker="vivian", seconds="4", device="cpu"
    )
    return _over(engine, engine.speaking_model.package_model, "generate_custom_voice", rounds)


def _parler(folder: Path, rounds: int) -> dict[str, Any]:
    from tiny_parler import save_tiny_parler

    from voiceact.engines.neural.parler import ParlerEngine

    engine: Any = ParlerEngine(model=str(save_tiny_parler(folder / "parler")), speaker="Talia", seconds="4", device="cpu")
    return _over(engine, engine.parler.model, "generate", rounds)


def _chatterbox(folder: Path, rounds: int) -> dict[str, Any]:
    import msgspec
    import numpy as np
    from tiny_chatterbox import hurry, save_tiny_chatterbox

    from voiceact.acting.persona import Consent
    from voiceact.audio import write
    from voiceact.engines.neural.chatterbox.engine import ChatterboxEngine

    engine: Any = ChatterboxEngine(model=str(save_tiny_chatterbox(folder)), device="cpu")
    hurry(engine.model)
    write(folder / "voice.wav", (0.1 * np.sin(np.arange(48_000) / 20)).astype(np.float32), 24_000)
    persona = msgspec.structs.replace(
        NURSE,
        voice=msgspec.structs.replace(NURSE.voice, reference=str(folder / "voice.wav")),
        consent=Consent(who="nobody", statement="a sine", date=date(2026, 1, 1), evidence="this file"),
    )
    return _over(engine, engine.model, "generate", rounds, persona)
