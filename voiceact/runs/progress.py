"""What a run tells while it goes on; whoever wants to hear it overrides what is of interest."""

from collections.abc import Sequence

from voiceact.recipe.plan import Plan
from voiceact.runs.inventory import Survey
from voiceact.store.index import Count


class Watch:
    """Hears nothing; a base for those that do."""

    def begin(self, plan: Plan, shards: int, cells: int, there: Survey) -> None:
        """The run begins: so many shards and cells are this process's, and this is there of them already."""

    def made(self, counts: Sequence[Count]) -> None:
        """Takes were made: one, or those of a stint."""

    def cells(self, count: int) -> None:
        """So many more cells are complete."""

    def shard(self, shard: int) -> None:
        """A shard is whole and in its place."""

    def note(self, sentence: str) -> None:
        """Something the user should know."""

    def stopping(self) -> None:
        """The first Ctrl-C was heard."""

    def end(self) -> None:
        """No more takes are made."""
