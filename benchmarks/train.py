"""How well heads are told apart from chance on speakers they were not trained on, and how long that takes.

    python benchmarks/train.py RUN [--folder heads] [--target asked] [--seeds 0 1 2]

RUN is a run folder (docs/training.md says with which recipe the figures there were made). For each seed, other speakers are
left out. Printed are the seconds of hearing and of training, the rank correlation on the speakers left out, over all heads and
for each, with 95 % intervals over speakers, the same of heads that were trained on shuffled scores, and the root mean square
error beside that of the mean predictor. Then one head set is read by the released loader and by onnxruntime, and the largest
difference of their scores is printed.
"""

import argparse
import os
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

from voiceact.runtime.torch_support import torch_of
from voiceact.training.encoders import Ears
from voiceact.training.heads import Settings
from voiceact.training.material import Material, collect
from voiceact.training.train import train_estimator


class Remembered:
    """The ears, with what they heard kept: of several seeds only the first hears."""

    frames = 1

    def __init__(self) -> None:
        self.name, self.seconds, self._heard = Ears().name, 0.0, {}

    def describe(self, samples: np.ndarray) -> np.ndarray:
        """Return the features of a clip, and add up the seconds that took."""
        key = samples.tobytes()
        if key not in self._heard:
            started = time.perf_counter()
            self._heard[key] = Ears().describe(samples)
            self.seconds += time.perf_counter() - started
        return self._heard[key]


def compare_readers(folder: Path, features: np.ndarray) -> float:
    """Return the largest difference of scores by the released loader and by onnxruntime, on the scale 0 to 4."""
    import onnxruntime
    import torch

    from voiceact.estimators.published.empathic.heads import head_files, load_heads

    groups = load_heads(head_files(folder), device=torch.device("cpu"), dtype=torch.float32)
    assert len(groups) == 1, "the heads are of one shape"
    with torch.inference_mode():
        released = groups[0](torch.from_numpy(features)).numpy()
    session = onnxruntime.InferenceSession((folder / "heads.onnx").read_bytes())
    scores = session.run(["scores"], {"features": features})[0]
    import json

    from voiceact.acting.taxonomy import get

    names = [get(name).file_stem for name in json.loads((folder / "card.json").read_text())["heads"]]
    order = [names.index(name) for name in groups[0].names]
    return float(np.abs(released - scores[:, order]).max())


def figure(one: dict) -> str:
    """Return a figure with its interval."""
    return f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]" if one["low"] is not None else str(one)


def main() -> None:
    """Train on the run with several seeds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--folder", type=Path, required=True, help="new folder for the head sets")
    parser.add_argument("--target", choices=("asked", "judged"), default="asked")
    parser.add_argument("--loss", choices=("ordinal", "mae"), default="ordinal")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    torch_of("train").set_num_threads(2)

    import voiceact.training.train as training

    ears = Remembered()
    training.load_encoder_named = lambda name, device: ears  # type: ignore[assignment]
    material: Material = collect([options.run], ears, target=options.target)
    print(
        f"{len(material.speakers)} clips of {len(set(material.speakers))} speakers heard in {ears.seconds:.0f} s "
        f"({ears.seconds / len(material.speakers) * 1000:.0f} ms a clip)"
    )
    for seed in options.seeds:
        started = time.perf_counter()
        folder = options.folder / f"{options.target}-{options.loss}-{seed}"
        card = train_estimator(
            [options.run], folder, target=options.target, settings=Settings(seed=seed, loss=options.loss, device="cpu")
        )
        test, control = card["test"], card["control"]
        print(
            f"seed {seed}: {len(card['heads'])} heads, {test['clips']} clips of {test['speakers']} other speakers; "
            f"{time.perf_counter() - started:.0f} s with the control, best epoch {card['training']['best_epoch']}"
        )
        print(f"  rank correlation {figure(test['rank_correlation'])}, control {figure(control['rank_correlation'])}")
        print(f"  error {test['rms_error']:.3f} of 4, of the mean predictor {test['rms_error_of_the_mean']:.3f}")
        for name, one in test["heads"].items():
            print(f"    {name:<28} {figure(one)}   control {figure(control['heads'][name])}")
    print(f"largest difference of the released loader and onnxruntime: {compare_readers(folder, material.features):.2e} of 4")


if __name__ == "__main__":
    main()
