"""The sections of a data set's report, as HTML; empty where there is nothing to tell."""

import json
from collections.abc import Sequence
from html import escape

from voiceact.acting.taxonomy import get
from voiceact.dataset.findings.examples import Example
from voiceact.dataset.findings.facts import provenance
from voiceact.dataset.findings.findings import Category, Findings, Heard
from voiceact.dataset.findings.formatting import counted, several
from voiceact.dataset.findings.reasons import REASONS
from voiceact.dataset.licensing.commercial import commercial_use
from voiceact.dataset.report import figures
from voiceact.estimators.base import EVIDENCE
from voiceact.report.markup import details, table
from voiceact.store.columns import EVIDENCE_ORDER

MOST_REASONS = 15
KINDS = {"included": "Included", "held back": "Not rejected, and not included either", "rejected": "Rejected"}
KIND_NOTES = {
    "included": "No check failed, and the evidence behind the judge's answer is of the kind that the recipe asks for.",
    "held back": "No check failed, but the judge's evidence for the category is weaker than the recipe asks for.",
    "rejected": "A check failed. Such takes are kept, with their reasons.",
}
KEY = (
    ("<line class='series-0 whisker' x1='0' x2='100%' y1='7' y2='7'/><circle class='series-0' cx='50%' cy='7' r='4'/>",
     "the takes that were asked for it"),
    ("<rect class='band' width='100%' height='14'/><line class='middle' x1='50%' x2='50%' y1='0' y2='14'/>",
     "the same takes with the requests dealt out anew within each persona: mean, and where 95&#8239;% of the deals lie"),
    ("<line class='series-1 whisker' x1='0' x2='100%' y1='7' y2='7'/><circle class='series-1 hollow' cx='50%' cy='7' r='4'/>",
     "neutral twins asked for it"),
)
MARKS = {"fail": "fail", "pass": "pass"}


# --- Listen


def listen(heard: Sequence[Example]) -> str:
    """Takes to be heard."""
    if not heard:
        return ""
    parts = ["<p class='note'>Drawn by the hash of their ids, not by ear. The neutral twin is the same line by the same "
             "persona, read without feeling: what the judge compares a take with.</p>"]
    for kind, title in KINDS.items():
        cards = [_card(one) for one in heard if one.kind == kind]
        if cards:
            parts.append(f"<h3>{title}</h3><p class='note'>{KIND_NOTES[kind]}</p><div class='examples'>{''.join(cards)}</div>")
    return "".join(parts)


def _card(one: Example) -> str:
    row = one.row
    title = f"{get(row['category']).name} at {row['intensity']:g}"
    who = f"{row['persona']}, {row['gender']}, {row['age']}; {row['script']} line, take {row['take']}; {row['verdict']}"
    sounds = _audio("take", one.sound, f"{title}, {row['persona']}, take")
    sounds += _audio("neutral", one.twin, f"{title}, {row['persona']}, neutral twin") if one.twin else ""
    first = [said for said in one.said if said[0] == "fail"] or one.said[:2]
    rest = [said for said in one.said if said not in first]
    more = details("All checks", _checks(rest)) if rest else ""
    return (f"<article><h4>{escape(title)}</h4><p class='who'>{escape(who)}</p><blockquote>{escape(row['text'])}</blockquote>"
            f"{sounds}{_scores(one)}{_checks(first)}{more}</article>")


def _audio(name: str, uri: str, told: str) -> str:
    return (f'<label><span>{name}</span><audio controls preload="metadata" src="{uri}" '
            f'aria-label="{escape(told, quote=True)}"></audio></label>')


def _scores(one: Example) -> str:
    rows = []
    for place, (name, score) in enumerate(one.scores):
        width, value = (0, "–") if score is None else (100 * score / figures.MOST_SCORE, f"{score:.1f}")
        rows.append(f'<span{" class=asked" if place == 0 else ""}>{escape(name)}</span><span class="track">'
                    f'<span style="width:{width:.0f}%"></span></span><span class="value">{value}</span>')
    told = "scores, 0 to 7: the category asked, then the highest others"
    return f'<div class="scores" role="group" aria-label="{told}">{"".join(rows)}</div>'


def _checks(said: Sequence[tuple[str, str]]) -> str:
    inside = "".join(f'<li class="{MARKS.get(outcome, "open")}">{escape(sentence)}</li>' for outcome, sentence in said)
    return f"<ul>{inside}</ul>"


# --- Figures


def coverage(findings: Findings) -> str:
    """Categories by intensities."""
    cells = findings.coverage.by(lambda place: (place.category, place.intensity))
    steps = sorted({intensity for _, intensity in cells})
    sums = findings.coverage.by(lambda place: place.category)
    rows = {level: [(one.name, [*(cells.get((one.id, step)) for step in steps), sums[one.id]])
                    for one in findings.categories if one.evidence == level] for level in EVIDENCE_ORDER}
    groups = [("no evidence" if level == "none" else f"{level} evidence", found) for level, found in rows.items() if found]
    what = ("Takes included, of takes made, by category and by the intensity that was asked (0 to 7). Darker cells include a "
            "larger share. Categories stand in the order of the judge's evidence.")
    return f"<p class='note'>{what}</p>" + figures.heat(groups, [*(f"{step:g}" for step in steps), "all"], corner="category",
                                                       caption="takes included of takes made, by category and intensity")


def heard(findings: Findings) -> str:
    """How often the judge says yes, beside chance and twins."""
    whole = findings.heard
    rows = [("All takes", f"{counted(findings.census.deal.clips)} judged", whole)]
    rows += [(one.name, f"{one.evidence} evidence" if one.evidence != "none" else "no evidence", one.heard)
             for one in findings.categories]
    return _how_heard(findings, whole) + figures.heard(rows)


def _how_heard(findings: Findings, whole: Heard) -> str:
    what = ("The judge is asked one question of each take: is the category that was asked present? A judge that says yes to "
            "everything would confirm every take, so two other shares stand beside it.")
    how = escape(" ".join(filter(None, (_how_dealt(findings, whole), findings.divided))))
    return f"<p class='note'>{what} {escape(findings.counted)}</p>{_key(KEY)}<p class='note'>{how}</p>"


def _key(entries: Sequence[tuple[str, str]]) -> str:
    inside = "".join(f'<li><svg height="14" aria-hidden="true">{picture}</svg>{words}</li>' for picture, words in entries)
    return f'<ul class="key">{inside}</ul>'


def _how_dealt(findings: Findings, whole: Heard) -> str:
    if whole.dealt is None:
        return f"No null was computed: {whole.rate.why}."
    how = (f"{whole.dealt.draws:,} deals" if whole.dealt.draws else "exact mean and variance of the deals and the normal curve")
    return (f"Thresholds: {findings.thresholds.source}. All takes together: {how}; each category: 1,000 hypergeometric deals. "
            f"{findings.twins.sentence()}{_by_luck(sum(1 for one in findings.categories if one.heard.dealt))}")


def _by_luck(number: int) -> str:
    return f" Of {number} categories about {round(number / 20)} would fall below p = .05 by luck alone." if number >= 20 else ""


def intensity(findings: Findings) -> str:
    """Judged against asked intensity."""
    shown = [one for one in findings.categories if one.scores]
    if not shown:
        return ""
    parts = ["<p class='note'>Asked intensity to the right, judged upwards, both 0 to 7: the median, and a bar over the middle "
             "half of the takes. The dashed diagonal is where both agree, the dotted line where the judge begins to call the "
             "category present. The judge's scale of strength is a convention; its order is what can be checked.</p>"]
    for level in EVIDENCE_ORDER:
        cards = "".join(_multiple(one, findings) for one in shown if one.evidence == level)
        if cards:
            title = f"{level.capitalize()} evidence: {EVIDENCE[level]}"  # type: ignore[index]
            inside = f'<div class="multiples">{cards}</div>'
            parts.append(f"<h3>{escape(title)}</h3>{inside}" if level == "category" else details(title, inside))
    return "".join(parts)


def _multiple(one: Category, findings: Findings) -> str:
    rho = one.correlation
    if rho.value is None or len(one.scores) < 2:
        told = f"n\u00a0=\u00a0{sum(row.n for row in one.scores)}; one intensity was asked" if len(one.scores) < 2 else rho.why
    else:
        between = f" ({rho.low:+.2f} to {rho.high:+.2f})" if rho.low is not None and rho.high is not None else ""
        told = f"ρ\u00a0=\u00a0{rho.value:+.2f}{between}, n\u00a0=\u00a0{rho.n}{'' if between else _without(rho.why)}"
    picture = figures.intensity(one, findings.thresholds.least.get(one.id))
    return f"<figure><figcaption>{escape(one.name)}<small>{escape(told)}</small></figcaption>{picture}</figure>"


def _without(why: str) -> str:
    """", no interval: 4 personas": the first half of the sentence."""
    return f", {why.partition(';')[0]}" if why else ""


def rejected(findings: Findings) -> str:
    """Reasons."""
    rejected = findings.total.levels.get("rejected", 0) + findings.total.levels.get("failed", 0)
    if not rejected:
        return "<p>No take was rejected.</p>"
    met = findings.census.reasons.most_common()
    rows = [(code, REASONS.get(code, ""), count) for code, count in met[:MOST_REASONS]]
    if met[MOST_REASONS:]:
        rows.append(("others", several(len(met) - MOST_REASONS, "reason"), sum(count for _, count in met[MOST_REASONS:])))
    what = (f"Of {several(rejected, 'take')} that were rejected or could not be spoken. A take can have several reasons, and "
            "the dearer checks are only made of what passed the others.")
    return f"<p class='note'>{what}</p>{figures.bars(rows, rejected)}"


def personas(findings: Findings) -> str:
    """Personas by categories."""
    cells = findings.coverage.by(lambda place: (place.persona, place.category))
    totals = findings.coverage.by(lambda place: place.persona)
    names = sorted(totals, key=lambda name: (-totals[name].included / totals[name].number, name))
    rows = [(f"{name} ({totals[name].included}/{totals[name].number})",
             [cells.get((name, one.id)) for one in findings.categories]) for name in names]
    what = ("Takes included, by persona (with takes included of takes made) and category; a dot is a pair that was not asked. "
            "Personas stand in the order of the share included.")
    heads = [one.name for one in findings.categories]
    return f"<p class='note'>{what}</p>" + figures.heat([("", rows)], heads, corner="persona", asked=False,
                                                       caption="takes included by persona and category")


def sound(findings: Findings) -> str:
    """How long, how loud, how clear."""
    shown = (("duration", "Duration", "s", "{:.1f}"), ("lufs", "Loudness", "LUFS", "{:.0f}"),
             ("wer", "Word error rate", "", "{:.2f}"), ("dnsmos", "DNSMOS overall", "", "{:.1f}"))
    parts = [figures.histogram(spread, title, unit, form.format) for name, title, unit, form in shown
             if (spread := findings.spread(name))]
    what = "Of all takes that have a sound; word error rate and DNSMOS of those that reached these checks."
    return f"<p class='note'>{what}</p><div class='spreads'>{''.join(parts)}</div>" if parts else ""


def licences(findings: Findings) -> str:
    """What the clips are made of, and its terms."""
    rows = [[one.part, one.of, one.licence, commercial_use(one.licence), "yes" if one.in_clips else "no"]
            for one in findings.licences]
    return table(["part", "of", "licence", "commercial use", "holds for the clips"], rows)


def provenance_of(findings: Findings) -> str:
    """Recipe, versions, digests, sittings."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in provenance(findings))
    sessions = [[one.started, one.ended or "killed", one.executor, str(one.workers), counted(one.takes), f"{one.seconds:.0f} s"]
                for one in findings.file.sessions]
    told = table(["started (UTC)", "ended", "executor", "workers", "takes", "time"], sessions) if sessions else ""
    recipe = f"<pre tabindex='0'>{escape(json.dumps(findings.file.recipe, ensure_ascii=False, indent=2))}</pre>"
    sittings = details("Sessions", told) if told else ""
    return f"<dl class='facts'>{facts}</dl>{sittings}{details('The recipe as it was run', recipe)}"
