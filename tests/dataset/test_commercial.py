"""Which licences allow commercial use: only what is known to allow it is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.dataset.licensing.commercial import ALLOWED, LicensedPart, commercial_use, script_part, worst
from voiceact.dataset.licensing.licences import licences_of
from voiceact.store.run_file import RunFile


@pytest.mark.parametrize(
    "licence",
    [
        "Apache-2.0",
        "apache 2.0",
        "Apache License, Version 2.0",
        "MIT",
        "MIT License",
        "CC0-1.0",
        "CC BY 4.0",
        "cc-by-sa-4.0",
        "GPL-3.0-or-later",
        "GPL-2.0+",
        "BSD-3-Clause",
        "ODC-By-1.0",
        "no restriction by the model's licence",
        "Public domain",
        "MIT OR CC-BY-NC-4.0",
        "(MIT OR CPML) AND CC0-1.0",
        "Apache-2.0 WITH LLVM-exception",
        "MIT and CC0-1.0",
    ],
)
def test_allowed(licence: str) -> None:
    assert commercial_use(licence) == "allowed"


@pytest.mark.parametrize(
    "licence",
    [
        "CC-BY-NC-4.0",
        "CC-BY-NC-SA-4.0",
        "CC BY-NC 4.0",
        "cc_by_nc_nd_3.0",
        "CPML",
        "Coqui Public Model License",
        "research only",
        "research-use only",
        "for research purposes",
        "LicenseRef-SAVEE (research only, on registration)",
        "academic licence",
        "non-commercial",
        "Noncommercial use",
        "PolyForm-Noncommercial-1.0.0",
        "Prosperity-3.0.0",
        "BUSL-1.1",
        "evaluation only",
        "not for commercial use",
        "commercial use is prohibited",
        "MIT AND CC-BY-NC-4.0",
        "CC0-1.0 AND (CC-BY-NC-4.0 OR CPML)",
        "Apache-2.0 WITH Commons-Clause",
        "MIT (research only)",
        "mit and cc-by-nc-4.0",
    ],
)
def test_forbidden(licence: str) -> None:
    assert commercial_use(licence) == "forbidden"


@pytest.mark.parametrize(
    "licence",
    [
        None,
        "",
        "  ",
        "unknown",
        "not recorded",
        "proprietary",
        "OpenRAIL-M",
        "LicenseRef-own",
        "ask me",
        "MIT OR",
        "(MIT",
        "AND",
        "MIT AND LicenseRef-own",
        "free",
        "no restriction on commercial use",
        "BSD-3-Clause-No-Nuclear-License",
        "MIT WITH something",
        "CC-BY",
        "Apache",
    ],
)
def test_what_is_not_known_is_not_allowed(licence: str | None) -> None:
    assert commercial_use(licence) == "unknown"


@given(st.sampled_from(sorted(ALLOWED)), st.sampled_from(["CC-BY-NC-4.0", "CPML", "LicenseRef-x"]))
def test_and_takes_the_worst_or_the_best(good: str, bad: str) -> None:
    assert commercial_use(f"{good} AND {bad}") == commercial_use(f"{bad} AND {good}") == commercial_use(bad)
    assert commercial_use(f"{good} OR {bad}") == commercial_use(f"{bad} OR {good}") == "allowed"
    # AND binds closer: the choice is between the first two together and the third.
    assert commercial_use(f"{good} AND {bad} OR {good}") == "allowed"
    assert commercial_use(f"{good} AND ({bad} OR {bad})") == commercial_use(bad)


@given(st.text(max_size=40))
def test_no_text_at_all_breaks_it(text: str) -> None:
    assert commercial_use(text) in ("allowed", "forbidden", "unknown")


@given(st.text(alphabet="abcdefghij -0123456789", max_size=30))
def test_chance_never_allows(text: str) -> None:
    assert commercial_use(f"LicenseRef-{text}") != "allowed"


def test_no_identifier_is_both_allowed_and_non_commercial() -> None:
    assert not [name for name in ALLOWED if "-nc" in name or "noncommercial" in name]


def test_a_part_says_why_not() -> None:
    assert LicensedPart("persona nurse", "CC-BY-NC-4.0").why_not == "persona nurse: CC-BY-NC-4.0 forbids it"
    assert LicensedPart("persona nurse", "mine").why_not == "persona nurse: mine is not known to allow it"
    assert script_part(own=True).why_not == "your own lines: no licence is stated"
    assert script_part(own=True, licence="CC0-1.0").use == script_part(own=False).use == "allowed"


@pytest.mark.parametrize(
    ("stated", "first", "second"),
    [(None, "not recorded", "not recorded"), ("CC0-1.0", "CC0-1.0", "CC0-1.0"), ({"b.csv": "MIT"}, "not recorded", "MIT")],
)
def test_the_words_of_a_run_have_the_licences_that_its_recipe_states(stated: object, first: str, second: str) -> None:
    scripts = {"files": ["a.csv", "b.csv"], "shipped": True} | ({"license": stated} if stated else {})
    run = RunFile(
        voiceact="1",
        name="x",
        recipe={"scripts": scripts},
        fingerprint={},
        plan="",
        cells=1,
        most_takes=1,
        takes=1,
        shards=1,
        engine={},
        judge={},
        personas={},
    )
    words = {one.of: one.licence for one in licences_of(run) if one.part == "words"}
    assert words == {"lines of voiceact 1": "Apache-2.0", "a.csv": first, "b.csv": second}


def test_the_worst_of_nothing_is_allowed() -> None:
    assert worst([]) == "allowed"
    assert worst(["allowed", "unknown", "forbidden", "unknown"]) == "forbidden"
