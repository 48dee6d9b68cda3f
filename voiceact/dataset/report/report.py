"""A run -> one HTML page: what was asked, what is there, what the judge heard of it, and how it sounds.

>>> from voiceact.dataset.report.report import write_report
>>> write_report("my-run", "report.html")  # doctest: +SKIP
"""

import os
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from voiceact import __version__
from voiceact.dataset.findings.cautions import cautions
from voiceact.dataset.findings.examples import Example, examples
from voiceact.dataset.findings.facts import truth
from voiceact.dataset.findings.findings import TWINS, Category, Findings, find
from voiceact.dataset.findings.formatting import counted, hours, per_cent
from voiceact.dataset.report import figures, sections
from voiceact.report.markup import bullets, document
from voiceact.runtime.atomic_files import check_out_file, write_text_whole
from voiceact.store.columns import EVIDENCE_ORDER
from voiceact.store.reader import Run, open_run

EXAMPLES = 9
"""takes to be heard, unless the user says otherwise"""

SECTIONS = {"listen": "Listen", "coverage": "Coverage", "heard": "What the judge hears", "intensity": "Intensity",
            "rejected": "Why takes were rejected", "personas": "Personas", "sound": "Sound", "licences": "Licences",
            "provenance": "Provenance"}

def write_report(run: Run | str | os.PathLike[str], out: str | os.PathLike[str], *, number: int = EXAMPLES,
                 twins: int = TWINS, seed: int = 0,
                 progress: Callable[[str, int, int], None] = lambda what, done, total: None) -> Findings:
    """Write the report of a run to `out`; what was found.

    number: of takes to be heard
    twins: neutral twins to judge, at most
    seed: of what is drawn

    Raises:
        UsageError: if it is no run, or `out` cannot be written: before anything is counted
        VoiceactError: if no shard is finished, or a shard is damaged
    """
    run = run if isinstance(run, Run) else open_run(run)
    check_out_file(Path(out), run.store.folder)
    findings = find(run, twins=twins, seed=seed, progress=progress)
    write_text_whole(out, page(findings, examples(findings, number)))
    return findings


def page(findings: Findings, heard: Sequence[Example]) -> str:
    """The report as one HTML document.

    heard: the takes to be listened to
    """
    parts = {"listen": sections.listen(heard), "coverage": sections.coverage(findings), "heard": sections.heard(findings),
             "intensity": sections.intensity(findings), "rejected": sections.rejected(findings),
             "personas": sections.personas(findings), "sound": sections.sound(findings),
             "licences": sections.licences(findings), "provenance": sections.provenance_of(findings)}
    told = {name: part for name, part in parts.items() if part}
    links = "".join(f'<a href="#{name}">{SECTIONS[name]}</a>' for name in told)
    body = [_head(findings), f'<nav aria-label="sections">{links}</nav>', _warnings(findings)]
    body += [f'<section aria-labelledby="{name}"><h2 id="{name}">{SECTIONS[name]}</h2>{part}</section>'
             for name, part in told.items()]
    style = (files("voiceact.dataset.report") / "report.css").read_text("utf-8")
    return document(f"{findings.file.name}: data set report", f"<main>{''.join(body)}</main>{_foot()}", style=style)


def _foot() -> str:
    return (f"<footer>Made by voiceact {escape(__version__)} from the run alone. All intervals are 95&#8239;%: the wider of "
            "Wilson's and of one from draws of whole personas with replacement. This page needs no network and sends "
            "nothing.</footer>")


def _head(findings: Findings) -> str:
    file = findings.file
    description = str(file.recipe.get("description", ""))
    lead = "".join(f'<p class="lead">{escape(sentence)}</p>' for sentence in truth(findings))
    return (f'<header><p class="kicker">voiceact data set report</p><h1>{escape(file.name)}</h1>'
            f'<p class="note">{escape(description)}</p>{lead}{_tiles(findings)}{figures.levels(findings.total)}</header>')


def _tiles(findings: Findings) -> str:
    made, heard = findings.total, findings.heard
    tiles = [("takes", counted(made.number), hours(made.seconds)),
             ("included", counted(made.included), f"{per_cent(made.included / made.number)}, {hours(made.included_seconds)}"),
             ("personas", counted(len(findings.coverage.by(lambda place: place.persona))), "fictional speakers"),
             ("categories", counted(len(findings.categories)), _by_evidence(findings.categories))]
    if heard.dealt is not None:
        tiles.append(("called present by the judge", per_cent(heard.dealt.observed),
                      f"{per_cent(heard.dealt.mean)} by chance, p\u00a0{_p(heard.dealt.p)}"))
    inside = "".join(f"<div><dt>{escape(name)}</dt><dd><b>{escape(value)}</b><small>{escape(note)}</small></dd></div>"
                     for name, value, note in tiles)
    return f'<dl class="tiles">{inside}</dl>'


def _p(p: float) -> str:
    return "<\u00a0.001" if p < 0.001 else f"=\u00a0{p:.3f}".replace("0.", ".")


def _by_evidence(found: Sequence[Category]) -> str:
    counts = [(level, sum(1 for one in found if one.evidence == level)) for level in EVIDENCE_ORDER]
    return "evidence: " + ", ".join(f"{count} {level}" for level, count in counts if count)


def _warnings(findings: Findings) -> str:
    said = bullets(escape(line) for line in cautions(findings))
    return f'<div class="findings" role="note"><b>Not to be overlooked</b>{said}</div>' if said else ""
