"""What engines and estimators cost beside the libraries they call: `python benchmarks/engines.py [PART…] [--json FILE]`.

Parts: interface (a take by the engine over the library's own call within it, processor time), heads (the heads of Empathic-Insight over
its encoder: together, and as published), isolated (what a call to an engine in another environment adds),
memory (resident, over many takes). Arms are measured by turns, and told as ratios within one run. Weights are random, in the
sizes of the published ones, because time does not depend on what they say. What is not installed is left out, and said.
"""

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from interface import LINE, NURSE, PLAIN, interface

from voiceact.engines.base import Engine, load_engine

FRAMES, CHANNELS, LAYERS, HEAD = 1500, 768, 12, (64, 64, 32, 16)
"""of BUD-E-Whisper, and a head of Empathic-Insight-Voice-Small"""


def by_turns(arms: dict[str, Callable[[], Any]], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Median seconds of each arm; each is warmed once."""
    spent: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(rounds + 1):
        for name, work in arms.items():
            start = clock()
            work()
            if number:
                spent[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in spent.items()}


# --- Many heads


def heads(clips: int = 16, rounds: int = 1) -> dict[str, Any]:
    """Clips heard by all heads: as LAION's script does it (annotate_audio.py of emotion-annotations: the encoder over the
    batch, then for each clip one head after another), and as the estimator does. All 55 heads of Small if memory holds them.
    """
    if find_spec("transformers") is None or find_spec("torch") is None:
        return {"left out": "transformers and torch are not installed"}
    import torch

    free = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    count = 55 if free > 20 * 2**20 else 20
    features = torch.randn(clips, 80, 2 * FRAMES)
    with torch.inference_mode():
        exact = _heard(count, features, torch.float32, rounds)
        gc.collect()
        half = _heard(count, features, torch.bfloat16, rounds)
    return {"heads": count, "clips": clips, "threads": torch.get_num_threads(), "seconds_a_clip": exact["ours"] / clips,
            "seconds_to_encode_a_clip": exact["encode"], "largest_difference": float((exact["scores"] - exact["single"]).abs().max()),
            "heads_alone_published_over_ours": exact["published_heads"] / exact["our_heads"],
            "with_encoder_published_over_ours": exact["published"] / exact["ours"],
            "both_in_bfloat16": half["published"] / half["ours"],
            "published_in_float32_over_ours_in_bfloat16": exact["published"] / half["ours"],
            "largest_difference_of_bfloat16": float((exact["scores"] - half["scores"]).abs().max()),
            "largest_score": float(exact["scores"].abs().max())}


def _heard(count: int, features: Any, dtype: Any, rounds: int) -> dict[str, Any]:
    """Seconds of both ways, with and without the encoder, and the scores [clips, heads] of both."""
    import torch

    from voiceact.estimators.published.empathic.estimator import encode

    torch.manual_seed(0)
    group, encoder, features = _heads(count, dtype), _encoder().to(dtype), features.to(dtype)
    encoded = encode(encoder, features)
    arms = {"published": lambda: _one_by_one(group, encoder(features).last_hidden_state),
            "ours": lambda: group(encode(encoder, features)),
            "published_heads": lambda: _one_by_one(group, encoded), "our_heads": lambda: group(encoded),
            "encode": lambda: encode(encoder, features[:1])}
    return {**by_turns(arms, rounds, time.perf_counter), "scores": group(encoded), "single": _one_by_one(group, encoded)}


def _heads(count: int, dtype: Any) -> Any:
    import torch

    from voiceact.estimators.published.empathic.heads import LAYERS as NAMES
    from voiceact.estimators.published.empathic.heads import Heads

    sizes = [(CHANNELS * FRAMES, HEAD[0]), *zip(HEAD, (*HEAD[1:], 1), strict=True)]
    drawn = [(torch.empty(out, given).uniform_(-1, 1) / given ** 0.5, torch.zeros(out)) for given, out in sizes]
    # Every head's tensors are copied where they are put together, so one head drawn stands for all.
    state = {f"{name}.{part}": tensor for name, pair in zip(NAMES, drawn, strict=True)
             for part, tensor in zip(("weight", "bias"), pair, strict=True)}
    return Heads({str(number): state for number in range(count)}, device="cpu", dtype=dtype)


def _encoder() -> Any:
    import transformers

    config = transformers.WhisperConfig(d_model=CHANNELS, encoder_layers=LAYERS, encoder_attention_heads=12, encoder_ffn_dim=3072,
                                        decoder_layers=1, decoder_attention_heads=12, vocab_size=64, pad_token_id=0, bos_token_id=1,
                                        eos_token_id=2, decoder_start_token_id=1)
    return transformers.WhisperModel(config).get_encoder().eval()


def _one_by_one(group: Any, encoded: Any) -> Any:
    """[clips, heads], each head of each clip by itself, from the same tensors."""
    import torch

    def one(clip: Any, number: int) -> Any:
        found = clip.flatten()
        for place, (weight, bias) in enumerate(group._layers):
            found = torch.nn.functional.linear(found.relu() if place else found, weight[number], bias[number])
        return found.float()
    return torch.stack([torch.cat([one(clip, number) for number in range(len(group.names))]) for clip in encoded])


# --- In another environment


def isolated(calls: int = 300) -> dict[str, Any]:
    """Milliseconds that a call adds, of a take of four and of thirty seconds."""
    from hum import install

    from voiceact.engines.process.isolated import IsolatedEngine

    with tempfile.TemporaryDirectory() as folder:
        plugin = install(Path(folder))
        sys.path.insert(0, str(plugin))
        paths = os.pathsep.join(map(str, (Path(__file__).parents[1], Path(__file__).parents[1] / "tests", plugin)))
        with patch.dict(os.environ, {"PYTHONPATH": paths}):
            far = IsolatedEngine("hum", sys.executable)
        near = load_engine("hum")
        found = {f"milliseconds_added_at_{seconds}_s": _added(near, far, "a" * (200 * seconds), calls) for seconds in (4, 30)}
        far.close()
    return {"calls": calls, **found}


def _added(near: Engine, far: Engine, text: str, calls: int) -> float:
    arms = {name: lambda engine=engine: engine.perform(text, NURSE, PLAIN, language="en", seed=1)
            for name, engine in (("near", near), ("far", far))}
    times = by_turns(arms, calls, time.perf_counter)
    return 1000 * (times["far"] - times["near"])


# --- Memory


def memory(takes: int = 1_000) -> dict[str, Any]:
    """Resident megabytes after a tenth of the takes (or clips heard) and after all, of what can be had here."""
    with tempfile.TemporaryDirectory() as folder:
        found = {"embedded": _grown(_speaking(load_engine("embedded")), takes)}
        if find_spec("TTS") is not None:
            from tiny_coqui import save_tiny_vits

            from voiceact.engines.neural.coqui.engine import CoquiEngine

            coqui = CoquiEngine(model=str(save_tiny_vits(Path(folder, "vits"))), device="cpu", speaker="anna")
            found["coqui, a tiny VITS"] = _grown(_speaking(coqui), takes)
        if find_spec("transformers") is not None and find_spec("torch") is not None:
            found["empathic-insight, tiny weights"] = _grown(_hearing(Path(folder)), takes)
    return found


def _speaking(engine: Engine) -> Callable[[int], Any]:
    return lambda number: engine.perform(f"{LINE} {number % 50}" if number % 3 else "Sit down.", NURSE, PLAIN, language="en",
                                         seed=number)


def _hearing(folder: Path) -> Callable[[int], Any]:
    import numpy as np
    from tiny_empathic import save_tiny_empathic

    from voiceact.estimators.published.empathic import EmpathicInsight

    save_tiny_empathic(folder)
    estimator = EmpathicInsight(model=str(folder / "heads"), encoder=str(folder / "encoder"), device="cpu")
    noise = np.random.default_rng(0).normal(0, 0.1, 40 * 16_000).astype(np.float32)
    return lambda number: estimator.profile(noise[:16_000 * (1 + number % 40)], 16_000)


def _grown(work: Callable[[int], Any], takes: int) -> dict[str, Any]:
    resident = []
    for number in range(takes):
        if number == takes // 10:
            resident.append(_resident())
        work(number)
    resident.append(_resident())
    return {"takes": takes, "megabytes_after_a_tenth": resident[0], "megabytes_at_the_end": resident[1], "ratio": resident[1] / resident[0]}


def _resident() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


PARTS: dict[str, Callable[[], dict[str, Any]]] = {"interface": interface, "heads": heads, "isolated": isolated, "memory": memory}


def main() -> None:
    """Run the parts named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = {}
    for name in given.parts or PARTS:
        found[name] = {**PARTS[name](), "load_average": round(os.getloadavg()[0], 1), "processors": os.cpu_count()}
        print(f"{name}\n{json.dumps(found[name], indent=2)}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2), "utf-8")


if __name__ == "__main__":
    main()
