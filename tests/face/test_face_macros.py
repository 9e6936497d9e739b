"""What each macro promises: labels, wiring, escaping, and words beside every colour."""

from decimal import Decimal
from fractions import Fraction

import pytest

IMPORTED = {
    "forms": "field, form, error_summary, button, confirm, confirm_inside, filters",
    "tables": "table, th_sort, td_select, pager",
    "states": "lamp, deadline, alert, score_bar, progress, tagged_text, timeline, empty",
    "pages": "facts, tabs, crumbs, panel, stat",
}
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def shown(render):
    """shown(expression, **values): what the expression prints, on one line."""
    head = "".join(f'{{% from "macros/{file}.html" import {names} %}}' for file, names in IMPORTED.items())
    return lambda source, **values: " ".join(render(head + source, **values).split())


@pytest.mark.parametrize(
    "kind", ["text", "textarea", "date", "select", "number", "password", "file", "checkbox"]
)
def test_a_field_is_wired_to_its_label_hint_and_error(shown, kind):
    text = shown(
        '{{ field("no", "编号", "1", "不能为空", "照证书填写", kind=kind, choices=[("1", "一")]) }}',
        kind=kind,
    )
    assert '<label class="form-' in text and 'for="f-no"' in text
    assert text.count('id="f-no"') == 1
    assert 'aria-describedby="f-no-hint f-no-error"' in text
    assert 'aria-invalid="true"' in text
    assert 'id="f-no-hint">照证书填写' in text
    assert 'id="f-no-error">' in text and "不能为空" in text


@pytest.mark.parametrize("kind", ["radios", "checkboxes"])
def test_a_group_of_boxes_is_a_fieldset_with_a_legend(shown, kind):
    value = "b" if kind == "radios" else ["b"]
    source = '{{ field("k", "类别", value, "请选择", kind=kind, choices=[("a", "核准"), ("b", "注销")]) }}'
    text = shown(source, kind=kind, value=value)
    assert '<fieldset id="f-k" aria-describedby="f-k-error"><legend>类别</legend>' in text
    assert text.count(" checked") == 1
    assert 'value="b" checked' in text
    assert '<label class="form-check-label" for="f-k-2">注销</label>' in text


@pytest.mark.parametrize(
    ("kind", "printed"),
    [("text", True), ("textarea", True), ("date", True), ("password", False), ("file", False)],
)
def test_a_password_and_a_file_are_never_sent_back(shown, kind, printed):
    assert ("Geheim-9" in shown('{{ field("p", "密码", "Geheim-9", kind=kind) }}', kind=kind)) is printed


def test_a_field_without_value_is_empty_not_none(shown):
    assert 'value=""' in shown('{{ field("a", "甲", None) }}')
    assert "None" not in shown('{{ field("a", "甲", None, kind="textarea") }}')


def test_zero_is_a_value(shown):
    assert 'value="0"' in shown('{{ field("a", "甲", 0, kind="number") }}')


def test_required_maxlength_and_attributes_reach_the_input(shown):
    text = shown('{{ field("a", "甲", "", required=True, maxlength=18, attrs={"autocomplete": "off"}) }}')
    assert 'maxlength="18"' in text and 'required="required"' in text and 'autocomplete="off"' in text
    assert "必填" in text


def test_a_select_chooses_by_words_not_by_type(shown):
    text = shown(
        '{{ field("y", "年", 2026, kind="select", choices=[("2025", "2025年"), ("2026", "2026年")]) }}'
    )
    assert '<option value="2026" selected>' in text
    assert text.count("selected") == 1


def test_a_read_only_select_shows_its_words_and_sends_its_value(shown):
    text = shown('{{ field("s", "状态", "w", kind="select", readonly=True, choices=[("w", "待认领")]) }}')
    assert 'value="待认领" readonly' in text
    assert '<input type="hidden" name="s" value="w">' in text


@pytest.mark.parametrize(
    "source",
    [
        '{{ field("a", bad, bad, bad, bad) }}',
        '{{ field("a", bad, bad, kind="textarea") }}',
        '{{ field("a", "甲", bad, kind="select", choices=[(bad, bad)]) }}',
        '{{ error_summary({"a": bad}) }}',
        "{{ lamp('red', bad) }}{{ alert('danger', bad) }}{{ deadline(bad) }}{{ empty(bad, (bad, bad)) }}",
        '{{ tagged_text([(bad, "hit", bad), (bad, None)]) }}',
        '{{ timeline([{"when": bad, "text": bad, "who": bad, "detail": bad}]) }}',
        "{{ facts([(bad, bad)]) }}{{ crumbs([(bad, bad), (bad, None)]) }}{{ stat(bad, bad, bad) }}",
        '{{ tabs([{"label": bad, "href": bad, "active": false}]) }}',
        "{{ td_select('s', bad, bad) }}{{ th_sort(bad, bad) }}",
        "{% call confirm(bad, bad, bad, bad, bad) %}{{ bad }}{% endcall %}",
    ],
)
def test_what_a_person_typed_never_becomes_markup(shown, source):
    text = shown(source, bad=HOSTILE)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_posted_form_carries_its_token_and_its_submission_key(shown):
    text = shown('{% call form("/claims", "key-1", upload=True) %}内容{% endcall %}')
    assert text.startswith('<form action="/claims" method="post" enctype="multipart/form-data">')
    assert '<input type="hidden" name="csrf_token" value="token-of-the-session">' in text
    assert '<input type="hidden" name="submission_key" value="key-1">' in text


def test_a_searching_form_carries_no_token(shown):
    assert "csrf_token" not in shown('{% call filters("/claims", "#rows") %}{% endcall %}')
    assert "csrf_token" not in shown('{% call form("/claims", method="get") %}{% endcall %}')


def test_filters_work_without_htmx_and_say_the_same_with_it(shown):
    text = shown('{% call filters("/claims", "#rows", "/claims") %}{% endcall %}')
    assert 'action="/claims" method="get" hx-get="/claims" hx-target="#rows"' in text
    assert 'hx-push-url="true"' in text
    assert "hx-" not in shown('{% call filters("/claims") %}{% endcall %}')


@pytest.mark.parametrize("errors", [{"no": "编号：不能为空"}, [("no", "编号：不能为空")]])
def test_the_error_summary_leads_to_the_field(shown, errors):
    text = shown("{{ error_summary(errors) }}", errors=errors)
    assert "（1 处）" in text
    assert '<a href="#f-no">编号：不能为空</a>' in text


@pytest.mark.parametrize("errors", [{}, [], None])
def test_no_error_no_summary(shown, errors):
    assert shown("{{ error_summary(errors) }}", errors=errors) == ""


@pytest.mark.parametrize(("colour", "word"), [("green", "绿灯："), ("yellow", "黄灯："), ("red", "红灯：")])
def test_a_lamp_says_its_colour_and_its_meaning_in_words(shown, colour, word):
    text = shown("{{ lamp(colour, '剩 5 天') }}", colour=colour)
    assert f'<span class="visually-hidden">{word}</span><span>剩 5 天</span>' in text
    assert f"#lamp-{colour}" in text


@pytest.mark.parametrize(
    ("score", "weight", "width", "words"),
    [
        (Decimal("9.10"), 10, "91.0", "9.10 / 10.00"),
        (Fraction(1083, 50), Decimal("21.67"), "100", "21.66 / 21.67"),
        (0, 15, "0.0", "0.00 / 15.00"),
        (12, 10, "100", "12.00 / 10.00"),
        (0, 0, "0", "0.00 / 0.00"),
    ],
)
def test_a_score_bar_is_as_long_as_the_share_and_prints_both_numbers(shown, score, weight, width, words):
    text = shown("{{ score_bar(score, weight) }}", score=score, weight=weight)
    assert words in text
    drawn = text.split('class="bar-fill" width="')[1].split('"')[0]
    assert float(drawn) == pytest.approx(float(width), abs=0.06)


def test_progress_of_unknown_length_says_so(shown):
    assert '<progress max="120" value="64"></progress>' in shown('{{ progress(64, 120, "导入") }}')
    assert "进行中" in shown('{{ progress(None, 1, "生成") }}')


def test_a_provisional_deadline_says_why(shown):
    assert "暂定" not in shown('{{ deadline("第 7 个工作日") }}')
    assert "放假安排尚未公布" in shown('{{ deadline("第 7 个工作日", True, "2027-01-08") }}')


def test_an_empty_list_shows_what_to_do_instead_of_a_table(shown):
    source = (
        '{% call table("清单", ["甲"], filled=rows, empty_action=("登记", "/new")) %}'
        "{% for row in rows %}<tr></tr>{% endfor %}{% endcall %}"
    )
    assert "<table" not in shown(source, rows=[])
    assert '<a class="btn btn-outline-primary btn-sm" href="/new">登记</a>' in shown(source, rows=[])
    assert "<table" in shown(source, rows=[1])


def test_a_table_has_a_caption_and_the_sorted_column_says_so(shown):
    columns = ["甲", {"label": "截止日", "href": "?sort=due", "order": "desc"}]
    text = shown('{% call table("清单", columns, select="id") %}<tr></tr>{% endcall %}', columns=columns)
    assert '<caption class="visually-hidden">清单</caption>' in text
    assert '<th scope="col" aria-sort="descending"><a class="sort" href="?sort=due">' in text
    assert 'data-select-all="id" aria-label="全选本页" hidden' in text


def test_the_pager_offers_only_pages_that_exist(shown):
    text = shown('{{ pager(None, None, "?after=50", 50, "共 1,204 条") }}')
    assert text.count("<a ") == 1
    assert text.count('aria-disabled="true"') == 1
    assert '本页 <span class="num">50</span> 条，共 1,204 条' in text


def test_a_fact_without_value_is_a_dash_and_zero_is_a_fact(shown):
    text = shown('{{ facts([("甲", None), ("乙", ""), ("丙", 0)]) }}')
    assert text.count("—") == 2
    assert "<dd>0</dd>" in text


def test_the_layout_without_a_visitor_shows_no_menu_and_no_token(env):
    text = env.get_template("errors/500.html").render(request_id="a1b2c3")
    assert "a1b2c3" in text
    assert "<nav" not in text and "/logout" not in text and "csrf" not in text


def test_the_layout_marks_the_place_in_the_menu(env):
    values = {
        "site": {"zone": "示例区"},
        "viewer": {"name": "张示例", "unit_label": "城市管理局", "role_labels": []},
        "nav": [
            {"label": "证照联动", "items": [{"label": "认领", "href": "/c", "active": True, "count": 0}]}
        ],
    }
    text = env.get_template("errors/404.html").render(**values)
    assert text.count('href="/c" class="active" aria-current="page"') == 2
    assert text.count('<span class="count">0') == 2
    assert 'action="/logout" method="post"' in text


@pytest.mark.parametrize("code", [403, 404, 405, 409, 413, 422, 500, 503])
def test_an_error_page_prints_the_message_it_was_given(env, code):
    text = env.get_template(f"errors/{code}.html").render(message="第 17 行：日期无效", home_href="/start")
    assert "第 17 行：日期无效" in text
    assert 'href="/start">返回首页' in text
