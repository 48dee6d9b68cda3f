"""How far an annotation is, while it goes on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voiceact.annotate.run_file import Totals


class AnnotateProgress:
    """Receives the events of an annotation and ignores them; a base class for displays."""

    def list_clips(self, clips: int) -> None:
        """Receive how many entries of the source have been listed so far."""

    def begin(self, clips: int | None, shards: int, there: "Totals", whole: int, passes: int) -> None:
        """Receive the start of the work.

        Args:
            clips: that were listed; None where containers hold them
            shards: in all
            there: counts of the shards that are whole
            whole: their number
            passes: over every shard: one, or two where voices are used
        """

    def begin_pass(self, what: str) -> None:
        """Receive that a pass over the shards begins."""

    def add_clips(self, totals: "Totals") -> None:
        """Receive the counts of clips that were heard."""

    def add_shard(self, shard: int) -> None:
        """Receive that a pass over a shard is complete."""

    def note(self, sentence: str) -> None:
        """Receive a sentence for the user."""

    def stopping(self) -> None:
        """Receive that the first Ctrl-C was heard."""
