"""What a reader of a data set's figures must not overlook."""

from voiceact.dataset.findings.findings import Findings, Heard
from voiceact.dataset.findings.formatting import interval, named, several
from voiceact.store.columns import EVIDENCE_ORDER
from voiceact.verify.pass_rate import SIGNIFICANT


def cautions(findings: Findings) -> list[str]:
    """Whole sentences; none where nothing is amiss."""
    said = (_unfinished(findings), *_weak(findings), _mute(findings), _failed(findings), _none_included(findings))
    return [sentence for sentence in said if sentence]


def _unfinished(findings: Findings) -> str:
    told = f"The run is unfinished: {findings.shards} of {findings.file.shards} shards are there; the figures are of those."
    return "" if findings.finished else told


def _weak(findings: Findings) -> list[str]:
    heard, found = findings.heard, []
    if heard.dealt is None:
        return [f"No pass rate could be held against chance: {heard.rate.why}."]
    if heard.dealt.p >= SIGNIFICANT:
        found.append(f"The judge confirms no more than it would by chance: {heard.dealt.observed:.1%} of the takes, "
                     f"{heard.dealt.mean:.1%} with the requests dealt out anew (p = {heard.dealt.p:.2g}).")
    doubtful = [one.name for one in findings.categories if _no_better_than_twins(one.heard)]
    if _no_better_than_twins(heard):
        found.append(f"Neutral twins are called present about as often as the takes: {interval(heard.twins)} of twins, "
                     f"{interval(heard.rate)} of takes.")
    if doubtful:
        found.append(f"Of {named(doubtful)} neutral twins may be called present as often as the takes asked for them.")
    if heard.twins.value is None:
        found.append(f"How often neutral twins would pass is not known: {heard.twins.why}.")
    return found


def _mute(findings: Findings) -> str:
    mute = [one.name for one in findings.categories if one.evidence == "none"]
    return f"The judge has no evidence for {named(mute)}: such takes are undecided at best." if mute else ""


def _failed(findings: Findings) -> str:
    failed = findings.total.levels.get("failed", 0)
    told = f"{failed} of {findings.total.number} takes could not be spoken; they count as takes and have no audio."
    return told if failed else ""


def _none_included(findings: Findings) -> str:
    least = findings.least_evidence
    weaker = [one for one in findings.categories
              if one.evidence != "none" and EVIDENCE_ORDER.index(one.evidence) > EVIDENCE_ORDER.index(least)]
    empty = [one.name for one in findings.categories if one not in weaker and not one.made.included]
    parts = [f"no take of {named(empty)} was included"] if empty else []
    if weaker:
        rest = "rests" if len(weaker) == 1 else "rest"
        parts.append(f"{len(weaker)} of {several(len(findings.categories), 'category')} {rest} on weaker evidence than the "
                     f"recipe asks ({least}), so that no take of them can be included")
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _no_better_than_twins(heard: Heard) -> bool:
    """Whether twins say yes as often as the takes may, where the takes say it at all."""
    twins, rate = heard.twins, heard.rate
    return bool(rate.value) and twins.value is not None and rate.low is not None and twins.value >= rate.low
