"""The four steps of a draw as acts: what each state allows, what stops a sealing, who may type, voiding, crashes, clicks."""

from __future__ import annotations

import contextvars
import hashlib
import json
import threading
from datetime import date, timedelta

import independent_checker
import pytest
from spot_stage import BARS, HOTELS, Stage, checks_of

from plugins.areas.inspections import draw as verifiable
from plugins.areas.inspections import (
    draws,
    inspectors,
    items,
    libraries,
    library_objects,
    replacements,
    runs,
    sealings,
    tasks,
)
from plugins.areas.inspections.check_models import (
    CheckMember,
    Draw,
    DrawnObject,
    DrawParty,
    DrawResult,
    PublicValue,
    SpotCheck,
)
from plugins.areas.inspections.models import CheckTask, ItemVersion
from portal import audit, clock, core_hooks, jobs, notices, subjects
from portal.database import database, ready_connection
from portal.refusals import Missing, NotAllowed, Refused, Stale
from tests.cast import text_of


def test_a_single_unit_draw_is_what_a_stranger_recomputes(spot: Stage) -> None:
    spot.ready(23)
    draw = spot.drawn()
    bundle = runs.bundle_of(runs.current_result(draw))
    assert verifiable.verify_bundle(bundle, draw.digest).ok
    assert independent_checker.check(bundle, draw.digest) is None
    assert independent_checker.check(bundle.replace(b"27183", b"27184"), draw.digest)
    assert DrawnObject.select().count() == 3  # 10 % of 23, rounded up
    assert SpotCheck.select().count() == 3 and CheckMember.select().count() == 6


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_in_a_joint_draw_one_object_is_drawn_once_and_each_unit_draws_its_own_people(
    spot: Stage, alg: str
) -> None:
    spot.ready(joint=True)
    draw = spot.drawn(spot.task(joint=True), alg=alg)
    bundle = json.loads(runs.bundle_of(runs.current_result(draw)))
    assert len(bundle["drawn"]) == 2 and len(bundle["assigned"]) == 4
    for check in checks_of(draw):
        assert {member.inspector.unit for member in check.members} == {check.unit}
    assert {check.unit for check in checks_of(draw)} == {"police", "fire"}
    assert draw.announce["alg"] == alg


# --- what stops a sealing ---------------------------------------------------------------------------------


def _refused(spot: Stage, words: str, **task: object) -> None:
    made = spot.task(**task)
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match=words):
        sealings.seal(made.id)
    assert Draw.select().count() == 0


def test_an_empty_library_is_not_sealed(spot: Stage) -> None:
    spot.item(), spot.library(), spot.inspectors()
    _refused(spot, "检查对象名录为空")


def test_a_quota_of_nothing_is_not_sealed(spot: Stage) -> None:
    spot.ready(7)
    _refused(spot, "抽取数都是 0", ratios={"*": ("5", False)})


def test_one_inspector_is_not_enough(spot: Stage) -> None:
    spot.ready(people=1)
    _refused(spot, "只有 1 人，少于每个对象的 2 人")


def test_a_certificate_that_ends_during_the_task_does_not_count_and_an_expired_one_drops_out(
    spot: Stage,
) -> None:
    spot.ready(people=1)
    spot.inspectors(prefix="短", count=3, valid_to=date(2026, 10, 1))
    spot.inspectors(prefix="过", count=2, valid_to=date(2026, 9, 24))
    _refused(spot, "证件有效至 2026-10-30")
    spot.inspectors(prefix="长", count=1)
    draw = spot.sealed(CheckTask.get())
    assert [row["reason"] for row in draw.left_out["inspectors"]] == ["执法证已于 2026-09-24 到期"] * 2
    drawn = spot.typed(_revealed(spot, draw), "27183", "27183")
    assert {member.name for check in checks_of(drawn) for member in check.members} == {
        "police检查0",
        "长检查0",
    }


def _revealed(spot: Stage, draw: Draw) -> Draw:
    draw = spot.announced(draw)
    spot.later(hours=3)
    with spot.as_("gongan-jingban"):
        return draws.settle(draw.id)


def test_all_in_conflict_is_refused_naming_the_object(spot: Stage) -> None:
    spot.ready(5, people=2)
    firm = subjects.Subject.get()
    with spot.as_("gongan-jingban"):
        for one in inspectors.Inspector.select():
            inspectors.declare_interest(one.id, f"主体{firm.id}", firm.name, "近亲属任职")
    _refused(spot, f"“主体{firm.id}”在“公安分局”回避后只有 0 名")


def test_leave_during_the_whole_period_drops_out_and_a_short_one_stays(spot: Stage) -> None:
    spot.ready()
    people = list(inspectors.Inspector.select())
    with spot.as_("gongan-jingban"):
        inspectors.take_leave(people[0].id, date(2026, 9, 1), date(2026, 12, 31), "借调")
        inspectors.take_leave(people[1].id, date(2026, 9, 28), date(2026, 9, 29), "事假")
    draw = spot.sealed(spot.task())
    assert [row["id"] for row in draw.inspectors] == [one.key for one in people[1:]]


def test_an_item_not_in_force_or_not_published_cannot_be_drawn_for(spot: Stage) -> None:
    spot.ready()
    task = spot.task()
    with spot.as_("gongan-jingban"):
        items.end(items.in_force(HOTELS).id, clock.today(), "依据废止")
        with pytest.raises(Refused, match="没有生效，不能抽取"):
            sealings.seal(task.id)
    spot.item(BARS, upto="confirmed")
    with spot.as_("xiaofang-jingban"), pytest.raises(Refused, match="尚未公布，不能检查"):
        tasks.make(
            tasks.TaskForm(
                "消防检查", [("fire", BARS)], clock.today(), clock.today(), {"*": ("10", True)}, reason="临时"
            )
        )


def test_the_yearly_cap_counts_across_units_and_a_joint_check_is_one_visit(spot: Stage) -> None:
    spot.ready(3, joint=True)  # caps: hotels 4, bars 2 a year
    spot.drawn(spot.task(joint=True, percent="100"))
    assert set(sealings.visits(2026).values()) == {1}
    spot.drawn(spot.task(joint=True, percent="100"))
    third = spot.task(joint=True, percent="100")
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="名录为空，不能封存（未列入 3 个）"):
        sealings.seal(third.id)
    single = spot.sealed(spot.task(percent="100"))
    assert single.size == 3  # the hotels' own cap of 4 is not reached by two visits


def test_an_object_that_another_draw_took_over_the_cap_after_sealing_is_excused(spot: Stage) -> None:
    spot.ready(2, joint=True)
    spot.drawn(spot.task(joint=True, percent="100"))
    late, early = (spot.sealed(spot.task(joint=True, percent="100", name=name)) for name in ("甲", "乙"))
    for draw in (early, late):
        draw = _revealed(spot, draw)
        spot.typed(draw, "11111", "11111")
    excused = list(DrawnObject.select().where(DrawnObject.excused != ""))
    assert len(excused) == 2 and "年度上限 2 次" in excused[0].excused
    assert {check.state for check in SpotCheck.select().where(SpotCheck.task == late.task)} == {"withdrawn"}


def test_a_cancelled_subject_falls_out_at_sealing_and_the_page_says_why(spot: Stage) -> None:
    spot.ready(10)
    spot.drawn()
    firm = subjects.Subject.get()
    spot.later(days=1)
    with spot.as_("shenpi-jingban"):
        gone = subjects.Registration("注销", firm.name, "个体工商户", clock.today(), address=firm.address)
        subjects.register(gone, unit="approval", source="表单")
    spot.firms(1, street="新开街道")
    with spot.as_("gongan-jingban"):
        second = subjects.Subject.get(subjects.Subject.id == firm.id + 1)
        libraries.adjust(HOTELS, f"主体{second.id}", 4, "投诉举报多")
    seen = spot.sealed(spot.task()).differences
    assert seen["counts"] == [1, 1, 1]
    assert seen["removed"][0]["name"] == firm.name and "登记注销" in seen["removed"][0]["why"]
    assert "登记设立" in seen["added"][0]["why"]
    assert (
        seen["changed"][0]["what"] == "全部×1 → 全部×4"
        and seen["changed"][0]["why"] == "公安经办：投诉举报多"
    )


def test_each_risk_class_has_its_own_ratio(spot: Stage) -> None:
    firms = spot.firms(12)
    spot.item(), spot.library(strata="class", weights={"D": 4}), spot.inspectors()
    with spot.as_("gongan-jingban"):
        for n, firm in enumerate(firms):
            library_objects.grade(firm, "AD"[n % 2], date(2026, 9, 1))
    draw = spot.sealed(spot.task(ratios={"*": ("10", True), "D": ("50", False)}))
    assert draw.quota == {"A": 1, "D": 3}
    assert {(row["stratum"], row["w"], row["class_day"]) for row in sealings.sealed_library(draw)} == {
        ("A", 1, "2026-09-01"),
        ("D", 4, "2026-09-01"),
    }


# --- announcement, reveals, the public value ----------------------------------------------------------------

STEPS = {
    "announce": lambda spot, draw: draws.announce(draw.id, spot.terms()),
    "settle": lambda spot, draw: draws.settle(draw.id),
    "value": lambda spot, draw: runs.type_value(draw.id, "27183"),
    "correct": lambda spot, draw: draws.correct(draw.id, "录错"),
    "void": lambda spot, draw: draws.ask_void(draw.id, "名录有误"),
}
ALLOWED = {
    "sealed": {"announce", "void"}, "announced": {"settle", "value", "void"}, "revealed": {"value", "void"}, "drawn": {"correct", "void"},
    "void": set(),
}  # fmt: skip


def _in_state(spot: Stage, state: str) -> Draw:
    draw = spot.sealed(spot.task())
    if state == "sealed":
        return draw
    if state == "void":
        _void(spot, draw)
        return Draw.get_by_id(draw.id)
    if state == "announced":
        draw = spot.announced(draw)
        spot.later(hours=3)
        return draw
    draw = _revealed(spot, draw)
    return draw if state == "revealed" else spot.typed(draw, "27183", "27183")


def _void(spot: Stage, draw: Draw) -> None:
    with spot.as_("gongan-jingban"):
        draws.ask_void(draw.id, "名录有误")
    with spot.as_("gongan-lianluo"):
        draws.approve_void(draw.id)


@pytest.mark.parametrize("state", list(ALLOWED))
@pytest.mark.parametrize("step", list(STEPS))
def test_state_and_step(spot: Stage, state: str, step: str) -> None:
    spot.ready()
    draw = _in_state(spot, state)
    with spot.as_("gongan-jingban"):
        if step in ALLOWED[state]:
            STEPS[step](spot, draw)
        else:
            with pytest.raises(Stale):
                STEPS[step](spot, draw)
            assert Draw.get_by_id(draw.id).state == state


@pytest.mark.parametrize("changed, words", [
    ({"accounts": ("gongan-lianluo",)}, "至少 2 人"), ({"accounts": ("gongan-lianluo", "gongan-jingban")}, "不同单位"),
    ({"accounts": ("meiyou", "gongan-jingban")}, "没有账号"), ({"value_name": " "}, "准确名称"), ({"value_format": "("}, "正则"),
    ({"value_format": "(a+)+"}, "过于复杂"), ({"fallback": ""}, "未能产生"),
])  # fmt: skip
def test_an_announcement_with_a_wrong_term_is_refused(spot: Stage, changed: dict, words: str) -> None:
    spot.ready()
    draw = spot.sealed(spot.task())
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match=words):
        draws.announce(draw.id, spot.terms(**changed))
    assert Draw.get_by_id(draw.id).state == "sealed" and DrawParty.select().count() == 0


def test_times_go_forward_only(spot: Stage) -> None:
    spot.ready()
    draw, now = spot.sealed(spot.task()), clock.now()
    for changed in (
        {"reveal_by": now},
        {"value_at": now + timedelta(hours=1)},
        {"reveal_by": now + timedelta(hours=2)},
    ):
        with spot.as_("gongan-jingban"), pytest.raises(Refused, match=r"应在现在之后|必须晚于"):
            draws.announce(draw.id, spot.terms(**changed))


def test_each_unit_of_a_joint_draw_is_a_party(spot: Stage) -> None:
    spot.ready(joint=True)
    draw = spot.sealed(spot.task(joint=True))
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="缺少消防"):
        draws.announce(draw.id, spot.terms(accounts=("gongan-lianluo", "bangongshi")))


def test_a_party_with_its_own_secret_reveals_it_or_the_draw_is_void_in_public(spot: Stage) -> None:
    spot.ready()
    secret = bytes(range(32))

    def brought() -> Draw:
        draw = spot.sealed(spot.task())
        party = draws.party_of(spot.people["bangongshi"])
        with spot.as_("bangongshi"):
            draws.bring(draw.id, verifiable.commitment(draw.draw_id, party, secret, "sm3"))
        return spot.announced(draw, accounts=("gongan-lianluo",))

    first = brought()
    with spot.as_("bangongshi"):
        with pytest.raises(Refused, match="与您公布的承诺不符"):
            draws.reveal(first.id, "ab" * 32)
        with pytest.raises(Refused, match="64 位十六进制"):
            draws.reveal(first.id, "xyz")
        draws.reveal(first.id, secret.hex())
    with spot.as_("gongan-lianluo"), pytest.raises(Refused, match="由平台保存"):
        draws.reveal(first.id, secret.hex())
    with spot.as_("gongan-jingban"), pytest.raises(Stale, match="还没有到"):
        draws.settle(first.id)
    spot.later(hours=3)
    assert spot.typed(first, "27183", "27183").state == "drawn"
    second = brought()
    spot.later(hours=3)
    with spot.as_("bangongshi"), pytest.raises(Stale, match="已过"):
        draws.reveal(second.id, secret.hex())
    with spot.as_("gongan-jingban"):
        second = runs.type_value(second.id, "27183")
    assert (
        second.state == "void"
        and "未在截止时间前揭示" in second.void_reason
        and second.draw_id == "2026-0002"
    )
    assert spot.sealed(second.task).draw_id == "2026-0003"
    assert draws.void_counts(2026) == {"police": 1}


def test_kept_secrets_stay_sealed_until_the_deadline(spot: Stage, as_person) -> None:
    spot.ready()
    draw = spot.announced(spot.sealed(spot.task()))
    kept = [party.secret for party in draw.parties]
    body = as_person("gongan-jingban").get(f"/inspections/draws/{draw.id}").get_data(as_text=True)
    assert len(kept) == 2 and not any(secret in body for secret in kept) and body.count("未揭示") >= 2


def test_the_value_is_typed_by_two_people_and_neither_sees_the_others(spot: Stage, as_person) -> None:
    spot.ready()
    draw = spot.announced(spot.sealed(spot.task()))
    with spot.as_("gongan-jingban"), pytest.raises(Stale, match="还没有到"):
        runs.type_value(draw.id, "27183")
    spot.later(minutes=90)
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="之前不能录入"):
        runs.type_value(draw.id, "27183")
    spot.later(hours=1)
    with spot.as_("gongan-jingban"):
        with pytest.raises(Refused, match="不符合公告的格式"):
            runs.type_value(draw.id, "2718")
        runs.type_value(draw.id, " 27184 ")
        with pytest.raises(Refused, match="请另一人录入"):
            runs.type_value(draw.id, "27184")
    assert "27184" not in as_person("gongan-lianluo").get(f"/inspections/draws/{draw.id}").get_data(
        as_text=True
    )
    draw = spot.typed(draw, "27183", by=("gongan-lianluo",))
    assert draw.state == "revealed" and runs.current_attempt(draw) == (2, None)
    draw = spot.typed(draw, "27183", "27183")
    assert draw.state == "drawn"
    assert [row.value for row in PublicValue.select().order_by(PublicValue.id)] == [
        "27184",
        "27183",
        "27183",
        "27183",
    ]


def test_a_typing_error_is_corrected_before_the_first_notice_and_the_old_value_stays(spot: Stage) -> None:
    from plugins.areas.inspections import checks

    spot.ready(200)
    draw = spot.drawn(value="27184")
    first = {thing.object_id for thing in DrawnObject.select()}
    with spot.as_("gongan-jingban"):
        draws.correct(draw.id, "第五位看错")
    draw = spot.typed(Draw.get_by_id(draw.id), "27183", "27183")
    old, new = DrawResult.select().order_by(DrawResult.round)
    assert (old.public_value, old.superseded_at is not None, new.public_value) == ("27184", True, "27183")
    assert (
        verifiable.verify_bundle(runs.bundle_of(old), draw.digest).ok
        and verifiable.verify_bundle(runs.bundle_of(new), draw.digest).ok
    )
    assert {check.object_id for check in checks_of(draw)} != first and len(checks_of(draw)) == 20
    with spot.as_("gongan-jingban"):
        checks.issue_notice(checks_of(draw)[0].id, "王所 85980000")
        with pytest.raises(Refused, match="只能作废后重新编号"):
            draws.correct(draw.id, "又看错")


def test_a_repeat_has_a_new_number_a_reason_and_another_approver_and_the_old_one_stays(spot: Stage) -> None:
    spot.ready()
    draw = spot.drawn()
    with spot.as_("gongan-jingban"):
        with pytest.raises(Stale, match="已有抽取"):
            sealings.seal(draw.task_id)
        with pytest.raises(Refused, match="必须写明原因"):
            draws.ask_void(draw.id, " ")
        draws.ask_void(draw.id, "名录有误")
        with pytest.raises(Refused, match="申请人以外"):
            draws.approve_void(draw.id)
    with spot.as_("bangongshi"):
        draws.approve_void(draw.id)
    again = spot.sealed(draw.task)
    assert (again.draw_id, again.repeats_id) == ("2026-0002", draw.id)
    assert Draw.get_by_id(draw.id).state == "void" and checks_of(draw) == []
    assert spot.announced(again).announce["previous"] == draw.digest


def test_a_draw_with_a_check_carried_out_is_not_voided(spot: Stage) -> None:
    spot.ready()
    draw = spot.drawn()
    spot.carried_out(checks_of(draw)[0])
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="已有对象实施检查"):
        draws.ask_void(draw.id, "想换一批")


@pytest.mark.parametrize(
    "act", [lambda draw: draws.ask_void(draw.id, "x"), lambda draw: draws.correct(draw.id, "x")]
)
def test_another_unit_does_not_touch_the_draw(spot: Stage, act) -> None:
    spot.ready()
    draw = spot.drawn()
    with spot.as_("xiaofang-jingban"), pytest.raises(NotAllowed):
        act(draw)
    with spot.as_("xiaofang-jingban"), pytest.raises(Missing):
        sealings.seal(draw.task_id)


# --- the result is whole or not there -------------------------------------------------------------------------


class PowerCut(Exception):
    """The machine stops at this statement."""


def test_a_cut_at_any_statement_leaves_not_yet_drawn_or_the_one_result(spot: Stage) -> None:
    spot.ready(30)
    draw = _revealed(spot, spot.sealed(spot.task()))
    spot.typed(draw, "27183")
    real, cut, expected = database.obj.execute_sql, 0, None
    while Draw.get_by_id(draw.id).state != "drawn":
        cut += 1
        left = [cut]

        def execute(sql, params=None, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise PowerCut(sql)
            return real(sql, params)

        database.obj.execute_sql = execute
        try:
            with spot.as_("gongan-lianluo"):
                runs.type_value(draw.id, "27183")
        except PowerCut:
            pass
        finally:
            del database.obj.execute_sql
        if Draw.get_by_id(draw.id).state != "drawn":
            assert (
                DrawResult.select().count() == DrawnObject.select().count() == SpotCheck.select().count() == 0
            )
            assert PublicValue.select().count() == 1
    expected = DrawResult.get()
    assert cut > 15 and DrawResult.select().count() == 1 and DrawnObject.select().count() == 3
    assert verifiable.verify_bundle(runs.bundle_of(expected), draw.digest).ok


def test_a_large_library_is_sealed_and_drawn_by_jobs_that_may_run_again(
    spot: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealings, "LARGE", 10)
    spot.ready(30)
    task = spot.task()
    job = spot.sealed(task)
    assert isinstance(job, jobs.Job) and Draw.select().count() == 0
    jobs.work_off()
    jobs.run(job.id)
    draw = Draw.get()
    draw = _revealed(spot, draw)
    draw = spot.typed(draw, "27183", "27183")
    assert draw.state == "valued" and DrawResult.select().count() == 0
    jobs.cancel(jobs.Job.get_by_id(draw.job_id))
    jobs.work_off()
    assert Draw.get().state == "valued"
    with spot.as_("gongan-jingban"):
        draw = runs.restart(draw.id)
        with pytest.raises(Stale, match="正在进行"):
            runs.restart(draw.id)
    jobs.Job.update(state="running").where(
        jobs.Job.id == draw.job_id
    ).execute()  # as a stopped runner leaves it
    jobs.work_off()
    runs.run(draw.id)
    assert Draw.get().state == "drawn" and DrawResult.select().count() == 1
    assert jobs.Job.get_by_id(draw.job_id).state == "done"


@pytest.mark.parametrize("what", ["seal", "value"])
def test_sixteen_clicks_make_one_draw(spot: Stage, app, what: str) -> None:
    spot.ready(30)
    task = spot.task()
    draw = None
    if what == "value":
        draw = _revealed(spot, spot.sealed(task))
        spot.typed(draw, "27183")
    start, outcomes = threading.Barrier(16), []

    def click() -> None:
        with app.app_context(), spot.as_("gongan-lianluo"):
            ready_connection()
            start.wait()
            try:
                outcomes.append(sealings.seal(task.id) if draw is None else runs.type_value(draw.id, "27183"))
            except (Stale, Refused) as refusal:
                outcomes.append(refusal)
            finally:
                database.close()

    threads = [threading.Thread(target=contextvars.Context().run, args=(click,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 16 and sum(isinstance(one, Draw) for one in outcomes) == 1
    assert Draw.select().count() == 1 and DrawResult.select().count() == (0 if draw is None else 1)


def test_a_library_file_that_was_changed_stops_the_draw(spot: Stage, tmp_path) -> None:
    spot.ready()
    draw = _revealed(spot, spot.sealed(spot.task()))
    path = next(path for path in (tmp_path / "files").rglob("*") if path.name == draw.library_file.digest)
    rows = json.loads(path.read_bytes())
    rows[0]["w"] = 16
    path.write_text(json.dumps(rows))
    spot.typed(draw, "27183")
    with spot.as_("gongan-lianluo"), pytest.raises(Missing, match="摘要不符"):
        runs.type_value(draw.id, "27183")
    assert DrawResult.select().count() == 0


# --- replacing an inspector -----------------------------------------------------------------------------------


def test_the_next_of_the_objects_own_order_takes_the_place(spot: Stage) -> None:
    spot.ready(people=5)
    draw = spot.drawn()
    check = checks_of(draw)[0]
    seed = verifiable.draw_seed(draw.announce, runs.draws.reveals_of(draw), "27183")
    people = [row["id"] for row in draw.inspectors]
    order = sorted(
        people, key=lambda key: hashlib.new("sm3", _parts("insp/1", seed, check.object_id, key)).digest()
    )
    first = check.members.order_by(CheckMember.id).first()
    with spot.as_("gongan-jingban"):
        made = replacements.replace(first.id, "近亲属是经营者")
        with pytest.raises(Stale, match="已被更换"):
            replacements.replace(first.id, "再换")
        with pytest.raises(Refused, match="必须写明原因"):
            replacements.replace(made.id, "")
    serving = {member.inspector.key for member in check.members}
    assert made.inspector.key == next(
        key
        for key in order[order.index(first.inspector.key) :] + order
        if key not in serving - {made.inspector.key}
    )
    assert (made.replaces_id, CheckMember.get_by_id(first.id).left_reason) == (first.id, "近亲属是经营者")


def _parts(*parts: object) -> bytes:
    raw = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in raw)


def test_nobody_is_left_to_take_the_place(spot: Stage) -> None:
    spot.ready(people=2)
    member = CheckMember.select().where(CheckMember.check_ref == checks_of(spot.drawn())[0]).first()
    with spot.as_("gongan-jingban"), pytest.raises(Refused, match="没有可以替换"):
        replacements.replace(member.id, "请假")


def test_the_steps_stand_in_the_audit_log(spot: Stage) -> None:
    spot.ready()
    draw = spot.drawn()
    entries = audit.history("draw", draw.id)
    assert [entry.action for entry, _ in entries][::-1] == [
        "编制抽取公告",
        "发布抽取公告",
        "公开全部揭示值",
        "录入公开数",
        "录入公开数",
        "抽取",
    ]
    assert any(draw.digest in entry.note for entry, _ in entries)


def test_the_digest_reaches_every_unit_and_the_deadline_is_kept_by_the_daily_work(spot: Stage) -> None:
    spot.ready()
    draw = spot.announced(spot.sealed(spot.task()))
    told = {notice.user.account for notice in notices.Notice.select() if draw.digest in notice.text}
    assert told == {"gongan-lianluo", "shichang-lianluo", "xiaofang-lianluo"}
    core_hooks.daily()
    assert Draw.get().state == "announced"
    spot.later(hours=1)
    core_hooks.daily()
    core_hooks.daily()
    assert Draw.get().state == "revealed"


def test_an_object_that_fell_out_says_why(spot: Stage) -> None:
    spot.ready()
    first = spot.drawn()
    SpotCheck.update(checked_on=clock.today()).execute()
    ItemVersion.update(yearly_cap=1).execute()
    seen = spot.sealed(spot.task(name="再查旅馆")).differences
    drawn = {row.object_id for row in DrawnObject.select().where(DrawnObject.result == runs.current_result(first))}
    assert {row["id"]: row["why"] for row in seen["removed"]} == dict.fromkeys(
        drawn, "今年已被抽查 1 次，年度上限 1 次"
    )


def test_the_page_names_the_next_act_and_two_different_values(spot: Stage, as_person) -> None:
    spot.ready()
    draw = spot.sealed(spot.task())
    address = f"/inspections/draws/{draw.id}"
    assert "请核对与上次封存的差异，确认后发布公告" in text_of(as_person("gongan-jingban").get(address))
    spot.announced(draw)
    page = text_of(as_person("gongan-lianluo").get(address))
    assert "平台保存的值在 2026年9月25日 11:00 自动公开；公开数 2026年9月25日 12:00 产生，之后由两人分别录入" in page
    assert "五位数字（如排列5） [0-9]{5}" in page
    spot.later(hours=3)
    first, second = as_person("gongan-jingban"), as_person("gongan-lianluo")
    answer = first.submit(address, f"{address}/value", value="27183")
    assert "已录入，请另一人独立录入同一公开数" in text_of(answer)
    answer = second.submit(address, f"{address}/value", value="27184")
    assert "两人录入的公开数不一致，都已留存；请两人对照来源重新录入" in text_of(answer)
    assert "此前 1 次两人录入的公开数不一致" in text_of(answer)
    first.submit(address, f"{address}/value", value="27183")
    answer = second.submit(address, f"{address}/value", value="27183")
    assert "两人录入一致，已抽取" in text_of(answer) and "已从 20 个对象中抽取 2 个" in text_of(answer)
