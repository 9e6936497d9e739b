"""The demonstration's later steps: permits and their ends, unreachable subjects, unlicensed trading, lists, corrections."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

from portal.toolkit import Subject, clock, quarter_lists, registry, units

from . import catalogue, linkage, permit_rules, permits, proposals, unlicensed, unreachable
from .case_models import Unreachable
from .models import Claim
from .permit_models import Decision, LinkedMeasure, Permit

_PLACES = (
    "星湖大道夜市",
    "新开街道农贸市场北门",
    "竹行街道安置小区12幢",
    "小海街道老街",
    "通盛大道沿街",
    "老洪港景区停车场",
)
_LEADS = (
    ("no_permit", "SP01", "小吃店无证制售热食"), ("neither", "GA01", "出租房日租经营住宿"), ("no_permit", "GA01", "公寓无证经营旅馆"),
    ("no_permit", "XF01", "健身房未经消防检查开业"), ("no_permit", "JT02", "无证从事道路货运"), ("no_licence", "", "有证未办营业执照经营小超市"),
    ("neither", "JY02", "居民楼内无证办学"), ("no_permit", "WS01", "无证开展口腔诊疗"), ("no_permit", "YJ01", "无证储存危险化学品"),
    ("neither", "JS06", "流动销售瓶装燃气"), ("no_permit", "HB01", "无证收集废机油"), ("no_permit", "RS03", "无证开展劳务派遣"),
)  # fmt: skip


class Cases:
    """Schedules the cases around the daily pushes; shares the part's random source and people."""

    def __init__(self, part: Any) -> None:
        self.part, self.zone, self.random = part, part.zone, part.random
        self._numbers: dict[str, int] = {}

    def schedule(self) -> None:
        zone, first = self.zone, self.zone.quarter.first
        early = clock.at(date(zone.quarter.year, 1, 6), 10)
        for unit in registry().units:
            zone.schedule(early, self.part.officer(unit.key), self._stock_permits(unit.key))
        for day in zone.workdays(first, zone.end.date()):
            for chance, act in ((0.25, self._lead), (0.08, self._unreachable), (0.06, self._end_permit)):
                if self.random.random() < chance:
                    zone.schedule(self.part.moment(day), self.part.officer(self.part.registrar), act)
        for unit in registry().units:
            for kind in quarter_lists.kinds_of(unit.key):
                if self.random.random() < zone.diligence(unit.key) - 0.35 and kind == "permits":
                    day = zone.after(quarter_lists.opens_on(zone.quarter), self.random.randint(1, 5))
                    zone.schedule(self.part.moment(day), self.part.officer(unit.key), self._list(unit.key))
        zone.schedule(
            clock.at(quarter_lists.opens_on(zone.quarter), 8),
            None,
            lambda: quarter_lists.open_due(clock.today()),
        )

    def number(self, unit: str, words: str) -> str:
        """The next number of the unit's documents of a sort."""
        key = f"{unit}/{words}"
        self._numbers[key] = self._numbers.get(key, 0) + 1
        return f"{units.unit(unit).short_name}{words}〔{clock.today().year}〕{self._numbers[key]}号"

    def _stock_permits(self, unit: str) -> Any:
        def enter() -> None:
            approvers = catalogue.Approvers(clock.today())
            own = [
                item
                for item in catalogue.declared().items
                if item.kind in ("HZ", "QZ") and approvers.unit_of(item) == unit
            ]
            if not own:
                return
            last = Subject.select(Subject.id).order_by(Subject.id.desc()).scalar() or 0
            for _ in range(max(2, round(14 * self.zone.stock / 3000))):
                item = self.random.choice(own[:6])
                subject = Subject.get_or_none(Subject.id == self.random.randint(1, max(1, last)))
                if subject is not None:
                    decided = clock.today() - timedelta(days=self.random.randrange(30, 1700))
                    self._grant(unit, subject, item.code, decided, "", 1825)

        return enter

    def _grant(self, unit: str, subject: Subject, code: str, decided: date, document: str, days: int) -> None:
        item = catalogue.item(code)
        fields = permits.Fields(
            item=code, number=self.number(unit, "证"), document=document or self.number(unit, "许"), decided_on=decided,
            certificate=item.name.split("（")[0][:40], document_name="准予行政许可决定书", valid_from=decided,
            valid_until=decided + timedelta(days=days), content=item.name,
        )  # fmt: skip
        permits.grant(unit, subject, fields)

    def granted(self, claim: Claim) -> None:
        """After a claim was answered with a granted permit: mostly the permit follows within its days, sometimes late."""
        decision = permits.waiting_decision(claim)
        if decision is None:
            return
        diligence = self.zone.diligence(claim.unit)
        if self.random.random() > diligence + 0.1:
            return
        wait = self.random.randint(9, 15) if self.random.random() > diligence else self.random.randint(0, 4)
        moment = (
            self.part.moment(self.zone.after(clock.today(), wait))
            if wait
            else clock.now() + timedelta(minutes=25)
        )
        self.zone.schedule(moment, self.part.officer(claim.unit), lambda: self._enter(decision.id))

    def _enter(self, decision_id: int) -> None:
        decision = Decision.get_by_id(decision_id)
        if decision.permit_id is None and decision.subject.state == "存续":
            self._grant(
                decision.unit, decision.subject, decision.item, decision.decided_on, decision.document, 1825
            )

    def _end_permit(self) -> None:
        live = list(Permit.select(Permit.id).where(Permit.state == "live").order_by(Permit.id).tuples())
        if live:
            permit = Permit.get_by_id(self.random.choice(live)[0])
            self.zone.schedule(
                clock.now() + timedelta(minutes=7),
                self.part.officer(permit.unit),
                lambda: self._end(permit.id),
            )

    def _end(self, permit_id: int, reason: str = "") -> None:
        permit = Permit.get_by_id(permit_id)
        if permit.state != "live":
            return
        kind = "cancel" if reason else self.random.choice(permit_rules.ENDINGS)
        words = (
            reason
            or {
                "cancel": "持证人申请注销",
                "annul": "以隐瞒手段取得许可",
                "withdraw": "许可依据的情况变化",
                "revoke": "情节严重的违法行为",
            }[kind]
        )
        permits.end(
            permit,
            permit.version,
            kind,
            self.number(permit.unit, permit_rules.DECISIONS[kind] + "决"),
            clock.today(),
            words,
        )
        measure = LinkedMeasure.get_or_none(
            (LinkedMeasure.permit == permit) & (LinkedMeasure.state == "open")
        )
        if measure is not None and self.random.random() < 0.8:
            holder = units.holder("linked_measures").key
            person = self.part.officer(holder)
            moment = self.part.moment(self.zone.after(clock.today(), self.random.randint(1, 8)))
            self.zone.schedule(moment, person, lambda: self._measure(person, measure.id))

    def _measure(self, person: Any, measure_id: int) -> None:
        measure = self.random.choice(("warning", "order", "none"))
        reason = {
            "warning": "列入重点关注",
            "order": "责令三十日内办理经营范围变更",
            "none": "已停止相关经营，范围不再涉及",
        }[measure]
        linkage.take_measure(person, measure_id, measure, reason)

    def subject_ended(self, subject: Subject) -> None:
        """A subject was cancelled: most holders cancel its permits in time."""
        for permit in Permit.select().where((Permit.subject == subject) & (Permit.state == "live")):
            if self.random.random() < self.zone.diligence(permit.unit):
                moment = self.part.moment(self.zone.after(clock.today(), self.random.randint(1, 9)))
                self.zone.schedule(
                    moment, self.part.officer(permit.unit), lambda n=permit.id: self._end(n, "主体已注销")
                )

    def _lead(self) -> None:
        finders = [unit.key for unit in registry().units if "unlicensed" in unit.duties]
        finder = self.random.choice(finders)
        self.zone.schedule(
            clock.now() + timedelta(minutes=11), self.part.officer(finder), lambda: self._enter_lead(finder)
        )

    def _enter_lead(self, finder: str) -> None:
        kind, code, activity = self.random.choice(
            [lead for lead in _LEADS if not lead[1] or catalogue.item(lead[1])]
        )
        source = self.random.choice(("check", "check", "report", "superior", "referred"))
        case = unlicensed.enter(
            finder,
            unlicensed.Lead(
                kind=kind, source=source, person=self.random.choice("王李张刘陈杨") + self.random.choice(("某", "某某")) + "经营点",
                place=self.random.choice(_PLACES), activity=activity, found_on=clock.today(), item=code,
                reporter_name="周先生" if source == "report" else "", reporter_phone="139****0000" if source == "report" else "",
            ),
        )  # fmt: skip
        diligence = self.zone.diligence(case.unit)
        if self.random.random() < diligence:
            guided = self.part.moment(self.zone.after(clock.today(), self.random.randint(1, 5)))
            self.zone.schedule(guided, self.part.officer(case.unit), lambda: self._guide(case.id, case.unit))
            closed = self.part.moment(self.zone.after(clock.today(), self.random.randint(7, 24)))
            self.zone.schedule(closed, self.part.officer(case.unit), lambda: self._close(case.id, case.unit))

    def _guide(self, case_id: int, unit: str) -> None:
        if self.random.random() < 0.12 and unit != "fire" and units.is_enabled("fire"):
            unlicensed.refer(unit, case_id, "fire", "涉及消防安全，移送处理")
            moment = self.part.moment(self.zone.after(clock.today(), self.random.randint(1, 6)))
            accept = self.random.random() < 0.7
            self.zone.schedule(
                moment,
                self.part.officer("fire"),
                lambda: unlicensed.answer_referral("fire", case_id, accept, "" if accept else "不涉及消防"),
            )
        else:
            unlicensed.guide(unit, case_id, clock.today(), "上门告知办证条件和材料，责令期间停止经营")

    def _close(self, case_id: int, unit: str) -> None:
        case = unlicensed.UnlicensedCase.get_by_id(case_id)
        if case.state != "open" or case.unit != unit:
            return
        if self.random.random() < 0.08:
            unlicensed.screen(unit, case_id, "labour", "个人便民劳务，无须许可")
            return
        outcome = self.random.choice(("licensed", "stopped", "stopped", "penalty"))
        document = self.number(unit, "罚") if outcome == "penalty" else ""
        unlicensed.close(unit, case_id, outcome, clock.today(), document, "经复查属实，已按程序处理")

    def _unreachable(self) -> None:
        subject = self.part.standing()
        finder = self.random.choice([unit.key for unit in registry().units if unit.check_fields])
        if subject is not None:
            self.zone.schedule(
                clock.now() + timedelta(minutes=13),
                self.part.officer(finder),
                lambda: self._report(finder, subject.id),
            )

    def _report(self, finder: str, subject_id: int) -> None:
        subject = Subject.get_by_id(subject_id)
        if subject.state != "存续" or Unreachable.select().where(Unreachable.subject == subject).exists():
            return
        made = unreachable.report(
            finder, subject, clock.today(), "两次上门均大门紧锁，登记电话停机，邻居称已搬离"
        )
        verifier = units.holder("abnormal_list").key
        person = self.part.officer(verifier)
        if self.random.random() < self.zone.diligence(verifier):
            moment = self.part.moment(self.zone.after(clock.today(), self.random.randint(4, 24)))
            self.zone.schedule(moment, person, lambda: self._verify(person, made.id))

    def _verify(self, person: Any, report_id: int) -> None:
        if self.random.random() < 0.7:
            unreachable.verify(
                person, report_id, "listed", "经实地核查和邮寄专用信函，查实无法联系", clock.today()
            )
            unreachable.publish(person, report_id, clock.today())
        else:
            unreachable.verify(
                person, report_id, "found", "已电话联系，主体已迁到园区另一幢并申请变更", clock.today()
            )

    def _list(self, unit: str) -> Any:
        def send() -> None:
            quarter = self.zone.quarter
            held = [
                d
                for d in Decision.select().where(
                    (Decision.unit == unit) & Decision.decided_on.between(quarter.first, clock.today())
                )
            ]
            lines = ["行政相对人名称,统一社会信用代码,决定文书号,决定日期"]
            lines += [
                f"{d.subject.name},{d.subject.credit_code or ''},{d.document},{d.decided_on}"
                for d in held
                if self.random.random() < 0.95
            ]
            missed = self.part.standing()
            if missed is not None and self.random.random() < 0.6:
                lines.append(
                    f"{missed.name},{missed.credit_code or ''},{self.number(unit, '许补')},{quarter.first + timedelta(days=20)}"
                )
            if len(lines) == 1:
                quarter_lists.send_nil(unit, quarter, "permits")
            else:
                quarter_lists.send(
                    unit,
                    quarter,
                    "permits",
                    io.BytesIO("\n".join(lines).encode()),
                    f"{quarter}-行政许可清单.csv",
                )

        return send


def correct(random: Any, push: Any) -> bool:
    """Now and then the registrar sees a word that the catalogue lacks and proposes it."""
    ordinary = push.reading["class"] == "非许可" and random.random() < 0.02
    if ordinary:
        word = push.scope.split("：")[-1].split("；")[0].split("（")[0].split("、")[0][:20]
        return (
            len(word) >= 2
            and proposals.propose(
                "SP01", "keyword", word, "窗口反映该表述实际涉及食品经营，请核", push=push.id
            )
            is not None
        )
    return False
