"""Numpy's products by one thread, so that a clip's bytes do not hang on the number of processors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hum import Hum, Lots, hum, recipe  # noqa: F401

from voiceact.recipe.plan import make_plan
from voiceact.runs.take import Performer, make_take
from voiceact.runtime.blas import _libraries, one_thread
from voiceact.runtime.extras import MissingExtraError
from voiceact.synthesis.kernel import TakeMaker

FEATURES = """
import sys
import numpy as np
from voiceact.estimators.features.features import extract_features
from voiceact.runtime.blas import one_thread
sound = np.random.default_rng(0).normal(0, 0.1, 64_000).astype(np.float32)
with one_thread():
    print(extract_features(sound, 16_000).tobytes().hex())
"""


def blas_threads() -> list[int]:
    from threadpoolctl import threadpool_info

    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.mark.skipif(not blas_threads(), reason="numpy's linear algebra is of a library that threadpoolctl does not know")
def test_it_is_one_thread_inside_and_as_many_as_before_outside() -> None:
    before = blas_threads()
    with one_thread():
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_features_are_the_same_to_the_last_bit_however_many_threads_there_may_be() -> None:
    def found(threads: int) -> str:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "PYTHONPATH": str(Path(__file__).parents[2])}
        return subprocess.run(
            [sys.executable, "-c", FEATURES], env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert found(1) == found(2) == found(4)


@pytest.mark.skipif(not blas_threads(), reason="numpy's linear algebra is of a library that threadpoolctl does not know")
def test_a_take_is_judged_by_one_thread(hum) -> None:  # noqa: F811
    heard = []

    class Counting(Lots):
        def profile(self, samples, sample_rate, *, reference=None):
            heard.extend(blas_threads())
            return super().profile(samples, sample_rate, reference=reference)

    plan = make_plan(recipe())
    judge = Counting()
    maker = TakeMaker(judge=judge, checks=("emotion",), pcm16=True)
    make_take(plan, plan.take(plan.cell(0), 1), Performer(Hum(), judge, maker))
    assert set(heard) == {1}


def test_without_threadpoolctl_the_extra_is_named(monkeypatch) -> None:
    _libraries.cache_clear()
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[dataset\]"):
        one_thread()
    _libraries.cache_clear()
