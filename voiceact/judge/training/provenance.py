"""Where a judge's training data comes from, and what may not be in it."""

from typing import Any

from voiceact.errors import UsageError
from voiceact.judge.corpus.base import corpora as known_corpora
from voiceact.judge.corpus.manifest import Manifest, is_burst

SYNTHETIC_KINDS = ("synthetic", "generated", "take")


def corpus_cards(corpora: dict[str, Manifest], *, commercial_only: bool) -> list[dict[str, Any]]:
    """One entry a corpus for the model card, by name.

    Raises:
        UsageError: a corpus of synthetic voices, or one that is not known to be free for commercial use
            where only such are wanted
    """
    cards = [_entry(name, corpora[name]) for name in sorted(corpora)]
    for card in cards:
        if commercial_only and not card["commercial"]:
            raise UsageError(
                f"corpus {card['name']!r} ({card['licence']}) is not known to allow commercial use; "
                "leave it out, or train without --commercial-only"
            )
    return cards


def _entry(name: str, manifest: Manifest) -> dict[str, Any]:
    _refuse_synthetic(name, manifest)
    licence, commercial, citation = _terms(name, manifest)
    speech = [recording for recording in manifest.recordings if not is_burst(recording)]
    return {
        "name": name,
        "manifest_sha256": manifest.sha256,
        "licence": licence,
        "commercial": commercial,
        "citation": citation,
        "clips": len(manifest.recordings),
        "kind": "speech" if len(speech) * 2 > len(manifest.recordings) else "burst",
        "speakers": len({recording.speaker for recording in manifest.recordings}),
        "human": True,
    }


def _refuse_synthetic(name: str, manifest: Manifest) -> None:
    for recording in manifest.recordings:
        if recording.kind in SYNTHETIC_KINDS:
            raise UsageError(
                f"corpus {name!r} holds {recording.path}, which no human spoke (kind {recording.kind!r}); "
                "a judge hears human voices only"
            )


def _terms(name: str, manifest: Manifest) -> tuple[str, bool, str]:
    """Licence, whether commercial use is allowed, citation: from the card beside the manifest, else by name."""
    if manifest.card is not None and not manifest.card_is_stale:
        return manifest.card.licence, manifest.card.commercial, manifest.card.citation
    known = known_corpora().get(name.casefold())
    return (known.licence, known.commercial, known.citation) if known else ("not stated", False, "not stated")
