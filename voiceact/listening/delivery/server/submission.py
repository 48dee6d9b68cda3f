"""Decode what a page sends."""

from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request

from voiceact.listening.delivery.headphones import TONES, TRIALS
from voiceact.web.security import Refused, read_body

MOST_BODY = 16 * 1024
"""bytes; the longest answer (40 categories) is below 2 KiB"""
MOST_SECONDS = 24 * 3600

MOST_CATEGORIES = 64
"""categories that one answer may name"""

Value = Annotated[int, msgspec.Meta(ge=-1000, le=1000)]
Name = Annotated[str, msgspec.Meta(max_length=64)]

T = TypeVar("T")


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted for an item.

    Attributes:
        nonce: made by the page, the same when it is sent again
        plays: how often clips were heard to their end
        seconds: from the end of the first complete playing (of the last clip, where there are two) to the answer
    """

    item: Annotated[str, msgspec.Meta(max_length=64)]
    nonce: Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern="^[ -~]*$")]
    value: Value | Annotated[dict[Name, Value], msgspec.Meta(max_length=MOST_CATEGORIES)]
    plays: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=MOST_SECONDS)]


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a link holds."""

    token: Annotated[str, msgspec.Meta(max_length=200)]


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The interface's."""

    language: Annotated[str, msgspec.Meta(max_length=8)]


class Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answers to the headphone check: the place of the quietest tone, trial by trial."""

    answers: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=TONES)]], msgspec.Meta(min_length=TRIALS, max_length=TRIALS)]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


async def small_body(request: Request) -> bytes:
    """Read the body, no further than `MOST_BODY`.

    Raises:
        Refused: 413 if it is longer
    """
    return await read_body(request, MOST_BODY)


def decode_submission(body: bytes, kind: type[T]) -> T:
    """Decode a body as `kind`.

    Raises:
        Refused: 400 if it is no JSON, 422 if it is not of that form
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(422, "bad_form", str(error), event="bad form") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "not_json", f"the body is not JSON: {error}", event="not JSON") from error
