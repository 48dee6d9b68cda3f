"""What listeners were asked of a clip in a published benchmark, and what they answered.

A benchmark does not say what a clip performs: it says, of one category at a time, how many people heard it.
"""

import re
from pathlib import PurePosixPath

import msgspec

NOT_PRESENT, WEAKLY_PRESENT, STRONGLY_PRESENT = 0, 1, 2
RATINGS = (NOT_PRESENT, WEAKLY_PRESENT, STRONGLY_PRESENT)


class Question(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One category asked of one clip.

    Attributes:
        category: EmoNet category that was asked about
        task: the benchmark's own word for why it was asked ("affirmative", "contrastive_1"); empty where it has none
        ratings: one answer a listener, ascending: 0 not present, 1 weakly present, 2 strongly present
        preselected: whether the clip was picked because a model (or a prompt) took the category to be present
    """

    category: str
    ratings: tuple[int, ...]
    task: str = ""
    preselected: bool | None = None

    @property
    def present(self) -> bool | None:
        """Whether more than half of the listeners heard it, weakly or strongly; None where they are split in half."""
        heard = sum(rating > NOT_PRESENT for rating in self.ratings)
        return None if 2 * heard == len(self.ratings) else 2 * heard > len(self.ratings)

    @property
    def unanimous(self) -> bool:
        """Whether all listeners say that it is present, or all that it is not."""
        return len({rating > NOT_PRESENT for rating in self.ratings}) == 1

    @property
    def mean_rating(self) -> float:
        """Mean answer, 0 to 2."""
        return sum(self.ratings) / len(self.ratings)


def source_of(path: PurePosixPath) -> str:
    """Name the recording that a benchmark's clip was cut from: its speaker, as far as file names tell one.

    Emilia numbers the pieces of one source: EN_B00006_S00525_W000000 and ..._W000017_emotion_reference are of one.
    """
    return re.sub(r"_W\d+(_emotion_reference)?$", "", path.stem)
