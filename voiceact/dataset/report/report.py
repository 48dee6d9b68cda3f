"""Write one HTML page about a run: what was asked, what is there, what the judge heard of it, and how it sounds.

>>> from voiceact.dataset.report.report import write_report
>>> write_report("my-run", "report.html")  # doctest: +SKIP
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from voiceact import __version__
from voiceact.dataset.findings.examples import Example, draw_examples
from voiceact.dataset.findings.findings import TWINS, Findings, collect_findings
from voiceact.dataset.findings.formatting import format_count, format_duration, format_share
from voiceact.dataset.findings.texts import cautions, summary_paragraphs
from voiceact.dataset.report import sections
from voiceact.errors import count_noun
from voiceact.report.templates import Filter, render_page
from voiceact.runtime.atomic_files import check_out_file, write_text_whole
from voiceact.store.reader import Run, open_run
from voiceact.vocabulary import EVIDENCE_ORDER

EXAMPLES = 9
"""takes to be heard, unless the user says otherwise"""
LEVEL_ORDER = ("verified", "consistent", "undecided", "rejected", "failed")

TITLES = {
    "listen": "Listen",
    "coverage": "Coverage",
    "heard": "What the judge hears",
    "intensity": "Intensity",
    "rejected": "Why takes were rejected",
    "personas": "Personas",
    "sound": "Sound",
    "licences": "Licences",
    "provenance": "Provenance",
}
"""section -> its title; the sections are macros of sections.html"""


def write_report(
    run: Run | str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    number: int = EXAMPLES,
    twins: int = TWINS,
    seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Findings:
    """Write the report of a run.

    Args:
        run: a run, or its folder or URL
        out: the page
        number: takes to listen to
        twins: neutral twins to judge, at most
        seed: seed of what is drawn
        progress: called with what is being done, steps done and steps in all

    Returns:
        The figures that the page shows.

    Raises:
        UsageError: if it is no run, or `out` cannot be written: before anything is counted
        VoiceactError: if no shard is finished, or a shard is damaged
    """
    run = run if isinstance(run, Run) else open_run(run)
    check_out_file(Path(out), run.store.folder)
    findings = collect_findings(run, twins=twins, seed=seed, progress=progress)
    write_text_whole(out, render_report(findings, draw_examples(findings, number)))
    return findings


def render_report(findings: Findings, examples: Sequence[Example]) -> str:
    """Render the report as one HTML document.

    Args:
        findings: the figures
        examples: takes to listen to
    """
    data: dict[str, object] = {
        "listen": sections.example_groups(examples),
        "coverage": sections.coverage_table(findings),
        "heard": sections.presence_section(findings),
        "intensity": sections.intensity_groups(findings),
        "rejected": sections.rejection_reasons(findings),
        "personas": sections.persona_table(findings),
        "sound": sections.sound_histograms(findings),
        "licences": sections.licence_rows(findings),
        "provenance": sections.provenance_section(findings),
    }
    takes = findings.total
    return render_page(
        __package__,
        "report.html",
        title=f"{findings.file.name}: data set report",
        style="report.css",
        filters=FILTERS,
        run=findings.file,
        description=str(findings.file.recipe.get("description", "")),
        summary=summary_paragraphs(findings),
        tiles=tiles(findings),
        levels=[(level, takes.levels[level]) for level in LEVEL_ORDER if takes.levels.get(level)],
        total=takes.number,
        cautions=cautions(findings),
        titles=TITLES,
        data={name: part for name, part in data.items() if part},
        version=__version__,
    )


def tiles(findings: Findings) -> list[tuple[str, str, str]]:
    """List the figures at the top of the page: name, value and note."""
    takes, null = findings.total, findings.presence.null
    levels = [(level, sum(1 for category in findings.categories if category.evidence == level)) for level in EVIDENCE_ORDER]
    share = format_share(takes.included / takes.number)
    figures = [
        ("takes", format_count(takes.number), format_duration(takes.seconds)),
        ("included", format_count(takes.included), f"{share}, {format_duration(takes.included_seconds)}"),
        ("personas", format_count(len(findings.personas)), "fictional speakers"),
        (
            "categories",
            format_count(len(findings.categories)),
            "evidence: " + ", ".join(f"{count} {level}" for level, count in levels if count),
        ),
    ]
    if null is not None:
        p = "<\u00a0.001" if null.p < 0.001 else f"=\u00a0{null.p:.3f}".replace("0.", ".")
        note = f"{format_share(null.mean)} by chance, p\u00a0{p}"
        figures.append(("called present by the judge", format_share(null.observed), note))
    return figures


def format_p(p: float) -> str:
    """Write a p value: .012, or < .001."""
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


FILTERS: dict[str, Filter] = {"count": format_count, "share": format_share, "number": count_noun, "p_value": format_p}
"""filters of the templates"""
