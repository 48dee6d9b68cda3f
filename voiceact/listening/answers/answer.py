"""An answer: one listener, one item, one value; the tidy row of the results.

Every row carries a digest of its own fields, so that a row that was edited by hand is noticed. The digest holds no secret:
it tells an accident from an answer, and is no protection against somebody who means to cheat.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from voiceact.acting.taxonomy import contrast, get
from voiceact.errors import UsageError, listed
from voiceact.listening.assignment import Draw, sides
from voiceact.listening.model import OTHER, Item, Test

Value = int | float


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a listener answered; where an item asks for many categories there is an answer for each.

    test, protocol: id and name
    listener: id, never the token
    item, clip, clip_b: ids; clip_b is None unless two clips were compared
    category: asked about; None where no category was
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

    test: str
    protocol: str
    listener: str
    item: str
    clip: str
    clip_b: str | None = None
    category: str | None
    kind: str
    stage: int
    position: int
    value: Value
    seconds: float | None = None
    plays: int | None = None
    at: str
    order_seed: int
    repeats: str | None = None
    sha256: str = ""


FIELDS: tuple[str, ...] = Answer.__struct_fields__
"""columns of the results, in their order"""


def digest(answer: Answer) -> str:
    """SHA-256, in hexadecimal, of a row's fields but the digest itself: as JSON, in the order of the columns."""
    fields = msgspec.structs.asdict(answer)
    del fields["sha256"]
    # 2 and 2.0 are the same answer, whichever file format it has passed through.
    plain = {name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in fields.items()}
    return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()


def sealed(answer: Answer) -> Answer:
    """The same answer with its digest."""
    return msgspec.structs.replace(answer, sha256=digest(answer))


def is_whole(answer: Answer) -> bool:
    """Whether an answer's digest is that of its fields."""
    return answer.sha256 == digest(answer)


# --- From what a browser sends to rows


def check_answer(test: Test, item: Item | str, value: Any) -> Value | dict[str, Value]:
    """What a listener sent for an item, if it can be an answer to it.

    value: one of the protocol's values; where the item asks for many categories, category id -> value, all of them

    Raises:
        UsageError: if the item is not in the test, or the value is none of its protocol's
    """
    item = test.item(item) if isinstance(item, str) else item
    if not test.protocol.many:
        return _checked(test, value)
    if not isinstance(value, Mapping):
        raise UsageError(f"item {item.id} asks for {len(item.asked)} categories; expected a value for each, not {value!r}")
    if missing := [name for name in item.asked if name not in value]:
        raise UsageError(f"item {item.id} lacks a value for {listed(missing)}; rate every category")
    if unknown := [str(name) for name in value if name not in item.asked]:
        raise UsageError(f"item {item.id} does not ask for {listed(unknown)}; expected {listed(item.asked)}")
    return {name: _checked(test, value[name]) for name in item.asked}


def make_answers(test: Test, draw: Draw, value: Any, *, at: str, seconds: float | None = None,
                 plays: int | None = None) -> list[Answer]:
    """The rows of an answer to an item that was handed out, each with its digest.

    draw: what was handed out (`voiceact.listening.assignment`)
    value: as the listener gave it: of a pair 1 is the clip that was shown first

    Raises:
        UsageError: as `check_answer`; also for seconds or plays that cannot be
    """
    item, found = test.item(draw.item), check_answer(test, draw.item, value)
    _check_behaviour(seconds, plays)
    rows = found if isinstance(found, dict) else {item.category: _turned(test, item, draw, found)}
    clip, *second = item.clips
    return [sealed(Answer(
        test=test.id, protocol=test.protocol.name, listener=draw.listener, item=item.id, clip=clip,
        clip_b=second[0] if second else None, category=category, kind=_row_kind(test, item, category), stage=draw.stage,
        position=draw.position, value=one, seconds=None if seconds is None else round(float(seconds), 3), plays=plays, at=at,
        order_seed=draw.seed, repeats=item.repeats)) for category, one in rows.items()]


def ledger_value(test: Test, answers: Sequence[Answer]) -> Value:
    """What an item's rows say to the assignment: the value; of many, that of the category the item is about, else the first."""
    item = test.item(answers[0].item)
    return next((answer.value for answer in answers if answer.category == item.category), answers[0].value)


def _checked(test: Test, value: Any) -> Value:
    known = test.protocol.values
    # True and "1" are no answers: a page that sends them is wrong.
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in known:
        raise UsageError(f"{value!r} is no answer of {test.protocol.name}; expected one of {', '.join(map(str, known))}")
    return cast(Value, int(value))


def _check_behaviour(seconds: float | None, plays: int | None) -> None:
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise UsageError(f"an answer after {seconds} seconds cannot be; expected 0 or more")
    if plays is not None and plays < 0:
        raise UsageError(f"a clip played {plays} times cannot be; expected 0 or more")


def _turned(test: Test, item: Item, draw: Draw, value: Value) -> Value:
    """A pair's answer in terms of the item's own order of clips."""
    turned = sides(test, item, draw.seed) != item.clips
    return test.protocol.swapped.get(int(value), value) if turned else value


def _row_kind(test: Test, item: Item, category: str | None) -> str:
    if not test.protocol.many or category == item.category:
        return item.kind
    if item.kind == "target" and item.category and contrast(get(item.category), map(get, item.asked)).id == category:
        return "contrastive"
    return OTHER

