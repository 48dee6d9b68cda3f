"""An answer: one listener, one item, one value; the tidy row of the results.

Every row carries a digest of its own fields, so that a row that was edited by hand is noticed. The digest holds no secret:
it detects accidental changes, and is no protection against deliberate forgery.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, cast

import msgspec

from voiceact.acting.taxonomy import contrast, get
from voiceact.errors import UsageError, count_noun, listed
from voiceact.listening.assignment import Draw, sides
from voiceact.listening.loading import ListeningTest
from voiceact.listening.model import OTHER, ListeningItem
from voiceact.runtime.untrusted_text import clean_text

Value = int | float
Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_.-]{0,128}$")]
"""of a test, protocol, listener, item, clip or category: nothing that a terminal, page or spreadsheet would obey"""
Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Time = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?$")]
"""ISO 8601, or empty"""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a listener answered; where an item asks for many categories there is an answer for each.

    Attributes:
        test: id of the test
        protocol: its name
        listener: id, never the token
        item: id
        clip: id of its first clip
        clip_b: id of its second; None unless two clips were compared
        category: that was asked about; None where no category was
        kind: of the item (target, contrastive, gold, repeat, attention), or "other": one of many categories asked that is
            neither the clip's own nor its contrast
        stage: round in which the listener was asked, from 1
        position: in this listener's order, from 1
        value: of the protocol's choices; of a pair 1 is `clip` and 2 is `clip_b`, in whichever order they were shown
        seconds: from the end of the first complete playing (of the last clip, where there are two) to the answer
        plays: how often a clip was started
        at: UTC, ISO 8601, by the clock of the server
        order_seed: of the listener's order
        repeats: the item that was asked again
        sha256: of all other fields (see `digest`)
    """

    test: Name
    protocol: Name
    listener: Name
    item: Name
    clip: Name
    clip_b: Name | None = None
    category: Name | None
    kind: Name
    stage: Number
    position: Number
    value: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] | Annotated[float, msgspec.Meta(ge=-1000, le=1000)]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None = None
    plays: Number | None = None
    at: Time
    order_seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    repeats: Name | None = None
    sha256: Name = ""


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """A person who takes a test.

    Nothing of the person is kept but what the test needs.

    Attributes:
        id: public and opaque; what stands in the results
        number: of the listener in the test, from 1
        language: of the interface they chose
        qualified: whether they passed the headphone check; None where there was none
        consented_at: UTC, ISO 8601; None if it has not happened
        created: likewise, of the link
        done_at: likewise
        deleted: likewise
    """

    id: str
    number: int = 0
    language: str = "en"
    qualified: bool | None = None
    consented_at: str | None = None
    created: str | None = None
    done_at: str | None = None
    deleted: str | None = None


FIELDS: tuple[str, ...] = Answer.__struct_fields__
"""columns of the results, in their order"""


def digest(answer: Answer) -> str:
    """Return the SHA-256 (hexadecimal) of a row's other fields, as JSON in the order of the columns."""
    fields = msgspec.structs.asdict(answer)
    del fields["sha256"]
    # 2 and 2.0 are the same answer, whichever file format it has passed through.
    plain = {name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in fields.items()}
    return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()


def with_digest(answer: Answer) -> Answer:
    """Return the answer with its digest."""
    return msgspec.structs.replace(answer, sha256=digest(answer))


def has_valid_digest(answer: Answer) -> bool:
    """Return whether an answer's digest is that of its fields."""
    return answer.sha256 == digest(answer)


# --- From what a browser sends to rows


def check_answer(test: ListeningTest, item: ListeningItem | str, value: Any) -> Value | dict[str, Value]:
    """Check what a listener sent for an item.

    Args:
        test: the test
        item: of the test, or its id
        value: one of the protocol's values; where the item asks for many categories, category id -> value, all of them

    Returns:
        The value or values, as whole numbers.

    Raises:
        UsageError: if the item is not in the test, or the value is none of its protocol's
    """
    item = test.item(item) if isinstance(item, str) else item
    if not test.protocol.many:
        return _check_value(test, value)
    if not isinstance(value, Mapping):
        # No message names the item: it goes to the listener, who must not learn its id.
        raise UsageError(
            f"the item asks for {count_noun(len(item.asked), 'category')}; expected a value for each, "
            f"not {clean_text(repr(value), 60)}"
        )
    if missing := [name for name in item.asked if name not in value]:
        raise UsageError(f"the item lacks a value for {listed(missing)}; rate every category")
    if unknown := [str(name) for name in value if name not in item.asked]:
        raise UsageError(f"the item does not ask for {clean_text(listed(unknown))}; expected {listed(item.asked)}")
    return {name: _check_value(test, value[name]) for name in item.asked}


def values_of_answer(test: ListeningTest, draw: Draw, shown_value: Any) -> dict[str | None, Value]:
    """Translate an answer as the listener gave it into the item's own order of clips.

    Args:
        test: the test
        draw: what was handed out (`voiceact.listening.assignment`)
        shown_value: as given: of a pair 1 is the clip that was shown first

    Returns:
        Category (None where none is asked) -> value: of a pair 1 is the item's first clip.

    Raises:
        UsageError: as `check_answer`
    """
    item, checked = test.item(draw.item), check_answer(test, draw.item, shown_value)
    if isinstance(checked, dict):
        return {category: checked[category] for category in item.asked}
    if sides(test, item, draw.seed) != item.clips:
        checked = test.protocol.swapped.get(int(checked), checked)
    return {item.category: checked}


def deciding_value(item: ListeningItem, values: Mapping[str | None, Value]) -> Value:
    """Return the value by which the assignment decides whether an item needs another rater.

    It is the only one; of an item that asks for many categories, that of the category the item is about, else the first.

    Args:
        item: that was answered
        values: as `values_of_answer` returns them
    """
    return values[item.category] if item.category in values else next(iter(values.values()))


def make_answers(
    test: ListeningTest, draw: Draw, shown_value: Any, *, at: str, seconds: float | None = None, plays: int | None = None
) -> list[Answer]:
    """Make the rows of an answer to an item that was handed out, each with its digest.

    Args:
        test: the test
        draw: what was handed out (`voiceact.listening.assignment`)
        shown_value: as the listener gave it: of a pair 1 is the clip that was shown first
        at: UTC, ISO 8601
        seconds: from the end of the first complete playing to the answer
        plays: how often a clip was started

    Raises:
        UsageError: as `check_answer`; also for seconds or plays that cannot be
    """
    item, values = test.item(draw.item), values_of_answer(test, draw, shown_value)
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise UsageError(f"an answer after {seconds} seconds cannot be; expected 0 or more")
    if plays is not None and plays < 0:
        raise UsageError(f"a clip played {count_noun(plays, 'time')} cannot be; expected 0 or more")
    clip, *second = item.clips
    return [
        with_digest(
            Answer(
                test=test.id,
                protocol=test.protocol.name,
                listener=draw.listener,
                item=item.id,
                clip=clip,
                clip_b=second[0] if second else None,
                category=category,
                kind=row_kind(test, item, category),
                stage=draw.stage,
                position=draw.position,
                value=value,
                seconds=None if seconds is None else round(float(seconds), 3),
                plays=plays,
                at=at,
                order_seed=draw.seed,
                repeats=item.repeats,
            )
        )
        for category, value in values.items()
    ]


def _check_value(test: ListeningTest, value: Any) -> Value:
    known = test.protocol.values
    # True and "1" are no answers: a page that sends them is wrong.
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in known:
        raise UsageError(
            f"{clean_text(repr(value), 60)} is no answer of {test.protocol.name}; expected one of {', '.join(map(str, known))}"
        )
    return cast(Value, int(value))


def row_kind(test: ListeningTest, item: ListeningItem, category: str | None) -> str:
    """Return the item's kind, or for one of many categories whether it is the clip's contrast or any other."""
    if not test.protocol.many or category == item.category:
        return item.kind
    if item.kind == "target" and item.category and contrast(get(item.category), map(get, item.asked)).id == category:
        return "contrastive"
    return OTHER
