"""How far a run is: from its run.json, the footers of its indexes and its journals alone. Nothing is loaded or written."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from voiceact.recipe.estimate import stopping
from voiceact.runs.inventory import Survey, survey
from voiceact.runs.partition import Share, held
from voiceact.runs.workspace import make_site
from voiceact.store.filesystem import Store
from voiceact.store.run_file import RunFile, need_run


@dataclass(frozen=True)
class Status:
    """How far a run is.

    there: shards and takes
    at_work: shares that a process of this machine, or of one that sees the folder, is making now
    """

    url: str
    run: RunFile
    there: Survey
    at_work: tuple[Share, ...]

    @property
    def finished(self) -> bool:
        """Whether every shard is whole."""
        return len(self.there.whole) == self.run.shards

    @property
    def takes_left(self) -> float:
        """Takes still to be made, as the stop rule and the pass rate so far let expect; at most those of the plan."""
        each = takes_of_cell(self.run.recipe, self.run.most_takes, self.there.tally.pass_rate)
        return max(0.0, (self.run.cells - self._cells_whole) * each - sum(self.there.journals.values()))

    @property
    def _cells_whole(self) -> int:
        size = max(1, int(self.run.recipe["store"]["shard"]) // self.run.most_takes)
        last = self.run.shards - 1 in self.there.whole
        return len(self.there.whole) * size - (self.run.shards * size - self.run.cells if last else 0)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        there = self.there
        return {
            "folder": self.url, "recipe": self.run.name, "finished": self.finished,
            "at_work": [str(share) for share in self.at_work],
            "shards": {"all": self.run.shards, "whole": len(there.whole), "begun": len(there.journals),
                       "damaged": {str(shard): wrong for shard, wrong in there.damaged.items()}},
            "cells": self.run.cells, "most_takes": self.run.takes, "takes_left": round(self.takes_left),
            **there.tally.as_dict(), "sessions": msgspec.to_builtins(self.run.sessions)}


def read_status(out: str | os.PathLike[str], scratch: str | os.PathLike[str] | None = None) -> Status:
    """How far the run in a folder is.

    scratch: where its journals lie, if it was given one

    Raises:
        UsageError: if there is no run
    """
    run = need_run(Store(out))
    site = make_site(out, run.plan, scratch)
    return Status(site.url, run, survey(site, range(run.shards)), tuple(held(site.work)))


def takes_of_cell(recipe: Mapping[str, Any], most: int, pass_rate: float | None) -> float:
    """Takes that a cell is expected to need; as many as it may, as long as nothing is known of the pass rate."""
    stop = recipe.get("stop")
    if not stop or pass_rate is None:
        return float(most)
    return stopping(pass_rate, included=stop["included"], takes=most).takes
