"""Render a report of a listening test as plain text of a screen."""

from collections.abc import Mapping, Sequence
from typing import Any

from voiceact.errors import count_noun

Report = Mapping[str, Any]

WIDTH = 28


def render_text(report: Report) -> str:
    """Render the report as some lines of text; every share with its 95 % interval."""
    test, counted = report["test"], report["counted"]
    crowds = (
        "Intervals are 95 %, over listeners and clips."
        if counted["listeners_kept"] > 1
        else "Intervals are 95 %, over the clips that one listener heard."
    )
    head = (
        f"Test {test['id']} ({test['protocol']}) of {test['source']['name']}: {counted['answers_kept']} of "
        f"{count_noun(counted['answers'], 'answer')}, {counted['listeners_kept']} of "
        f"{count_noun(counted['listeners'], 'listener')}, "
        f"{count_noun(test['clips'], 'clip')}.\n{crowds}"
    )
    excluded = [
        f"Left out: {listener['listener']} ({count_noun(listener['answers'], 'answer')}): "
        f"{'; '.join(listener['reasons']) or 'by hand'}."
        for listener in report["screening"]
        if not listener["kept"]
    ]
    sections = (*protocol_sections(report), *general_sections(report), excluded)
    lines = [head, ""]
    for section in sections:
        if section:
            lines += [*section, ""]
    return "\n".join([*lines, *(f"Note: {note}." for note in report["notes"])]).rstrip() + "\n"


def protocol_sections(report: Report) -> list[list[str]]:
    """Render the parts of a report that depend on the protocol, each a list of lines."""
    sections = []
    if "confirmation" in report:
        target, contrastive = report["confirmation"], report["contrastive"]
        rows = [
            ("confirmed by every rater", describe_share(target["all"])),
            ("confirmed by the majority", describe_share(target["majority"])),
            ("one listener hears it", describe_share(target["answers"])),
            ("contrastive, one listener", describe_share(contrastive["answers"])),
            ("contrastive, every rater", describe_share(contrastive["all"])),
        ]
        field = report["field"]["confirmed_by_every_rater"]
        categories = [(row["name"], describe_share(row["confirmation"]["all"])) for row in report["categories"]]
        sections.append(
            [
                *_lines(rows),
                f"(EmoNet-Voice Bench, every rater: {field['clips'] / field['of']:.1%})",
                "",
                f"{'category':{WIDTH}} every rater",
                *_lines(categories),
            ]
        )
    if sequence := report.get("sequence"):
        sections.append(sequence_lines(sequence))
    if opinions := report.get("opinions"):
        rows = [(f"mean opinion score, {name}", describe_figure(score, digits=2)) for name, score in opinions.items()]
        sections.append(_lines(rows))
    if identity := report.get("identity"):
        rows = [
            ("same or not, right", describe_share(identity["accuracy"])),
            ("same called same", describe_share(identity["hits"])),
            ("different called same", describe_share(identity["false_alarms"])),
            ("d'", describe_figure(identity["d_prime"], digits=2)),
        ]
        sections.append(_lines(rows))
    if pairs := report.get("pairs"):
        strengths = pairs["by_intensity"].items()
        rows = [
            ("stronger clip preferred", describe_share(pairs["stronger_preferred"])),
            ("first clip of the pair", describe_share(pairs["first_clip"])),
            *((f"Bradley-Terry, {name}", describe_figure(strength, digits=2)) for name, strength in strengths),
        ]
        sections.append(_lines(rows))
    return sections


def general_sections(report: Report) -> list[list[str]]:
    """Render the parts of a report that any protocol has (agreement, judge, mixed model), each a list of lines."""
    agreement = report["agreement"]
    names = {"krippendorff": "Krippendorff's alpha", "cronbach": "Cronbach's alpha", "kappa": "weighted kappa, pairs"}
    rows = [(name, describe_figure(agreement.get(key))) for key, name in names.items() if key in agreement]
    if icc := agreement.get("icc"):
        rows += [("ICC(1,1)", describe_figure(icc["single"])), (f"ICC(1,{icc['raters']})", describe_figure(icc["mean"]))]
    sections = [_lines(rows)]
    if judge := report.get("judge"):
        rows = [
            ("judge and people, Spearman", describe_figure(judge["all"]["spearman"])),
            ("judge and people, Pearson", describe_figure(judge["all"].get("pearson"))),
        ]
        sections.append(_lines(rows))
    if variance := (report.get("mixed") or {}).get("variance"):
        parts = ", ".join(f"{name} {value:.0%}" for name, value in variance.items())
        sections.append(_lines([("share of variance", parts)]))
    return sections


def describe_share(figure: Report | None) -> str:
    """Format a share: `45.4 % (44.7 to 46.1, n = 19999)`, or why there is none."""
    return describe_figure(figure, scale=100, digits=1, unit=" %")


def describe_figure(figure: Report | None, *, scale: float = 1, digits: int = 3, unit: str = "") -> str:
    """Format a figure with its interval, or why there is none."""
    if figure is None or figure.get("value") is None:
        return f"- ({figure.get('why', 'not measured')})" if figure else "-"
    value = f"{figure['value'] * scale:.{digits}f}{unit}"
    if figure.get("low") is None or figure.get("high") is None:
        return value
    return f"{value} ({figure['low'] * scale:.{digits}f} to {figure['high'] * scale:.{digits}f}, n = {figure['n']})"


def sequence_lines(sequence: Report) -> list[str]:
    """Render what a sequence of raters came to."""
    rounds = [(f"round {number}: accepted", describe_share(rate)) for number, rate in enumerate(sequence["rounds"], 1)]
    rows = [
        ("triple positive", describe_share(sequence["triple_positive"])),
        ("contrastive called present", describe_share(sequence["contrastive"])),
    ]
    lines = _lines([*rows, *rounds])
    if not sequence["finished"]:
        lines.append(
            f"At least {sequence['stopped']} targets were accepted and not asked further: the first figure is too low."
        )
    return lines


def _lines(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{name:{WIDTH}} {value}" for name, value in rows]
