"""Sentences about a run that its card, its report and its metadata share: what it holds, cautions, limits, provenance."""

from collections.abc import Mapping
from typing import Any

from voiceact.dataset.findings.findings import Findings, PresenceRates
from voiceact.dataset.findings.formatting import (
    format_count,
    format_duration,
    format_figure,
    format_share,
    format_size,
    join_names,
    names_or_count,
)
from voiceact.errors import count_noun
from voiceact.verify.pass_rate import SIGNIFICANT
from voiceact.vocabulary import EVIDENCE_ORDER

REASON_MEANINGS = {
    "emotion:absent": "the category asked is not heard",
    "contrast:contrast_present": "the category farthest from it is heard",
    "intensity:too_weak": "heard more weakly than asked",
    "intensity:too_strong": "heard more strongly than asked",
    "transcript:words": "words are missing, added or others than in the text",
    "transcript:unclear": "too many sounds are not understood",
    "transcript:tag_spoken": "a tag or a stage direction was read out",
    "quality:not_finite": "samples are not numbers",
    "quality:too_short": "too short",
    "quality:silent": "silent",
    "quality:clipped": "clipped",
    "quality:dc": "off the zero line",
    "quality:gap": "a long silence in the middle",
    "quality:cut_start": "cut off at the start",
    "quality:cut_end": "cut off at the end",
    "quality:narrow": "nothing is heard above 4.5 kHz",
    "quality:duration": "too fast or too slow for its text",
    "naturalness:unnatural": "sounds damaged (DNSMOS)",
    "identity:other_voice": "no longer the same voice",
}
"""reason code of a verdict -> its meaning; docs/verify.md explains each check"""

EVIDENCE_ABILITIES = {
    "category": "it can tell the category from others in the speech of unseen people",
    "burst": "it can tell the category from others at least in wordless bursts of unseen people",
    "dimension": "it can hear at least the arousal or valence in which the category lies",
}
LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French"}
SHIPPED_JUDGE = "human"

USES = [
    "Training and testing of speech emotion recognition, beside human speech and never in place of it.",
    "Training of expressive text to speech, and preference pairs of accepted and rejected takes.",
    "Listening tests, and the study of what a judge hears.",
]
MISUSES = [
    "To claim that a person feels what a model trained on it says. It holds what a synthesizer was asked to act and what "
    "one estimator heard of it; it is no ground truth of what people feel.",
    "To decide about people: at work, in schools, in courts, in medicine.",
    "To pass the clips off as recordings of people, or the personas as somebody.",
]
BIASES = [
    "The categories and their words are one taxonomy's, EmoNet's; how a feeling is acted follows acoustic findings on a few, "
    "mostly European languages.",
    "A judge prefers what resembles its training. What it includes leans towards what its own corpora call that emotion.",
    "The personas were written to be different; their shares of gender, age and temperament are those of the recipe and not "
    "of any population.",
]
SHIPPED_JUDGE_LIMITS = [
    "The judge learned speech from ten German actors in one studio, and wordless bursts from people who recorded themselves. "
    "How it judges other languages, children's and old voices, and spontaneous speech has not been measured.",
    "What actors do to be understood is not what people do when they feel. The judge knows the first.",
    "Arousal is its strongest reading, valence a weak one: happiness taken for anger is its typical error.",
    "Its scale of intensity is a convention: the order can be checked, the numbers cannot.",
]
EVIDENCE_LIMITS = {
    "category": "Told by the judge from all others in the speech of people it had not heard",
    "burst": "Told from others in wordless bursts alone; that a sentence sounds so has not been shown",
    "dimension": "Resting on arousal or valence alone; the judge cannot tell them from their neighbours",
}


# --- What the data set is


def summary_paragraphs(findings: Findings) -> list[str]:
    """Say in two paragraphs what the data set is and how far it can be believed."""
    # What there is of it, and which takes are included.
    takes, judge, presence = findings.total, findings.file.judge.get("name"), findings.presence
    spoken = join_names([LANGUAGES.get(code, code) for code in sorted(findings.coverage.by(lambda place: place.language))])
    least = findings.least_evidence
    stronger = "" if least == "category" else " or stronger"
    evidence = ", whatever the evidence"
    if least in EVIDENCE_ABILITIES:
        evidence = f", and the judge's evidence is “{least}”{stronger} ({EVIDENCE_ABILITIES[least]})"
    contents = (
        f"{count_noun(takes.number, 'take')} ({format_duration(takes.seconds)}) of synthetic {spoken} speech by "
        f"{count_noun(len(findings.personas), 'persona')}, spoken by the engine “{findings.file.engine.get('name')}”. "
        f"{format_count(takes.included)} of them ({format_share(takes.included / takes.number)}, "
        f"{format_duration(takes.included_seconds)}) are included: no check failed{evidence}. {describe_voices(findings)}"
    )
    if presence.null is None:
        return [contents, f"How often the judge “{judge}” confirms what was asked is not known: {presence.rate.why}."]

    # How often the judge confirms what was requested, beside chance and neutral twins.
    first = findings.census.unconditional_takes
    counted = "the takes it could judge"
    if first is not None:
        counted = f"the first {'take' if first == 1 else count_noun(first, 'take')} of each cell that it could judge"
    trained = ", which was trained on human voices alone," if trained_on_people_only(findings) else ""
    twins = f"; {format_figure(presence.twins)} of neutral readings would" if presence.twins.value is not None else ""
    belief = (
        f"The judge “{judge}”{trained} calls the category that was asked present in {format_figure(presence.rate)} of "
        f"{counted}. {format_share(presence.null.mean)} ({100 * presence.null.low:.0f} to "
        f"{100 * presence.null.high:.0f}) would pass with the requests dealt out anew{twins}. No person has listened to "
        "these clips for this."
    )
    return [contents, belief]


def describe_voices(findings: Findings) -> str:
    """Say whether a real person's voice is in the data set."""
    real = [name for name in findings.personas if (findings.file.personas.get(name) or {}).get("consent")]
    if not real:
        return "All speakers are fictional; nobody was recorded."
    return f"The voice of {join_names(real)} is a real person's, used with consent; the other speakers are fictional."


def judge_card(findings: Findings) -> Mapping[str, Any]:
    """Return the card of the run's judge; empty if the judge is not installed here or has none."""
    card = getattr(findings.thresholds.judge, "card", None)
    return card if isinstance(card, Mapping) else {}


def trained_on_people_only(findings: Findings) -> bool:
    """Return whether the judge's own card states that no synthetic voice was in its training data."""
    card = judge_card(findings)
    corpora = card.get("corpora") or []
    return bool(corpora) and not card.get("synthetic_data") and all(corpus.get("human") for corpus in corpora)


def training_corpora(findings: Findings) -> list[str]:
    """Describe each corpus that the judge was trained on in a phrase."""
    return [
        f"{corpus.get('name')} ({corpus.get('kind')}, {count_noun(corpus.get('clips'), 'clip')} of "
        f"{corpus.get('speakers')} people, "
        f"{corpus.get('licence')}; {corpus.get('citation')})"
        for corpus in judge_card(findings).get("corpora") or []
    ]


def provenance_facts(findings: Findings) -> list[tuple[str, str]]:
    """List what made the run, as pairs of name and value."""
    file, engine, judge = findings.file, findings.file.engine, findings.file.judge
    again = "the same bytes each time" if engine.get("deterministic") else "not the same bytes each time"
    facts = [
        ("recipe", f"{file.name}, seed {file.recipe.get('seed', 0)}"),
        ("plan", f"{file.plan} ({count_noun(file.cells, 'cell')}, at most {count_noun(file.most_takes, 'take')} each)"),
        ("voiceact", file.voiceact),
        ("engine", f"{engine.get('name')} {engine.get('version')}, {again}; model SHA-256 {engine.get('model_sha256')}"),
        ("judge", f"{judge.get('name')}, revision {judge.get('revision')}"),
        *([("scores centred on", str(judge["cohort"]))] if judge.get("cohort") else []),
        ("checks", ", ".join(file.recipe.get("verify", {}).get("checks", ())) or "not recorded"),
        *([("checks made with", file.fingerprint["checks"])] if "checks" in file.fingerprint else []),
        ("shards", f"{findings.shards} of {file.shards} finished, {format_size(findings.bytes)}"),
    ]
    return facts + [(f"SHA-256 of {part}", value) for part, value in file.fingerprint.items() if len(value) == 64]


# --- Cautions and limits


def cautions(findings: Findings) -> list[str]:
    """List what a reader of the figures must not overlook, in whole sentences; empty if there is nothing."""
    sentences = []
    if not findings.finished:
        sentences.append(
            f"The run is unfinished: {findings.shards} of {count_noun(findings.file.shards, 'shard')} "
            f"are there; the figures are of those."
        )
    sentences += _presence_cautions(findings)
    mute = [category.name for category in findings.categories if category.evidence == "none"]
    if mute:
        sentences.append(f"The judge has no evidence for {names_or_count(mute)}: such takes are undecided at best.")
    failed = findings.total.levels.get("failed", 0)
    if failed:
        sentences.append(
            f"{failed} of {count_noun(findings.total.number, 'take')} could not be spoken; they count "
            f"as takes and have no audio."
        )
    return sentences + _inclusion_cautions(findings)


def _presence_cautions(findings: Findings) -> list[str]:
    """Compare the judge's answers with chance and with neutral twins."""
    presence, sentences = findings.presence, []
    if presence.null is None:
        return [f"No pass rate could be held against chance: {presence.rate.why}."]
    if presence.null.p >= SIGNIFICANT:
        sentences.append(
            f"The judge confirms no more than it would by chance: {presence.null.observed:.1%} of the takes, "
            f"{presence.null.mean:.1%} with the requests dealt out anew (p = {presence.null.p:.2g})."
        )
    if _is_no_better_than_twins(presence):
        sentences.append(
            f"Neutral twins are called present about as often as the takes: {format_figure(presence.twins)} of twins, "
            f"{format_figure(presence.rate)} of takes."
        )
    doubtful = [category.name for category in findings.categories if _is_no_better_than_twins(category.presence)]
    if doubtful:
        sentences.append(
            f"Of {names_or_count(doubtful)} neutral twins may be called present as often as the takes asked for them."
        )
    if presence.twins.value is None:
        sentences.append(f"How often neutral twins would pass is not known: {presence.twins.why}.")
    return sentences


def _is_no_better_than_twins(presence: PresenceRates) -> bool:
    """Return whether twins are called present as often as the takes may be, where the takes are at all."""
    twins, rate = presence.twins, presence.rate
    return bool(rate.value) and twins.value is not None and rate.low is not None and twins.value >= rate.low


def _inclusion_cautions(findings: Findings) -> list[str]:
    """Name the categories of which nothing is included, and those of which nothing can be."""
    least = findings.least_evidence
    weaker = [
        category
        for category in findings.categories
        if category.evidence != "none" and EVIDENCE_ORDER.index(category.evidence) > EVIDENCE_ORDER.index(least)
    ]
    empty = [category.name for category in findings.categories if category not in weaker and not category.takes.included]
    parts = [f"no take of {names_or_count(empty)} was included"] if empty else []
    if weaker:
        rest = "rests" if len(weaker) == 1 else "rest"
        parts.append(
            f"{len(weaker)} of {count_noun(len(findings.categories), 'category')} {rest} on weaker evidence than the "
            f"recipe asks ({least}), so that no take of them can be included"
        )
    sentence = "; ".join(parts)
    return [f"{sentence[0].upper()}{sentence[1:]}."] if sentence else []


def verdict_meaning(findings: Findings) -> str:
    """Say what the verdicts mean, and what they do not."""
    least = findings.least_evidence
    or_stronger = "" if least == EVIDENCE_ORDER[0] else " or stronger"
    return (
        "“Verified” means that no check failed and that the judge, which can tell this category in the speech of unseen "
        "people, calls it present. It does not mean that a person heard it, nor that anybody felt it. “Consistent” means "
        "the same on weaker evidence (bursts, or arousal and valence alone); “undecided” that the judge cannot tell the "
        f"category. Included are takes whose evidence is “{least}”{or_stronger}."
    )


def limits(findings: Findings) -> list[str]:
    """List what not to expect of the data set, a sentence or two each; figures are the run's own."""
    sentences = cautions(findings)
    for level, limit in EVIDENCE_LIMITS.items():
        names = [category.name for category in findings.categories if category.evidence == level]
        if names:
            sentences.append(f"{limit}: {join_names(names)}.")
    trained = training_corpora(findings)
    if trained:
        sentences.append(f"The judge was trained on {'; '.join(trained)}.")
    if findings.file.judge.get("name") == SHIPPED_JUDGE:
        sentences += SHIPPED_JUDGE_LIMITS
    return [*sentences, "No person has listened to the clips for these figures."]
