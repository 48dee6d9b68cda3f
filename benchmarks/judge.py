"""What the judge costs: loading, a 5 s clip, and memory over many files, beside the embedded engine's own time.

    python benchmarks/judge.py [--clips 10000] [--without-engine]

One thread; figures depend on the machine, which is printed with them.
"""

import argparse
import os
import platform
import resource
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

RATE = 16_000


def buzz(seconds: float, f0_hz: float = 140.0) -> np.ndarray:
    """Something with harmonics, syllables and a little noise."""
    moments = np.arange(int(seconds * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * f0_hz * order * moments) / order for order in range(1, 30))
    noise = np.random.default_rng(0).normal(0, 0.01, len(moments))
    return (0.1 * sound * (1.05 - np.cos(2 * np.pi * 4 * moments)) + noise).astype(np.float32)


def resident_mb() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def milliseconds(what, times: int) -> tuple[float, float]:
    """Median of processor time and of wall time: on a shared machine only the first says what it costs."""
    spent = []
    for _ in range(times):
        processor, wall = time.process_time(), time.perf_counter()
        what()
        spent.append((time.process_time() - processor, time.perf_counter() - wall))
    return tuple(1000 * float(one) for one in np.median(spent, axis=0))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=1000, help="clips of the memory run")
    parser.add_argument("--without-engine", action="store_true", help="do not time the embedded engine")
    options = parser.parse_args()
    from voiceact.estimators.ears.encoder import load_ears
    from voiceact.estimators.human.estimator import load_shipped

    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, numpy {np.__version__}")
    print("{:<42}{:>10.1f} ms processor, {:.1f} ms wall".format("loading", *milliseconds(load_shipped, 5)))
    judge = load_shipped()

    def load_encoder() -> None:
        load_ears.cache_clear()
        load_ears()

    print("{:<42}{:>10.1f} ms processor, {:.1f} ms wall".format("loading the ears", *milliseconds(load_encoder, 3)))
    clip = buzz(5.0)
    judge.profile(clip, RATE)
    print(
        "{:<42}{:>10.1f} ms processor, {:.1f} ms wall".format(
            "profile of 5 s", *milliseconds(lambda: judge.profile(clip, RATE), 20)
        )
    )
    reference = judge.reference([(clip, RATE)] * 5)
    print(
        "{:<42}{:>10.1f} ms processor, {:.1f} ms wall".format(
            "profile of 5 s, neutral reference", *milliseconds(lambda: judge.profile(clip, RATE, reference=reference), 20)
        )
    )
    memory(judge, options.clips)
    if not options.without_engine:
        engine()


def memory(judge, clips: int) -> None:
    """Peak memory at a tenth of the run and at its end: it must not grow."""
    short = buzz(1.0)
    for number in range(clips):
        judge.profile(short, RATE)
        if number == clips // 10:
            early = resident_mb()
    print(
        f"{'peak memory after ' + str(clips // 10) + ' and ' + str(clips) + ' clips':<42}"
        f"{early:>10.0f} MB, {resident_mb():.0f} MB"
    )


def engine() -> None:
    """The embedded engine's own time for a line of some 5 s."""
    from voiceact import synth

    line = "I told you about it yesterday, and you said you would bring it with you this morning."
    seconds = len(synth(persona="nurse", emotion="Anger", text=line).samples) / 24_000
    print(
        "{:<42}{:>10.1f} ms processor, {:.1f} ms wall ({:.1f} s of speech)".format(
            "embedded engine, one line", *milliseconds(lambda: synth(persona="nurse", emotion="Anger", text=line), 3), seconds
        )
    )


if __name__ == "__main__":
    main()
