"""Define the parts of a listening test: stimuli, items, settings, and test.json.

`voiceact.listening.loading` reads and checks the folder of a test.
"""

import hashlib
from typing import Annotated, ClassVar, Literal

import msgspec

NAME = "test.json"
AUDIO = "audio"
FORMAT = "voiceact-test/1"

ANSWER_SECONDS, CATEGORY_SECONDS = 5.0, 2.0
"""assumed, not measured: what an answer takes, and each further category of an item that asks for many"""

Kind = Literal["target", "contrastive", "gold", "repeat", "attention"]
KINDS: dict[Kind, str] = {
    "target": "asks what the clip was made for",
    "contrastive": "asks for a category that should be absent",
    "gold": "its right answer is known: by how the clip was made, or by the labels the test was given",
    "repeat": "another item, asked again of the same listener",
    "attention": "tells the listener which answer to give",
}
ASKED: tuple[Kind, ...] = ("target", "contrastive")
"""kinds of item that the test is about; the others are there to know the listeners"""
OTHER = "other"
"""kind of an answer about a category that is neither the clip's nor its contrast, where an item asks for many"""


Id = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""of a clip or an item"""
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Finite = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
"""a figure that can be computed with: a test from elsewhere may hold any"""
MAX_TEST_BYTES = 512 * 2**20
"""of test.json; a clip with its scores takes about 2.5 KiB"""
MAX_SOUND_BYTES = 256 * 2**20
"""of a copy"""


class Stimulus(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sound in the test with its metadata; a listener gets the file alone.

    Attributes:
        made: "take", or what was made of one: "twin" (neutral reading), "noise" (drowned in it), "spoken" (an instruction)
        key: of the take in the run; id of the clip where the test was made of a folder
        scores: category id -> 0 to 7 as the judge heard it
        thresholds: category id -> score from which the judge called it present
    """

    __test__: ClassVar[bool] = False  # no test of pytest's

    id: Id
    file: str
    """relative to the folder of the test"""
    sha256: str
    """of that file"""
    seconds: Annotated[float, msgspec.Meta(ge=0, le=36_000)]
    lufs_before: Finite | None
    gain_db: Finite
    """how much louder the copy is than the original"""
    key: str
    made: str = "take"
    category: str | None
    intensity: Finite
    persona: str
    language: str
    text: str
    verdict: str | None
    evidence: str | None = None
    scores: dict[str, Finite | None] = {}
    thresholds: dict[str, Finite] = {}


class ListeningItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question about one or two clips.

    Attributes:
        category: asked about; of an item that asks for many, the one that `kind` and `expected` are about; None for no category
        asked: all categories that are asked
        expected: values that count as right; None where nobody knows
        repeats: the item that this one asks again
    """

    id: Id
    clips: tuple[Id, ...]
    category: str | None
    kind: Kind
    asked: tuple[str, ...] = ()
    expected: tuple[Annotated[int, msgspec.Meta(ge=-1000, le=1000)], ...] | None = None
    repeats: Id | None = None


class ClipSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the clips came from.

    Attributes:
        kind: "run", or "folder" of clips with records
        plan: digest of the run's plan; None for a folder
        judge: name and revision of the judge whose scores are kept, where there is one
    """

    kind: Literal["run", "folder"]
    name: str
    plan: str | None = None
    judge: dict[str, str] | None = None


class TestSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the test is run.

    Attributes:
        raters: of the first round of an item
        per_listener: items a listener gets at most, gold, repeats and attention checks among them
        gold: share of gold items among a listener's
        repeats: share of repeated items
        attention: share of attention checks
        gap: positions that lie at least between an item and its repeat
        contrastive: contrastive items for each target item
        languages: of the interface, the first is the default
        headphones: whether listeners pass a headphone check first
        stale_seconds: after so long without a sign of a listener, what they hold is given to others
        lufs: loudness of the copies
    """

    raters: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    per_listener: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 40
    gold: Share = 0.1
    repeats: Share = 0.1
    attention: Share = 0.05
    gap: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 5
    contrastive: Share = 0.0
    languages: tuple[str, ...] = ("en",)
    headphones: bool = False
    stale_seconds: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 1800.0
    lufs: Finite = -23.0


class TestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands in test.json.

    Attributes:
        id: digest of everything else in it, which shows edits
    """

    __test__: ClassVar[bool] = False

    format: str = FORMAT
    id: str = ""
    protocol: str
    seed: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    source: ClipSource
    settings: TestSettings
    clips: tuple[Stimulus, ...]
    items: tuple[ListeningItem, ...]


def test_id(file: TestFile) -> str:
    """Return the digest of everything in a test but its id, 16 hexadecimal digits."""
    bare = msgspec.structs.replace(file, id="")
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:16]


test_id.__test__ = False  # type: ignore[attr-defined]


def with_id(file: TestFile) -> TestFile:
    """Return the same test with its id."""
    return msgspec.structs.replace(file, id=test_id(file))
