"""One thread for linear algebra: the same sums on every machine, and processes that do not get in each other's way.

BLAS deals a large product out to as many threads as it finds processors, and what is dealt out otherwise is added up
otherwise: the last bits of a feature, and now and then the last place of a score, would depend on the machine.
"""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from voiceact.errors import MissingExtraError


def one_thread() -> AbstractContextManager[Any]:
    """`with one_thread():` numpy's products are made by one thread, in this whole process.

    Raises:
        MissingExtraError: if threadpoolctl is not installed
    """
    # A module that was imported since may have brought a library of its own.
    limit: AbstractContextManager[Any] = _libraries(len(sys.modules)).limit(limits=1, user_api="blas")
    return limit


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    import numpy  # noqa: F401  # else there is no library to be found

    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        raise MissingExtraError("recipes and data sets", "dataset") from None
    return ThreadpoolController()
