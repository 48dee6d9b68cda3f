"""What a listener's browser is told of an item: which clips, what is asked, and nothing that gives an answer away."""

from typing import Any

from voiceact.listening.assignment import Draw, sides
from voiceact.listening.model import Test


def shown(test: Test, draw: Draw) -> dict[str, Any]:
    """An item as it is shown to the listener it was given to; JSON-able.

    item: id; clips: ids in the order shown; asked: category ids; position: from 1
    instruct: of an attention check, the value that the page tells the listener to choose (for the category
        `instruct_category`, where many are asked); None for every other item, and where the instruction is spoken
    """
    item = test.item(draw.item)
    tells = item.kind == "attention" and test.clips[item.clips[0]].made != "spoken"
    return {"item": item.id, "position": draw.position, "clips": list(sides(test, item, draw.seed)), "asked": list(item.asked),
            "instruct": item.expected[0] if tells and item.expected else None,
            "instruct_category": item.category if tells and test.protocol.many else None}


def form(test: Test) -> dict[str, Any]:
    """What is the same for every item of a test; JSON-able.

    protocol, question (key of the words), clips (1 or 2), many, choices [{value, label (key of the words), key}]
    """
    protocol = test.protocol
    return {"protocol": protocol.name, "question": protocol.question, "clips": protocol.clips_per_item, "many": protocol.many,
            "choices": [{"value": one.value, "label": one.label, "key": one.key} for one in protocol.choices]}
