"""What a card and a report both say of a run, in sentences and in pairs of name and value."""

from collections.abc import Mapping
from typing import Any

from voiceact.dataset.findings.findings import Findings
from voiceact.dataset.findings.formatting import counted, hours, interval, joined, per_cent, several, size

ABLE = {
    "category": "it can tell the category from others in the speech of unseen people",
    "burst": "it can tell the category from others at least in wordless bursts of unseen people",
    "dimension": "it can hear at least the arousal or valence in which the category lies",
}
LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French"}


def truth(findings: Findings) -> list[str]:
    """What the set is and how far it can be believed, in two paragraphs."""
    return [f"{_what(findings)} {voices(findings)}", _how_far(findings)]


def _what(findings: Findings) -> str:
    made = findings.total
    spoken = joined([LANGUAGES.get(code, code) for code in sorted(findings.coverage.by(lambda place: place.language))])
    return (f"{several(made.number, 'take')} ({hours(made.seconds)}) of synthetic {spoken} speech by "
            f"{several(len(findings.personas), 'persona')}, spoken by the engine “{findings.file.engine.get('name')}”. "
            f"{counted(made.included)} of them ({per_cent(made.included / made.number)}, {hours(made.included_seconds)}) are "
            f"included: no check failed{_evidence(findings.least_evidence)}.")


def _evidence(least: str) -> str:
    stronger = "" if least == "category" else " or stronger"
    return f", and the judge's evidence is “{least}”{stronger} ({ABLE[least]})" if least in ABLE else ", whatever the evidence"


def voices(findings: Findings) -> str:
    """Whether somebody's voice is in it."""
    real = [name for name in findings.personas if (findings.file.personas.get(name) or {}).get("consent")]
    if not real:
        return "All speakers are fictional; nobody was recorded."
    return f"The voice of {joined(real)} is a real person's, used with consent; the other speakers are fictional."


def _how_far(findings: Findings) -> str:
    heard, judge = findings.heard, findings.file.judge
    if heard.dealt is None:
        return f"How often the judge “{judge.get('name')}” confirms what was asked is not known: {heard.rate.why}."
    trained = ", which was trained on human voices alone," if heard_people_only(findings) else ""
    twins = f"; {interval(heard.twins)} of neutral readings would" if heard.twins.value is not None else ""
    return (f"The judge “{judge.get('name')}”{trained} calls the category that was asked present in {interval(heard.rate)} of "
            f"{_which(findings)}. {per_cent(heard.dealt.mean)} ({100 * heard.dealt.low:.0f} to "
            f"{100 * heard.dealt.high:.0f}) would pass with the requests dealt out anew{twins}. No person has listened to "
            "these clips for this.")


def _which(findings: Findings) -> str:
    sure = findings.census.sure
    return "the takes it could judge" if sure is None else (
        f"the first {'take' if sure == 1 else f'{sure} takes'} of each cell that it could judge")


def heard_people_only(findings: Findings) -> bool:
    """Whether the judge's own card says that no synthetic voice was heard in its training."""
    card = judge_card(findings)
    corpora = card.get("corpora") or []
    return bool(corpora) and not card.get("synthetic_data") and all(one.get("human") for one in corpora)


def judge_card(findings: Findings) -> Mapping[str, Any]:
    """What the judge's maker says of it; empty if it is not installed here or says nothing."""
    card = getattr(findings.thresholds.judge, "card", None)
    return card if isinstance(card, Mapping) else {}


def trained_on(findings: Findings) -> list[str]:
    """The corpora that the judge was trained on, a phrase each."""
    return [f"{one.get('name')} ({one.get('kind')}, {one.get('clips'):,} clips of {one.get('speakers')} people, "
            f"{one.get('licence')}; {one.get('citation')})" for one in judge_card(findings).get("corpora") or []]


def provenance(findings: Findings) -> list[tuple[str, str]]:
    """What made the run."""
    file, engine, judge = findings.file, findings.file.engine, findings.file.judge
    again = "the same bytes each time" if engine.get("deterministic") else "not the same bytes each time"
    facts = [
        ("recipe", f"{file.name}, seed {file.recipe.get('seed', 0)}"),
        ("plan", f"{file.plan} ({several(file.cells, 'cell')}, at most {several(file.most_takes, 'take')} each)"),
        ("voiceact", file.voiceact),
        ("engine", f"{engine.get('name')} {engine.get('version')}, {again}; model SHA-256 {engine.get('model_sha256')}"),
        ("judge", f"{judge.get('name')}, revision {judge.get('revision')}"),
        ("checks", ", ".join(file.recipe.get("verify", {}).get("checks", ())) or "not recorded"),
        *([("checks made with", file.fingerprint["checks"])] if "checks" in file.fingerprint else []),
        ("shards", f"{findings.shards} of {file.shards} finished, {size(findings.bytes)}"),
    ]
    return facts + [(f"SHA-256 of {part}", value) for part, value in file.fingerprint.items() if len(value) == 64]
