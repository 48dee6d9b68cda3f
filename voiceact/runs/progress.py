"""How far a run is: what it reports while it goes on, and what its folder says of it afterwards."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from voiceact.recipe.estimate import stopping
from voiceact.recipe.plan import Plan
from voiceact.runs.inventory import Inventory, take_inventory
from voiceact.runs.partition import Partition, list_held_partitions
from voiceact.runs.workspace import open_workspace
from voiceact.store.filesystem import Store
from voiceact.store.index import Count
from voiceact.store.run_file import RunFile, need_run


class RunProgress:
    """Receives the events of a run and ignores them; a base class for displays."""

    def add_cohort(self, done: int, total: int) -> None:
        """Receive that `done` of `total` takes of the cohort are made, before the run begins."""

    def begin(self, plan: Plan, shards: int, cells: int, inventory: Inventory) -> None:
        """Receive the start of a run.

        Args:
            plan: of the run
            shards: of this process's partition
            cells: of these shards
            inventory: what is present of these shards already
        """

    def add_takes(self, counts: Sequence[Count]) -> None:
        """Receive the counts of takes that were made: one, or those of a work unit."""

    def add_cells(self, count: int) -> None:
        """Receive that `count` more cells are complete."""

    def add_shard(self, shard: int) -> None:
        """Receive that a shard is complete and in its place."""

    def note(self, sentence: str) -> None:
        """Receive a sentence for the user."""

    def stopping(self) -> None:
        """Receive that the first Ctrl-C was heard."""

    def end(self) -> None:
        """Receive that no more takes are made."""


@dataclass(frozen=True)
class RunStatus:
    """How far the run in a folder is.

    Attributes:
        url: of the run folder
        run: its run.json
        inventory: shards and takes that are present
        at_work: partitions that a process of this machine, or of one that shares the folder, is making now
    """

    url: str
    run: RunFile
    inventory: Inventory
    at_work: tuple[Partition, ...]

    @property
    def finished(self) -> bool:
        """Whether every shard is complete."""
        return len(self.inventory.whole) == self.run.shards

    @property
    def takes_left(self) -> float:
        """Takes still to be made, as stop rule and pass rate so far let expect; at most those of the plan."""
        run, whole = self.run, self.inventory.whole
        size = max(1, int(run.recipe["store"]["shard"]) // run.most_takes)
        missing_in_last = run.shards * size - run.cells if run.shards - 1 in whole else 0
        cells_left = run.cells - (len(whole) * size - missing_in_last)
        each = expected_takes_of_cell(run.recipe, run.most_takes, self.inventory.counts.pass_rate)
        return max(0.0, cells_left * each - sum(self.inventory.journals.values()))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        inventory = self.inventory
        return {
            "folder": self.url,
            "recipe": self.run.name,
            "finished": self.finished,
            "at_work": [str(partition) for partition in self.at_work],
            "shards": {
                "all": self.run.shards,
                "whole": len(inventory.whole),
                "begun": len(inventory.journals),
                "damaged": {str(shard): fault for shard, fault in inventory.damaged.items()},
            },
            "cells": self.run.cells,
            "most_takes": self.run.takes,
            "takes_left": round(self.takes_left),
            **inventory.counts.as_dict(),
            "sessions": msgspec.to_builtins(self.run.sessions),
        }


def read_status(out: str | os.PathLike[str], scratch: str | os.PathLike[str] | None = None) -> RunStatus:
    """Read how far the run in a folder is, from run.json, sidecars and journals; no engine is loaded, nothing is written.

    Args:
        out: the run folder or store
        scratch: where its journals lie, if it was given one

    Raises:
        UsageError: if there is no run
    """
    run = need_run(Store(out))
    workspace = open_workspace(out, run.plan, scratch)
    inventory = take_inventory(workspace, range(run.shards))
    return RunStatus(workspace.url, run, inventory, tuple(list_held_partitions(workspace.work_folder)))


def expected_takes_of_cell(recipe: Mapping[str, Any], most: int, pass_rate: float | None) -> float:
    """Return the takes that a cell is expected to need; `most` as long as no pass rate is known."""
    stop = recipe.get("stop")
    if not stop or pass_rate is None:
        return float(most)
    return stopping(pass_rate, included=stop["included"], takes=most).takes
