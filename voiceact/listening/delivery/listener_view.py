"""Show an item to a listener's browser: its clips and the question, and nothing that gives the answer away.

The ids in test.json are hashes of things that a listener may know or guess (the name of the source, the seed, the key of a
clip), so they stay on the server. Browsers see aliases: HMACs with a secret that is drawn at random and never sent
(docs/security.md).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from voiceact.listening.assignment import Draw, sides
from voiceact.listening.loading import ListeningTest
from voiceact.listening.model import ListeningItem

ALIAS_DIGITS = 16
"""hexadecimal digits of an alias: all have the same length"""
SECRET_BYTES = 32


def new_secret() -> str:
    """Draw a secret for aliases: 256 random bits in hexadecimal."""
    return secrets.token_hex(SECRET_BYTES)


@dataclass(frozen=True)
class Aliases:
    """The ids that browsers see, from a secret.

    Attributes:
        secret: random bytes that never leave the server; empty for a bundle made before there were aliases, whose ids are
            those of the test
    """

    secret: bytes

    def item(self, listener: str, item: str) -> str:
        """Return the alias of an item for one listener: two listeners cannot tell that they were asked the same."""
        return self.derive("item", listener, item) if self.secret else item

    def clip(self, listener: str, item: str, clip: str) -> str:
        """Return the alias of a clip in one item for one listener: a clip that comes again has another one."""
        return self.derive("clip", listener, item, clip) if self.secret else clip

    def derive(self, *parts: str) -> str:
        """Return ALIAS_DIGITS hexadecimal digits that only who knows the secret can compute from the parts."""
        return hmac.digest(self.secret, "\x1f".join(parts).encode(), hashlib.sha256).hex()[:ALIAS_DIGITS]

    def clips(self, test: ListeningTest, draw: Draw) -> dict[str, str]:
        """Return alias -> id of the clips of an item that was handed out, in the order in which they are shown."""
        return {self.clip(draw.listener, draw.item, clip): clip for clip in sides(test, test.item(draw.item), draw.seed)}


def show_item(test: ListeningTest, draw: Draw, aliases: Aliases) -> dict[str, Any]:
    """Return an item as it is shown to the listener it was given to; JSON-able.

    Returns:
        item: alias; clips: aliases in the order shown; asked: category ids; position: from 1;
        instruct: of an attention check, the value that the page tells the listener to choose (for the category
        `instruct_category`, where many are asked); None for every other item, and where the instruction is spoken.
    """
    item = test.item(draw.item)
    return {
        "item": aliases.item(draw.listener, draw.item),
        "position": draw.position,
        "clips": list(aliases.clips(test, draw)),
        **question(test, item),
    }


def question(test: ListeningTest, item: ListeningItem) -> dict[str, Any]:
    """Return what an item asks, the same for every listener: the keys asked, instruct and instruct_category of `show_item`."""
    tells = item.kind == "attention" and test.clips[item.clips[0]].made != "spoken"
    return {
        "asked": list(item.asked),
        "instruct": item.expected[0] if tells and item.expected else None,
        "instruct_category": item.category if tells and test.protocol.many else None,
    }


def form(test: ListeningTest) -> dict[str, Any]:
    """Return what is the same for every item of a test; JSON-able.

    Returns:
        protocol, question (key of the words), clips (1 or 2), many, choices [{value, label (key of the words), key}]
    """
    protocol = test.protocol
    return {
        "protocol": protocol.name,
        "question": protocol.question,
        "clips": protocol.clips_per_item,
        "many": protocol.many,
        "choices": [{"value": choice.value, "label": choice.label, "key": choice.key} for choice in protocol.choices],
    }
