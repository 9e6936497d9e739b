"""From notice to publicity: who may do what in each state, the codes and what they set in motion, the clock of D7."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from spot_stage import Stage, checks_of

from plugins.areas.inspections import checks, codes, rules
from plugins.areas.inspections.check_models import SpotCheck
from portal import clock, obligations, settings
from portal.hookspecs import hookimpl
from portal.obligations import Obligation
from portal.plugging import registry
from portal.refusals import Missing, NotAllowed, Refused, Stale

PDF, PNG = b"%PDF-1.7 signed", b"\x89PNG\r\n\x1a\n photo"


@pytest.fixture
def check(spot: Stage) -> SpotCheck:
    spot.ready()
    return checks_of(spot.drawn())[0]


def _to(spot: Stage, check: SpotCheck, state: str) -> SpotCheck:
    if state == "pending":
        return check
    if state == "withdrawn":
        SpotCheck.update(state="withdrawn").where(SpotCheck.id == check.id).execute()
        return SpotCheck.get_by_id(check.id)
    check = spot.carried_out(check)
    if state == "checked":
        return check
    check = spot.entered(check)
    if state == "entered":
        return check
    if state == "returned":
        with spot.as_("gongan-lianluo"):
            return checks.approve(check.id, False, "缺照片")
    check = spot.approved(check)
    return check if state == "approved" else spot.published(check)


ACTS = {
    "notice": lambda spot, check: checks.issue_notice(check.id, "王所 85980000"),
    "carry_out": lambda spot, check: checks.carry_out(check.id, clock.today()),
    "attach": lambda spot, check: checks.attach(check.id, io.BytesIO(PDF), "表.pdf", "sheet"),
    "enter": lambda spot, check: checks.enter_result(check.id, spot.entry(check)),
    "approve": lambda spot, check: checks.approve(check.id, True),
    "return": lambda spot, check: checks.approve(check.id, False, "缺照片"),
    "publish": lambda spot, check: checks.publish([check.id]),
}
ALLOWED = {
    "pending": {"notice": "pending", "carry_out": "checked"}, "checked": {"attach": "checked", "enter": "entered"},
    "entered": {"attach": "entered", "approve": "approved", "return": "returned"}, "returned": {"attach": "returned", "enter": "entered"},
    "approved": {"publish": "published"}, "published": {}, "withdrawn": {},
}  # fmt: skip


@pytest.mark.parametrize("state", list(ALLOWED))
@pytest.mark.parametrize("act", list(ACTS))
def test_state_and_act(spot: Stage, check: SpotCheck, state: str, act: str) -> None:
    check = _to(spot, check, state)
    who = "gongan-lianluo" if act in ("approve", "return", "publish") else "gongan-jingban"
    with spot.as_(who):
        if act in ALLOWED[state]:
            ACTS[act](spot, check)
            assert SpotCheck.get_by_id(check.id).state == ALLOWED[state][act]
        else:
            with pytest.raises(Stale):
                ACTS[act](spot, check)
            assert SpotCheck.get_by_id(check.id).state == state


@pytest.mark.parametrize("act", list(ACTS))
def test_another_unit_finds_no_such_check(spot: Stage, check: SpotCheck, act: str) -> None:
    check = _to(
        spot,
        check,
        {
            "enter": "checked",
            "attach": "checked",
            "approve": "entered",
            "return": "entered",
            "publish": "approved",
        }.get(act, "pending"),
    )
    with spot.as_("xiaofang-jingban"), pytest.raises((Missing, Stale)):
        ACTS[act](spot, check)
    assert SpotCheck.get_by_id(check.id).version == check.version


def test_twenty_working_days_run_from_the_check_and_end_with_publicity(spot: Stage, check: SpotCheck) -> None:
    check = spot.carried_out(check, date(2026, 9, 25))
    (owed,) = obligations.of_record(checks.RECORD, check.id)
    assert (owed.kind, owed.unit, owed.days, owed.deadline) == (
        "check_result",
        "police",
        20,
        date(2026, 10, 29),
    )
    assert owed.arithmetic == "实施检查 9月25日 → 第20个工作日 10月29日"
    check = spot.approved(spot.entered(check))
    assert Obligation.get_by_id(owed.id).state == "open"
    spot.later(days=40)
    spot.published(check)
    late = Obligation.get_by_id(owed.id)
    assert (late.state, late.on_time) == ("fulfilled", False)


@pytest.mark.parametrize("day, words", [(1, "在今天之后"), (-1, "早于抽取日期")])
def test_the_day_of_the_check_lies_between_draw_and_today(
    spot: Stage, check: SpotCheck, day: int, words: str
) -> None:
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match=words):
        checks.carry_out(check.id, clock.today() + timedelta(days=day))


def test_an_inspector_whose_certificate_ran_out_is_replaced_first(spot: Stage, check: SpotCheck) -> None:
    spot.later(days=500)
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="在检查日之前已到期"):
        checks.carry_out(check.id, clock.today())


@pytest.mark.parametrize("chosen, words", [
    ((), "至少选一项"), (("nonsense",), "没有“nonsense”"), (("none", "corrected"), "不能与其他结果"), (("cancelled", "follow_up"), "不能与其他结果"),
])  # fmt: skip
def test_codes_that_cannot_stand(chosen: tuple[str, ...], words: str) -> None:
    assert words in rules.check_codes(chosen, codes.results())


def test_codes_that_can_stand_and_every_code_has_its_source() -> None:
    assert rules.check_codes(("undisclosed", "corrected", "follow_up"), codes.results()) == ""
    assert [code for code, row in codes.results().items() if not row["source"]] == []
    assert codes.by_words("未发现问题") == "none"


@pytest.mark.parametrize("changed, field", [
    ({"methods": ()}, "methods"), ({"methods": ("看看",)}, "methods"), ({"disposals": ()}, "disposals"), ({"codes": ("corrected",)}, "note"),
    ({"codes": ("follow_up",), "note": "消防通道堵塞"}, "follow_up_until"), ({"opinion": "长" * 501}, "opinion"), ({"signed": ()}, "signed"),
])  # fmt: skip
def test_a_wrong_entry_names_the_field(spot: Stage, check: SpotCheck, changed: dict, field: str) -> None:
    check = spot.carried_out(check)
    signed = [member.name for member in checks.team(check)]
    with spot.as_("gongan-jingban"), pytest.raises(Refused) as refused:
        checks.enter_result(check.id, checks.ResultEntry(**{"codes": ("none",), "signed": signed, **changed}))
    assert list(refused.value.fields) == [field]


def test_a_scan_of_the_signed_sheet_stands_for_the_signatures(spot: Stage, check: SpotCheck) -> None:
    check = spot.carried_out(check)
    with spot.as_("gongan-jingban"):
        with pytest.raises(Refused, match="不是允许的类型"):
            checks.attach(check.id, io.BytesIO(b"MZ program"), "表.pdf", "sheet")
        with pytest.raises(Refused, match="不是允许的类型"):
            checks.attach(check.id, io.BytesIO(PDF), "照片.png", "photo")
        checks.attach(check.id, io.BytesIO(PNG), "现场.png", "photo")
        checks.attach(check.id, io.BytesIO(PDF), "表.pdf", "sheet")
        assert checks.enter_result(check.id, checks.ResultEntry(codes=("none",))).state == "entered"


def test_who_entered_does_not_approve(spot: Stage, check: SpotCheck) -> None:
    check = spot.entered(check)
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="不能审核自己录入的"):
        checks.approve(check.id, True)
    with spot.as_("gongan-lianluo"), pytest.raises(Refused, match="必须写明原因"):
        checks.approve(check.id, False, " ")


def test_follow_up_stays_open_until_it_is_closed(spot: Stage, check: SpotCheck) -> None:
    until = clock.today() + timedelta(days=20)
    check = spot.approved(spot.entered(check, ("follow_up",), note="消防通道堵塞", follow_up_until=until))
    owed = Obligation.get(Obligation.kind == "follow_up")
    assert (owed.unit, owed.deadline, owed.state, check.closed_at) == ("police", until, "open", None)
    check = spot.published(check)
    with spot.as_("gongan-jingban"):
        with pytest.raises(Refused, match="写明后续处理"):
            checks.close(check.id, "")
        check = checks.close(check.id, "已清理通道，复查合格")
        with pytest.raises(Stale, match="没有待办结"):
            checks.close(check.id, "再办结")
    assert Obligation.get_by_id(owed.id).state == "fulfilled" and check.closed_at is not None


def test_unreachable_is_told_to_whoever_works_it_once_it_is_approved(spot: Stage, check: SpotCheck) -> None:
    heard = []

    class Listener:
        @hookimpl
        def on_subject_unreachable(self, subject, unit, reason):
            heard.append((subject.id, unit, reason))

    registry().manager.register(Listener(), "test.listener")
    try:
        check = spot.entered(check, ("unreachable",), note="门店已拆除")
        assert heard == []
        spot.approved(check)
    finally:
        registry().manager.unregister(name="test.listener")
    assert [row[:2] for row in heard] == [(check.subject_id, "police")] and "门店已拆除" in heard[0][2]


def test_a_result_by_import_is_the_same_record_and_comes_once(spot: Stage, check: SpotCheck) -> None:
    entry = checks.ResultEntry(codes=("none",), external="GA2026-0031")
    with spot.as_("gongan-jingban"):
        first = checks.receive_result(check.task.code, check.object_id, clock.today(), entry, source="导入 7")
        again = checks.receive_result(check.task.code, check.object_id, clock.today(), entry, source="导入 8")
        assert (first.id, first.version, again.version, again.source) == (
            check.id,
            first.version,
            first.version,
            "导入 7",
        )
        other = checks_of(check.drawn.result.draw)[1]
        with pytest.raises(Refused, match="已用于另一项检查"):
            checks.receive_result(other.task.code, other.object_id, clock.today(), entry, source="导入 9")
        with pytest.raises(Refused, match="没有公安分局对"):
            checks.receive_result(
                check.task.code, "91310000773718882U", clock.today(), entry, source="导入 9"
            )
    assert SpotCheck.get_by_id(other.id).state == "pending"


def test_two_officers_at_once_the_second_is_told(spot: Stage, check: SpotCheck) -> None:
    check = spot.carried_out(check)
    with spot.as_("gongan-jingban"):
        checks.enter_result(check.id, spot.entry(check), version=check.version)
    with spot.as_("gongan-lianluo"), pytest.raises(Stale):
        checks.enter_result(check.id, spot.entry(check, ("no_activity",)), version=check.version)
    assert SpotCheck.get_by_id(check.id).codes == ["none"]


def test_an_unannounced_task_sends_no_notice(spot: Stage) -> None:
    spot.ready()
    check = checks_of(spot.drawn(spot.task(unannounced=True)))[0]
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="飞行检查"):
        checks.issue_notice(check.id, "王所")


def test_all_approved_results_of_the_unit_are_published_by_one_act(spot: Stage) -> None:
    spot.ready(joint=True)
    draw = spot.drawn(spot.task(joint=True))
    for check in checks_of(draw):
        spot.approved(spot.entered(check))
    with spot.as_("gongan-lianluo"):
        assert checks.publish_all() == 2
    assert (
        sorted((check.unit, check.state) for check in checks_of(draw))
        == [("fire", "approved")] * 2 + [("police", "published")] * 2
    )


def test_nobody_outside_the_checking_units_orders_checks(spot: Stage) -> None:
    from plugins.areas.inspections import plans

    with spot.as_("shenpi-jingban"), pytest.raises(NotAllowed, match="附件2-2"):
        plans.make(2026, "年度计划")


def test_the_office_adds_and_retires_results_from_a_day_on(spot: Stage) -> None:
    spot.ready()
    check = checks_of(spot.drawn())[0]
    with spot.as_("bangongshi"):
        settings.change("inspections.results_more", "发现问题已当场改正", clock.today())
        settings.change("inspections.results_unused", "未按规定公示应当公示的信息", clock.today())
    spot.carried_out(check)
    with spot.as_("gongan-jingban"):
        retired = checks.ResultEntry(codes=("undisclosed",), note="未公示", signed=[m.name for m in checks.team(check)])
        with pytest.raises(Refused, match="没有“undisclosed”这个检查结果"):
            checks.enter_result(check.id, retired)
        bare = spot.entry(check, ("发现问题已当场改正",))
        with pytest.raises(Refused, match="“发现问题已当场改正”须写明具体情况"):
            checks.enter_result(check.id, bare)
    check = SpotCheck.get_by_id(check.id)
    entered = spot.entered(check, ("发现问题已当场改正",), note="灭火器过期，当场更换")
    assert codes.by_words("发现问题已当场改正") == "发现问题已当场改正" and codes.by_words("没有这个") is None
    with spot.as_("bangongshi"):
        settings.change("inspections.results_more", "无", clock.today())
    assert codes.result_words(entered.codes) == "发现问题已当场改正"
    assert spot.approved(SpotCheck.get_by_id(entered.id)).closed_at is not None


@pytest.mark.parametrize(("key", "value"), [
    ("results_unused", "未发现问题"), ("results_unused", "发现问题待后续处理；不配合检查情节严重"), ("results_more", "未发现问题"),
    ("results_more", ""), ("disposals_unused", "；".join(codes.disposals().values())),
])  # fmt: skip
def test_a_code_list_never_loses_what_other_work_hangs_on(spot: Stage, key: str, value: str) -> None:
    with spot.as_("bangongshi"), pytest.raises(Refused, match="应为"):
        settings.change(f"inspections.{key}", value, clock.today())
