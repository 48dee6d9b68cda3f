"""Items of an instruct export: questions and answers about a clip, two clips compared, one clip preferred to another.

The wording of a question is drawn by the id of the item, so the same run gives the same items.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from voiceact.acting.intensity import word
from voiceact.acting.taxonomy import get
from voiceact.clip.record import Record
from voiceact.dataset.instruct.attributes import Measured
from voiceact.dataset.instruct.statements import (
    Statement,
    compare_requested,
    compare_sounds,
    state_changes,
    state_context,
    state_feeling,
    state_signs,
    state_sound,
    state_strength,
)
from voiceact.store.columns import Row

QUESTIONS = {
    "feeling": ("What does the speaker feel?", "Which feeling is this?", "What is felt here?"),
    "strength": ("How strongly?", "How strong is it?", "To what degree?"),
    "signs": ("What in the voice shows it?", "Which traits of the voice tell you?", "By what can one hear it?"),
    "changes": (
        "What changed against the neutral reading?",
        "Compare it in numbers with the neutral reading of the same line.",
    ),
    "sound": ("What was measured in the recording?", "Describe the voice in numbers."),
    "context": (
        "Who speaks, and what might have happened before or come next?",
        "What could the situation be, given who speaks and what is said?",
    ),
}
COMPARISONS = {
    "feelings": ("Both recordings say the same line. Which one expresses {name}?", "Which of the two was acted as {name}?"),
    "intensities": (
        "Both recordings express {name}. Which one was asked to be stronger?",
        "In which of the two was more {name} asked for?",
    ),
}
LICENSED = ("split", "license", "judge", "judge_revision", "engine", "engine_revision")
"""columns that every item repeats"""


@dataclass(frozen=True)
class Heard:
    """A clip of an instruct export.

    Attributes:
        row: its columns; `file_name` is the path of its audio
        record: its record
        measured: attributes of its audio
        twin: those of the neutral reading; None where none was kept
        files: role ("record", "twin") -> path, relative to the folder
    """

    row: Row
    record: Record
    measured: Measured
    twin: Measured | None
    files: dict[str, str]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["id"])


def ask_about(clip: Heard) -> dict[str, Any]:
    """Make the item that asks about one clip: feeling, strength, signs in the voice, changes, situation."""
    turns: list[tuple[str, Iterable[Statement]]] = [
        ("feeling", state_feeling(clip.id, clip.record)),
        ("strength", state_strength(clip.id, clip.record)),
    ]
    if clip.twin is not None:
        turns.append(("signs", state_signs(clip.id, clip.measured, clip.twin)))
        turns.append(("changes", state_changes(clip.id, clip.measured, clip.twin)))
    else:
        turns.append(("sound", state_sound(clip.id, clip.measured)))
    turns.append(("context", state_context(clip.id, clip.record)))

    # One message of the user and one of the assistant for each question that has an answer.
    messages: list[dict[str, Any]] = []
    statements: list[dict[str, object]] = []
    for name, answer in turns:
        if said := list(answer):
            audios = [clip.row["file_name"]] if not messages else []
            messages.append(_user(_pick(f"{clip.id}:{name}", QUESTIONS[name]), audios))
            statements += [statement.as_dict(len(messages)) for statement in said]
            messages.append(_assistant(said))
    return {
        "id": clip.id,
        "kind": "clip",
        "messages": messages,
        "statements": statements,
        "clips": [_source(clip)],
        **{name: clip.row[name] for name in LICENSED},
    }


def compare_clips(kind: str, one: Heard, other: Heard) -> dict[str, Any]:
    """Make the item that asks which of two clips expresses a feeling, or expresses it more strongly.

    Args:
        kind: "feelings" (one line, two feelings) or "intensities" (one feeling, two intensities)
        one: the clip that is the answer; of intensities the stronger one
        other: the other
    """
    item = f"{one.id}>{other.id}"
    answer_first = _draw(f"{item}:order", 2) == 0
    first, second = (one, other) if answer_first else (other, one)
    question = _pick(f"{item}:{kind}", COMPARISONS[kind]).format(name=get(str(one.row["category"])).name)
    said = [
        Statement(f"The {'first' if answer_first else 'second'} one.", f"record.mix.{kind}", (first.id, second.id)),
        compare_requested(first.id, second.id, (first.record, second.record)),
        *compare_sounds(first.id, second.id, (first.measured, second.measured)),
    ]
    return {
        "id": item,
        "kind": kind,
        "messages": [_user(question, [first.row["file_name"], second.row["file_name"]]), _assistant(said)],
        "statements": [statement.as_dict(1) for statement in said],
        "clips": [_source(first), _source(second)],
        "answer": one.id,
        **{name: one.row[name] for name in LICENSED},
    }


def prefer_clip(kind: str, chosen: Heard, rejected: Heard) -> dict[str, Any]:
    """Make the item in which one clip is preferred to another as the answer to a request to speak.

    Args:
        kind: as of `compare_clips`
        chosen: the clip that was asked for what the prompt asks
        rejected: the one that was asked for something else
    """
    persona, mix = chosen.record.replay.persona, chosen.record.mix
    feelings = " and ".join(
        f"{get(category).name}, {word(intensity)} ({intensity:g} of 7)" for category, intensity in mix.items() if intensity > 0
    )
    request = f"Speak as this person: {' '.join(persona.description.split())} Express {feelings}. Say: {chosen.record.text}"
    statement = compare_requested(chosen.id, rejected.id, (chosen.record, rejected.record))
    return {
        "id": f"{chosen.id}>{rejected.id}",
        "kind": kind,
        "prompt": [_user(request, [])],
        "chosen": [_spoken(chosen)],
        "rejected": [_spoken(rejected)],
        "statements": [statement.as_dict(0)],
        "clips": [_source(chosen), _source(rejected)],
        **{name: chosen.row[name] for name in LICENSED},
    }


def _user(text: str, audios: Sequence[str]) -> dict[str, Any]:
    return {
        "role": "user",
        "content": [*({"type": "audio", "audio": path} for path in audios), {"type": "text", "text": text}],
    }


def _assistant(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": " ".join(one.text for one in statements)}]}


def _spoken(clip: Heard) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "audio", "audio": clip.row["file_name"]}]}


def _source(clip: Heard) -> dict[str, Any]:
    return {"id": clip.id, "audio": clip.row["file_name"], "sha256": clip.row["sha256"], **clip.files}


def _draw(key: str, choices: int) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % choices


def _pick(key: str, choices: Sequence[str]) -> str:
    return choices[_draw(key, len(choices))]


__all__ = ["Heard", "ask_about", "compare_clips", "prefer_clip"]
