"""The pieces that all pages share: what is text stays text, and what is missing is an error."""

import pytest
from jinja2 import UndefinedError

from voiceact.report.svg import Point, columns, forest, matrix
from voiceact.report.templates import Markup, load_templates


def macro(name: str):
    return getattr(load_templates("voiceact.report").get_template("report/macros.html").module, name)


def test_text_is_escaped_and_pictures_are_not() -> None:
    table = macro("table")(["<b>", Markup("<i>head</i>")], [['"x" & y', columns([1], description="a <b>")]])
    assert '<th scope="col">&lt;b&gt;</th><th scope="col"><i>head</i></th>' in table
    assert "&#34;x&#34; &amp; y" in table and "<svg" in table and 'aria-label="a &lt;b&gt;"' in table


def test_a_caption_stands_only_where_there_is_one() -> None:
    assert "<caption>All</caption>" in macro("table")(["a"], [], "All")
    assert "<caption>" not in macro("table")(["a"], [])


def test_nothing_listed_is_no_list() -> None:
    assert macro("bullets")([]) == "" and macro("gallery")([]) == ""
    assert macro("bullets")(["one", "two"]).count("<li>") == 2


def test_what_a_page_lacks_is_an_error_and_no_blank() -> None:
    with pytest.raises(UndefinedError, match="'title' is undefined"):
        load_templates("voiceact.report").get_template("report/page.html").render(style="")


def test_a_forest_draws_each_point_at_its_value() -> None:
    drawn = forest([("a", [Point(0.5)]), ("b", [None])], ["series"], width=100, caption="share")
    # The plot starts at 176 px; half of its 100 px is 50. The second circle is the legend's.
    assert "cx='226.0'" in drawn and drawn.count("<circle") == 2 and "0.500, no interval" in drawn


def test_a_matrix_writes_shares_of_its_rows() -> None:
    drawn = matrix(["x", "<y>"], [[3, 1], [0, 0]], caption="answers")
    assert "75%" in drawn and "25%" in drawn and "&lt;y&gt; (0)" in drawn and "nan" not in drawn
