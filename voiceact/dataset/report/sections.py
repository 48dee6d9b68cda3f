"""Prepare what each section of a data set's report shows; `sections.html` says how."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from voiceact.acting.taxonomy import get
from voiceact.dataset.findings.coverage import Takes
from voiceact.dataset.findings.examples import Example
from voiceact.dataset.findings.findings import Findings
from voiceact.dataset.findings.formatting import format_count
from voiceact.dataset.findings.texts import REASON_MEANINGS, provenance_facts
from voiceact.dataset.licensing.commercial import commercial_use
from voiceact.dataset.report import figures
from voiceact.errors import count_noun
from voiceact.estimators.base import people_heard
from voiceact.vocabulary import EVIDENCE, EVIDENCE_ORDER

Section = Mapping[str, Any]
MOST_REASONS = 15
EXAMPLE_GROUPS = {
    "included": (
        "Included",
        "No check failed, and the evidence behind the judge's answer is of the kind that the recipe asks for.",
    ),
    "held back": (
        "Not rejected, and not included either",
        "No check failed, but the judge's evidence for the category is weaker than the recipe asks for.",
    ),
    "rejected": ("Rejected", "A check failed. Such takes are kept, with their reasons."),
}
"""kind of example -> title and note"""

HISTOGRAMS = (
    ("duration", "Duration", "s", "{:.1f}"),
    ("lufs", "Loudness", "LUFS", "{:.0f}"),
    ("wer", "Word error rate", "", "{:.2f}"),
    ("dnsmos", "DNSMOS overall", "", "{:.1f}"),
)
"""column, title, unit, format of its values"""


def example_groups(examples: Sequence[Example]) -> list[Section]:
    """Group the takes to be listened to by what became of them; empty if there are none."""
    groups: list[Section] = []
    for kind, (title, note) in EXAMPLE_GROUPS.items():
        cards = [example_card(example) for example in examples if example.kind == kind]
        if cards:
            groups.append({"title": title, "note": note, "cards": cards})
    return groups


def example_card(example: Example) -> Section:
    """Prepare a take: its words, sounds and scores, and its failed checks (or the first two) before the others."""
    row = example.row
    title = f"{get(row['category']).name} at {row['intensity']:g}"
    sounds = [("take", example.sound, f"{title}, {row['persona']}, take")]
    if example.twin:
        sounds.append(("neutral", example.twin, f"{title}, {row['persona']}, neutral twin"))
    first = [check for check in example.checks if check[0] == "fail"] or list(example.checks[:2])
    return {
        "title": title,
        "speaker": (
            f"{row['persona']}, {row['gender']}, {row['age']}; {row['script']} line, take {row['take']}; {row['verdict']}"
        ),
        "text": row["text"],
        "sounds": sounds,
        "scores": example.scores,
        "first_checks": first,
        "other_checks": [check for check in example.checks if check not in first],
    }


def coverage_table(findings: Findings) -> Section:
    """Tabulate the takes of each category by requested intensity, grouped by evidence."""
    cells = findings.coverage.by(lambda place: (place.category, place.intensity))
    steps = sorted({intensity for _, intensity in cells})
    sums = findings.coverage.by(lambda place: place.category)
    groups: list[tuple[str, list[tuple[str, list[Takes | None]]]]] = []
    for level in EVIDENCE_ORDER:
        rows = [
            (category.name, [*(cells.get((category.id, step)) for step in steps), sums[category.id]])
            for category in findings.categories
            if category.evidence == level
        ]
        if rows:
            groups.append(("no evidence" if level == "none" else f"{level} evidence", rows))
    return {"groups": groups, "heads": [*(f"{step:g}" for step in steps), "all"]}


def persona_table(findings: Findings) -> Section:
    """Tabulate the takes of each persona by category, the persona of the largest share included first."""
    cells = findings.coverage.by(lambda place: (place.persona, place.category))
    totals = findings.coverage.by(lambda place: place.persona)
    names = sorted(totals, key=lambda name: (-totals[name].included / totals[name].number, name))
    rows = [
        (
            f"{name} ({totals[name].included}/{totals[name].number})",
            [cells.get((name, category.id)) for category in findings.categories],
        )
        for name in names
    ]
    return {"groups": [("", rows)], "heads": [category.name for category in findings.categories]}


def presence_section(findings: Findings) -> Section:
    """Prepare how often the judge calls each category present, beside chance and twins."""
    # How the shares beside it were computed.
    null = findings.presence.null
    if null is None:
        method = f"No null was computed: {findings.presence.rate.why}."
    else:
        how = f"{null.draws:,} deals" if null.draws else "exact mean and variance of the deals and the normal curve"
        number = sum(1 for category in findings.categories if category.presence.null)
        luck = f" Of {count_noun(number, 'category')} about {round(number / 20)} would fall below p = .05 by luck alone."
        method = (
            "People: share of human performances, in corpora the judge never met, in which it hears the category. "
            f"Thresholds: {findings.thresholds.source}. All takes together: {how}; each category: 1,000 hypergeometric "
            f"deals. {findings.twins.sentence()}{luck if number >= 20 else ''}"
        )

    # All takes first, then the categories.
    rows = [("All takes", f"{format_count(findings.census.permutation.clips)} judged", findings.presence)]
    for category in findings.categories:
        note = f"{category.evidence} evidence" if category.evidence != "none" else "no evidence"
        if people := people_heard(findings.thresholds.judge, category.id, findings.thresholds.mode):
            note += f"; people {people['value']:.0%}"
        rows.append((category.name, note, category.presence))
    return {
        "counting_rule": findings.counting_rule,
        "method": " ".join(filter(None, (method, findings.disagreement))),
        "rows": [
            {"name": name, "note": note, "rates": rates, "picture": figures.presence_strip(name, rates)}
            for name, note, rates in rows
        ],
    }


def intensity_groups(findings: Findings) -> list[Section]:
    """Chart the judged against the requested intensity of each category, grouped by evidence; empty without scores."""
    groups: list[Section] = []
    for level in EVIDENCE_ORDER:
        charts = []
        for category in findings.categories:
            if category.evidence != level or not category.scores:
                continue
            rho = category.correlation
            if len(category.scores) < 2:
                note = f"n\u00a0=\u00a0{sum(row.n for row in category.scores)}; one intensity was asked"
            elif rho.value is None:
                note = rho.why
            elif rho.low is not None and rho.high is not None:
                note = f"ρ\u00a0=\u00a0{rho.value:+.2f} ({rho.low:+.2f} to {rho.high:+.2f}), n\u00a0=\u00a0{rho.n}"
            else:
                # Of the reason the first clause: "no interval: 4 personas".
                why = f", {rho.why.partition(';')[0]}" if rho.why else ""
                note = f"ρ\u00a0=\u00a0{rho.value:+.2f}, n\u00a0=\u00a0{rho.n}{why}"
            threshold = findings.thresholds.by_category.get(category.id)
            charts.append((category.name, note, figures.intensity_chart(category, threshold)))
        if charts:
            title = f"{level.capitalize()} evidence: {EVIDENCE[level]}"
            groups.append({"title": title, "open": level == "category", "charts": charts})
    return groups


def rejection_reasons(findings: Findings) -> Section:
    """Count the reasons of rejected takes, the most frequent first and the rest together."""
    levels = findings.total.levels
    counts = findings.census.reasons.most_common()
    rows = [(code, REASON_MEANINGS.get(code, ""), count) for code, count in counts[:MOST_REASONS]]
    if others := counts[MOST_REASONS:]:
        rows.append(("others", count_noun(len(others), "reason"), sum(count for _, count in others)))
    return {"takes": levels.get("rejected", 0) + levels.get("failed", 0), "rows": rows}


def sound_histograms(findings: Findings) -> list[Section]:
    """Chart how duration, loudness and the checks' figures are spread; empty if no take has a sound."""
    return [
        figures.histogram(spread, title, unit, pattern.format)
        for column, title, unit, pattern in HISTOGRAMS
        if (spread := findings.spread(column))
    ]


def licence_rows(findings: Findings) -> list[list[str]]:
    """List the parts of a clip with their licences; the same rows stand in the data card."""
    return [
        [licence.part, licence.of, licence.licence, commercial_use(licence.licence), "yes" if licence.in_clips else "no"]
        for licence in findings.licences
    ]


def provenance_section(findings: Findings) -> Section:
    """Prepare what made the run: facts, sessions and the recipe."""
    return {
        "facts": provenance_facts(findings),
        "sessions": [
            [
                session.started,
                session.ended or "killed",
                session.executor,
                session.workers,
                format_count(session.takes),
                f"{session.seconds:.0f} s",
            ]
            for session in findings.file.sessions
        ],
        "recipe": json.dumps(findings.file.recipe, ensure_ascii=False, indent=2),
    }
