"""A report of a listening test as one HTML page that needs nothing else."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from voiceact.acting.taxonomy import get
from voiceact.listening.analysis.text import sequence_lines
from voiceact.report.markup import Markup, bullets, details, document, gallery, section, table
from voiceact.report.svg import Point, forest

Report = Mapping[str, Any]

OWN_SERIES = ("every rater", "majority", "one listener", "contrastive, one listener")
MODELS = ("Empathic-Insight-Voice Large", "Gemini 2.5 Pro")
CHECKS = ("gold", "repeats", "speed", "one button", "playing", "others", "qualified")


def page(report: Report) -> str:
    """The report as one HTML document."""
    test, counted = report["test"], report["counted"]
    title = f"What people heard: {test['source']['name']}"
    about = (f"Test {test['id']}, protocol {test['protocol']}: {test['summary']}. {counted['answers_kept']} of "
             f"{counted['answers']} answers of {counted['listeners_kept']} of {counted['listeners']} listeners count, on "
             f"{test['clips']} clips. Intervals are 95%, over listeners and clips (seed {report['settings']['seed']}).")
    parts = [_notes(report), _presence(report), _sequence(report), _opinions(report), _identity(report), _pairs(report),
             _agreement(report), _judge(report), _mixed(report), _screening(report)]
    return document(title, f"<h1>{escape(title)}</h1><p class='soft'>{escape(about)}</p>" + "".join(parts))


def _notes(report: Report) -> str:
    lines = [escape(note) for note in report["notes"]]
    return f'<div class="findings">Not to be overlooked{bullets(lines)}</div>' if lines else ""


def _presence(report: Report) -> str:
    if "confirmation" not in report:
        return ""
    field = report["field"]["confirmed_by_every_rater"]
    what = ("A clip is confirmed where its raters hear what it was made for. EmoNet-Voice Bench: "
            f"{field['clips'] / field['of']:.1%} by every rater. Contrastive questions ask for a category that should be "
            "absent: what is heard there is not the clip's.")
    rows = [_own_row("all", report), *(_own_row(one["name"], one) for one in report["categories"])]
    shown = [(one["name"], [_point(one["confirmation"][key]) for key in ("all", "majority", "answers")]
              + [_point(one["contrastive"]["answers"])]) for one in report["categories"]]
    picture = gallery([("", forest(shown, OWN_SERIES, width=420, caption="share"))]) if shown else ""
    return section("Confirmed by people", what, table(
        ["category", "every rater", "Wilson", "majority", "one listener, first round", "contrastive, one listener",
         "contrastive, every rater"], rows) + picture)


def _own_row(name: str, one: Report) -> list[str]:
    own, others = one["confirmation"], one["contrastive"]
    wilson = own["all"].get("wilson")
    return [name, _share(own["all"]), _ends(wilson), _share(own["majority"]),
            _share(own["answers"]), _share(others["answers"]), _share(others["all"])]


def _sequence(report: Report) -> str:
    found = report.get("sequence")
    return section("One rater after the other", "A target is confirmed when all rounds accept it.",
                   bullets(map(escape, sequence_lines(found)))) if found else ""


def _opinions(report: Report) -> str:
    found = report.get("opinions")
    rows = [[name, _number(one, 2)] for name, one in found.items()] if found else []
    return section("Naturalness", "Mean opinion score, 1 bad to 5 excellent.", table(["clips", "mean"], rows)) if rows else ""


def _identity(report: Report) -> str:
    found = report.get("identity")
    if not found:
        return ""
    rows = [["right", _share(found["accuracy"])], ["same called same", _share(found["hits"])],
            ["different called same", _share(found["false_alarms"])], ["d'", _number(found["d_prime"], 2)]]
    return section("Same speaker or not", "d' is 0 where the two kinds of pair sound alike.", table(["", "figure"], rows))


def _pairs(report: Report) -> str:
    found = report.get("pairs")
    if not found:
        return ""
    rows = [["clip of the higher intensity preferred", _share(found["stronger_preferred"])],
            ["first clip of the item preferred", _share(found["first_clip"])]]
    worth = [[name, _number(one, 2)] for key in ("by_intensity", "by_persona") for name, one in found[key].items()]
    return section("Which carries more", "Bradley-Terry strengths are in logits above the mean of all.",
                   table(["", "share"], rows) + table(["", "strength"], worth))


def _agreement(report: Report) -> str:
    head = ["", "Krippendorff's alpha", "Cronbach's alpha", "EmoNet-Voice's", "weighted kappa, pairs", "ICC(1,1)"]
    rows = [_agreement_row("all", report["agreement"], None)]
    rows += [_agreement_row(one["name"], one["agreement"], one["field"]["cronbach"]) for one in report.get("categories", ())]
    return section("Do people agree", "1 is complete agreement, 0 what chance would give. Cronbach's alpha takes raters for "
                   "the items of a scale, as EmoNet-Voice does.", table(head, rows))


def _agreement_row(name: str, found: Report, field: float | None) -> list[str]:
    return [name, _number(found.get("krippendorff")), _number(found.get("cronbach")), "–" if field is None else f"{field:.3f}",
            _number(found.get("kappa")), _number((found.get("icc") or {}).get("single"))]


def _judge(report: Report) -> str:
    found = report.get("judge")
    if not found:
        return ""
    head = ["", "Spearman", "Pearson", "mean absolute error", *(f"{name}, Spearman (published)" for name in MODELS)]
    rows = [_judge_row("all", found["all"]), *(_judge_row(get(name).name, one) for name, one in found["categories"].items())]
    return section("The judge against people", "People's answers at 0, 5 and 10, the judge's score stretched to 10, a clip at "
                   "a time. The published figures (EmoNet-Voice, Table 6) are of other clips.", table(head, rows))


def _judge_row(name: str, one: Report) -> list[str]:
    field = one.get("field") or {}
    error = one.get("mae")
    return [name, _number(one.get("spearman")), _number(one.get("pearson")), "–" if error is None else f"{error:.2f}",
            *("–" if field.get(model) is None else f"{field[model]:.3f}" for model in MODELS)]


def _mixed(report: Report) -> str:
    found = report.get("mixed")
    if not found:
        return ""
    if "variance" not in found:
        return section("Listeners and clips", found["why"], " ")
    parts = ", ".join(f"{name} {value:.0%}" for name, value in found["variance"].items())
    rows = [[get(name).name if name != "all" else name, _number(one)] for name, one in found["means"].items()]
    return section("Listeners and clips", f"A mixed-effects model ({found['answers']} answers, {found['listeners']} listeners, "
                   f"{found['clips']} clips): share of variance of {parts}.", details("Means by category",
                                                                                     table(["category", "mean"], rows)))


def _screening(report: Report) -> str:
    rows = [[one["listener"], str(one["answers"]), "counts" if one["kept"] else "left out", one["by"],
             Markup("<br>".join(escape(reason) for reason in one["reasons"]) or "–"), *_checked(one)]
            for one in report["screening"]]
    return section("Listeners", "Nothing is deleted: --keep LISTENER and --drop LISTENER overrule what is said here.",
                   table(["listener", "answers", "", "by", "why", *CHECKS], rows))


def _checked(one: Report) -> Iterable[str]:
    found = {check["name"]: check for check in one["checks"]}
    for name in CHECKS:
        value = found[name]["value"]
        yield "–" if value is None else Markup(f'{value:.2f}<br><small>n = {found[name]["n"]}</small>')


def _share(figure: Report) -> Markup:
    return _told(figure, 100, 1, "%")


def _ends(interval: tuple[float, float] | None) -> Markup:
    return Markup(f"<small>{100 * interval[0]:.1f} to {100 * interval[1]:.1f}</small>" if interval else "–")


def _number(figure: Report | None, digits: int = 3) -> Markup:
    return _told(figure or {"value": None}, 1, digits, "")


def _told(figure: Report, scale: float, digits: int, unit: str) -> Markup:
    why = escape(figure.get("why", ""))
    if figure["value"] is None:
        return Markup(f'<span title="{why}">–</span>')
    value = f"{figure['value'] * scale:.{digits}f}{unit}"
    if figure.get("low") is None or figure.get("high") is None:
        return Markup(f'<span title="{why}">{value}</span>')
    ends = f"{figure['low'] * scale:.{digits}f} to {figure['high'] * scale:.{digits}f}"
    return Markup(f"{value}<br><small>{ends} (n = {figure['n']})</small>")


def _point(figure: Report) -> Point | None:
    return None if figure["value"] is None else Point(figure["value"], figure.get("low"), figure.get("high"))
