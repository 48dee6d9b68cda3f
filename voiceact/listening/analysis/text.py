"""A report of a listening test as plain text: what one would say of it in a minute."""

from collections.abc import Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]

WIDTH = 28


def summary(report: Report) -> str:
    """The report in some lines; every share with its 95 % interval."""
    lines = [_head(report), ""]
    for part in (_presence, _sequence, _opinions, _identity, _pairs, _agreement, _judge, _mixed, _screening):
        if found := part(report):
            lines += [*found, ""]
    return "\n".join([*lines, *(f"Note: {note}." for note in report["notes"])]).rstrip() + "\n"


def share(figure: Report | None) -> str:
    """`45.4 % (44.7 to 46.1, n = 19999)`, or why there is none."""
    return told(figure, scale=100, digits=1, unit=" %")


def told(figure: Report | None, *, scale: float = 1, digits: int = 3, unit: str = "") -> str:
    """A figure in words."""
    if figure is None or figure.get("value") is None:
        return f"- ({figure.get('why', 'not measured')})" if figure else "-"
    value = f"{figure['value'] * scale:.{digits}f}{unit}"
    if figure.get("low") is None or figure.get("high") is None:
        return value
    return f"{value} ({figure['low'] * scale:.{digits}f} to {figure['high'] * scale:.{digits}f}, n = {figure['n']})"


def _head(report: Report) -> str:
    test, counted = report["test"], report["counted"]
    return (f"Test {test['id']} ({test['protocol']}) of {test['source']['name']}: {counted['answers_kept']} of "
            f"{counted['answers']} answers, {counted['listeners_kept']} of {counted['listeners']} listeners, "
            f"{test['clips']} clips.\n"
            "Intervals are 95 %, over listeners and clips.")


def _presence(report: Report) -> list[str]:
    if "confirmation" not in report:
        return []
    found, others, field = report["confirmation"], report["contrastive"], report["field"]["confirmed_by_every_rater"]
    rows = [("confirmed by every rater", share(found["all"])), ("confirmed by the majority", share(found["majority"])),
            ("one listener hears it", share(found["answers"])),
            ("contrastive, one listener", share(others["answers"])), ("contrastive, every rater", share(others["all"]))]
    lines = _lines(rows)
    lines.append(f"(EmoNet-Voice Bench, every rater: {field['clips'] / field['of']:.1%})")
    lines += ["", f"{'category':{WIDTH}} every rater"]
    return lines + _lines([(one["name"], share(one["confirmation"]["all"])) for one in report["categories"]])


def _sequence(report: Report) -> list[str]:
    found = report.get("sequence")
    return sequence_lines(found) if found else []


def sequence_lines(found: Report) -> list[str]:
    """What a sequence of raters came to."""
    rounds = [(f"round {number}: accepted", share(one)) for number, one in enumerate(found["rounds"], 1)]
    lines = _lines([("triple positive", share(found["triple_positive"])), ("contrastive called present",
                    share(found["contrastive"])), *rounds])
    if not found["finished"]:
        lines.append(f"At least {found['stopped']} targets were accepted and not asked further: the first figure is too low.")
    return lines


def _opinions(report: Report) -> list[str]:
    found = report.get("opinions")
    return _lines([(f"mean opinion score, {name}", told(one, digits=2)) for name, one in found.items()]) if found else []


def _identity(report: Report) -> list[str]:
    found = report.get("identity")
    if not found:
        return []
    return _lines([("same or not, right", share(found["accuracy"])), ("same called same", share(found["hits"])),
                   ("different called same", share(found["false_alarms"])), ("d'", told(found["d_prime"], digits=2))])


def _pairs(report: Report) -> list[str]:
    found = report.get("pairs")
    if not found:
        return []
    rows = [("stronger clip preferred", share(found["stronger_preferred"])),
            ("first clip of the pair", share(found["first_clip"]))]
    return _lines(rows + [(f"Bradley-Terry, {name}", told(one, digits=2)) for name, one in found["by_intensity"].items()])


def _agreement(report: Report) -> list[str]:
    found = report["agreement"]
    names = {"krippendorff": "Krippendorff's alpha", "cronbach": "Cronbach's alpha", "kappa": "weighted kappa, pairs"}
    rows = [(name, told(found.get(key))) for key, name in names.items() if key in found]
    if "icc" in found:
        rows += [("ICC(1,1)", told(found["icc"]["single"])), (f"ICC(1,{found['icc']['raters']})", told(found["icc"]["mean"]))]
    return _lines(rows)


def _judge(report: Report) -> list[str]:
    found = report.get("judge")
    return [] if not found else _lines([("judge and people, Spearman", told(found["all"]["spearman"])),
                                        ("judge and people, Pearson", told(found["all"].get("pearson")))])


def _mixed(report: Report) -> list[str]:
    found = report.get("mixed")
    if not found or "variance" not in found:
        return []
    parts = ", ".join(f"{name} {value:.0%}" for name, value in found["variance"].items())
    return _lines([("share of variance", parts)])


def _screening(report: Report) -> list[str]:
    out = [one for one in report["screening"] if not one["kept"]]
    return [f"Left out: {one['listener']} ({one['answers']} answers): {'; '.join(one['reasons']) or 'by hand'}." for one in out]


def _lines(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{name:{WIDTH}} {value}" for name, value in rows]
