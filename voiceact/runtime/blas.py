"""Limit linear algebra to one thread: the same sums on every machine, and no contention between processes.

BLAS divides a large product among as many threads as there are processors, and the division decides the order of the
additions: the last bits of a feature, and at times the last digit of a score, would depend on the machine.
"""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from voiceact.runtime.extras import MissingExtraError


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which numpy computes products with one thread, in this whole process.

    Raises:
        MissingExtraError: if threadpoolctl is not installed
    """
    # A module that was imported since the last call may have loaded another library.
    limit: AbstractContextManager[Any] = _libraries(len(sys.modules)).limit(limits=1, user_api="blas")
    return limit


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    import numpy  # noqa: F401  # loads the library that is to be limited

    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        raise MissingExtraError("recipes and data sets", "dataset") from None
    return ThreadpoolController()
