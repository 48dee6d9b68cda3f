"""For the tests that need one: they run where there is a GPU, and say so where there is none."""

import pytest


def needs_gpu() -> None:
    """Leave the test out without a GPU that torch can use."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
