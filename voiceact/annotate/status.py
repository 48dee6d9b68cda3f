"""How far an annotation is, from its folder: a listing of its indexes, whose counts are merged."""

import os
from dataclasses import dataclass
from typing import Any

import msgspec

from voiceact.annotate.run_file import AnnotationFile, Totals, iter_indexes, need_run
from voiceact.store.filesystem import Store


@dataclass(frozen=True)
class AnnotationStatus:
    """How far an annotation is.

    Attributes:
        url: the folder
        run: its annotate.json
        totals: of the shards that are whole
        whole: their number
    """

    url: str
    run: AnnotationFile
    totals: Totals
    whole: int

    @property
    def finished(self) -> bool:
        """Whether every shard is whole."""
        return self.whole == self.run.shards

    @property
    def hours_of_work(self) -> float:
        """Hours that its sessions lasted."""
        return sum(session.seconds for session in self.run.sessions) / 3600

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return {
            "folder": self.url,
            "source": self.run.source,
            "finished": self.finished,
            "shards": {"all": self.run.shards, "whole": self.whole},
            **msgspec.to_builtins(self.totals),
            "hours_of_work": round(self.hours_of_work, 4),
        }


def read_status(url: str | os.PathLike[str]) -> AnnotationStatus:
    """Tell how far the annotation in a folder is; memory does not grow with it.

    Raises:
        UsageError: if it is none
    """
    store = Store(url)
    run = need_run(store)
    totals, whole = Totals(), 0
    for index in iter_indexes(store, run.digest):
        totals.add(index.totals)
        whole += 1
    return AnnotationStatus(store.url, run, totals, whole)
