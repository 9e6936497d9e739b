"""The area's part of the demonstration: seats, four meetings, issued minutes, materials late and missing, an urge."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from portal.toolkit import clock, jobs, registry, units

from . import (
    attendance,
    consultation,
    decisions,
    demo_texts,
    drafting,
    issuing,
    letters,
    materials,
    meetings,
    papers,
    rules,
    seats,
)
from .models import Attendee, MaterialDue, Minutes, Opinion, Paper

PDF = b"%PDF-1.4\n% demonstration\n"


def schedule(zone: Any) -> None:
    """Schedule the joint meeting's quarter as acts of its people, by the functions that the pages call."""
    _Stage(zone).schedule()


class _Upload:
    """The scanned sheet as a form would send it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content


class _Stage:
    """The quarter's days, the people, and the acts on them."""

    def __init__(self, zone: Any) -> None:
        self.zone, self.rng = zone, random.Random(f"{zone.seed}/meetings")
        self.office = next(people[0] for (_, role), people in zone.people.items() if role == "office")
        self.convenor = zone.people[("", "convenor")][0]
        self.keys = [unit.key for unit in registry().units]
        self.lazy = min(self.keys, key=zone.diligence)

    def at(self, day: date, hour: int, minute: int, who: Any, act: Callable[[], Any]) -> None:
        self.zone.schedule(clock.at(day, hour, minute), who, act)

    def workday(self, month: int, day: int) -> date:
        """The first working day from that day of the quarter's ``month`` (0 to 2) on."""
        first = self.zone.quarter.first
        wanted = date(first.year, first.month + month, day)
        return self.zone.workdays(wanted, wanted + timedelta(days=12))[0]

    def schedule(self) -> None:
        self._seats(
            self.zone.workdays(date(self.zone.quarter.year, 1, 5), date(self.zone.quarter.year, 1, 20))[0]
        )
        self._main_meeting()
        self._joint_meeting()
        self._liaison_meeting()
        self._next_meeting()
        self._letters()

    def liaison(self, unit: str) -> Any:
        return self.zone.people[(unit, "liaison")][0]

    def _seats(self, day: date) -> None:
        roster = [("convenor", "", rules.ZONE_COMMITTEE, self.convenor, "党工委委员、管委会副主任")]
        roster += [
            ("deputy_convenor", "", seats.ZONE_BODY, person, "副召集人")
            for person in seats_people(self.zone, "deputy_convenor")
        ]
        for unit in registry().units:
            roster.append(
                ("member", unit.key, unit.name, self.zone.people[(unit.key, "head")][0], "分管负责人")
            )
            roster.append(("liaison", unit.key, unit.name, self.liaison(unit.key), "联络员"))

        def found() -> None:
            for role, unit, body, person, position in roster:
                values = {
                    "role": role, "unit": unit, "body": body, "person": person.name, "position": position,
                    "account": person.account, "from_day": day, "reason": "建立联席会议制度", "replaces": None,
                }  # fmt: skip
                seats.answer(seats.propose(self.office, values).id, True, "实施办法附件1名单", "")

        self.at(day, 9, 30, self.office, found)

    def _plan(self, kind: str, day: date, title: str, agenda: str, **more: Any) -> meetings.Plan:
        given = {"place": "管委会三楼会议室", "presider": self.convenor.name, **more}
        return meetings.Plan(kind, title, clock.at(day, 9, 30), agenda=agenda, **given)

    def _convene(
        self, noticed: date, plan: meetings.Plan, drafter: Any, caller: Any, then: Callable[[int], None]
    ) -> None:
        def draft() -> None:
            made = meetings.draft(drafter, plan)

            def call() -> None:
                meetings.convene(caller, made.id)
                _print(("meeting", made.id))

            self.at(noticed, 10, 30, caller, call)
            then(made.id)

        self.at(noticed, 9, 0, drafter, draft)

    def _sheet(self, meeting: int, day: date, absent: set[str], leave: set[str]) -> None:
        def confirm() -> None:
            rows = {}
            for row in Attendee.select().where(Attendee.meeting == meeting).order_by(Attendee.order):
                state = (
                    rules.ABSENT
                    if row.unit in absent
                    else rules.LEAVE
                    if row.unit in leave
                    else rules.PRESENT
                )
                if state == rules.PRESENT and row.unit and self.rng.random() < 0.25:
                    state = rules.PROXY
                person = row.expected or ("区管办人员" if not row.unit else row.body)
                if state == rules.PROXY:
                    person = self.liaison(row.unit).name
                rows[row.id] = (state, person, "外出学习" if state == rules.LEAVE else "")
            attendance.confirm_sheet(self.office, meeting, rows, _Upload(PDF), "签到表.pdf")

        self.at(day, 15, 0, self.office, confirm)

    def _materials(
        self, day: date, due: date, title: str, meeting: int | None = None, open_now: bool = False
    ) -> None:
        def ask() -> None:
            made = materials.ask(self.office, title, demo_texts.MATERIAL, due, self.keys, meeting)
            for row in MaterialDue.select().where(MaterialDue.request == made):
                chance = self.rng.random()
                if row.unit == self.lazy or (open_now and chance < 0.5):
                    continue
                late = chance > 0.55 + 0.4 * self.zone.diligence(row.unit)
                sent = (
                    self.zone.after(due, self.rng.randint(1, 3))
                    if late
                    else max(day, due - timedelta(days=self.rng.randint(0, 3)))
                )
                person = self.liaison(row.unit)
                self.zone.schedule(
                    self.zone.moment(sent, early=11 * 60), person, _sending(person, row.id, title)
                )

        self.at(day, 10, 40, self.office, ask)

    def _main_meeting(self) -> None:
        day, noticed = self.workday(0, 8), self.workday(0, 1)
        plan = self._plan(
            rules.ALL,
            day,
            f"{day.year}年第二次市场监管联席会议",
            demo_texts.AGENDA,
            guests="管委会办公室综合科科长",
        )
        second = sorted(self.keys, key=self.zone.diligence)[1]

        def then(meeting: int) -> None:
            self._materials(noticed, self.zone.after(noticed, 3), "上半年平台应用和双随机工作小结", meeting)
            self._sheet(meeting, day, {self.lazy}, {second})
            self._decide(meeting, day)
            self._minutes(meeting, day)

        self._convene(noticed, plan, self.office, self.convenor, then)

    def _decide(self, meeting: int, day: date) -> None:
        def decide() -> None:
            for unit, text, days, done in demo_texts.DECISIONS:
                if units.unit(unit) is None:
                    continue
                made = decisions.add(self.office, meeting, text, unit, self.zone.after(day, days))
                if done:
                    person = self.liaison(unit)
                    moment = self.zone.moment(self.zone.after(day, days - 2))
                    self.zone.schedule(
                        moment,
                        person,
                        lambda p=person, n=made.id: decisions.finish(
                            p, n, "已按要求完成，情况已报联席会议办公室。"
                        ),
                    )

        self.at(day, 16, 0, self.office, decide)

    def _minutes(self, meeting: int, day: date) -> None:
        """Draft, round of comments with one comment, office, signature, issue: within six working days."""
        after = [self.zone.after(day, number) for number in range(1, 7)]

        def write() -> None:
            minutes = drafting.begin(self.office, meeting)
            text = demo_texts.minutes_text(minutes.meeting, drafting.attendance_lines(minutes.meeting))
            drafting.save(self.office, minutes.id, title=minutes.title, text=text, based_on=1)
            consultation.circulate(self.office, minutes.id, after[3])
            self._answers(minutes.id, after[1], text)
            self.at(after[4], 9, 10, self.office, lambda: _to_signature(self.office, minutes.id))
            self.at(
                after[4],
                15,
                0,
                self.convenor,
                lambda: issuing.sign(self.convenor, minutes.id, 3),
            )
            self.at(after[5], 9, 30, self.office, lambda: self._issue(minutes.id, after[5]))

        self.at(after[0], 14, 0, self.office, write)

    def _answers(self, minutes: int, day: date, text: str) -> None:
        asked = list(Opinion.select().where(Opinion.minutes == minutes).order_by(Opinion.id))
        commenter = next(opinion for opinion in asked if opinion.unit)
        zone_person = self.zone.people[("", "zone_office")][0]
        for opinion in asked:
            person = self.liaison(opinion.unit) if opinion.unit else zone_person
            agrees = opinion.id != commenter.id
            self.zone.schedule(
                self.zone.moment(day), person,
                lambda p=person, o=opinion.id, a=agrees: consultation.say(p, o, a, "" if a else demo_texts.COMMENT),
            )  # fmt: skip

        def settle() -> None:
            drafting.save(
                self.office,
                minutes,
                title=demo_texts.TITLE,
                text=demo_texts.improved(text),
                based_on=2,
                note="采纳意见",
            )
            consultation.settle(self.office, commenter.id, "已采纳，正文已写明时限。")

        self.at(self.zone.after(day, 1), 10, 0, self.office, settle)

    def _issue(self, minutes: int, day: date) -> None:
        issuing.issue(self.office, minutes)
        _print(("minutes", minutes))
        # Without the documents' fonts the PDF waits for them, and nobody has received anything yet.
        if Minutes.get_by_id(minutes).state == "issued":
            self._receipts(minutes, day)

    def _receipts(self, minutes: int, day: date) -> None:
        for unit in self.keys:
            if self.rng.random() < 0.8:
                person = self.liaison(unit)
                moment = self.zone.moment(self.zone.after(day, self.rng.randint(1, 4)))
                self.zone.schedule(
                    moment, person, lambda p=person: papers.confirm_read(p, ("minutes", minutes))
                )

    def _joint_meeting(self) -> None:
        unit = units.by_name("公安分局")
        if unit is None:
            return
        day, noticed, person = self.workday(1, 12), self.workday(1, 6), self.liaison(unit.key)
        chosen = tuple(
            u.key
            for name in ("公安分局", "消防大队", "市场监管局", "社会事业局")
            if (u := units.by_name(name))
        )
        plan = self._plan(
            rules.SOME, day, "网吧跨部门联合抽查工作会议", demo_texts.JOINT_AGENDA, theme="网吧", bodies=chosen, presider=person.name,
            place="公安分局二楼会议室",
        )  # fmt: skip

        def then(meeting: int) -> None:
            self._sheet(meeting, day, set(), set())
            self.at(self.zone.after(day, 2), 10, 0, person, lambda: drafting.begin(person, meeting))

        self._convene(noticed, plan, person, person, then)

    def _liaison_meeting(self) -> None:
        day, noticed = self.workday(2, 17), self.workday(2, 11)
        plan = self._plan(
            rules.LIAISON,
            day,
            "第三季度联络员会议",
            demo_texts.LIAISON_AGENDA,
            bodies=tuple(self.keys),
            presider=self.office.name,
        )

        def then(meeting: int) -> None:
            self._sheet(meeting, day, set(), {self.lazy})

            def write() -> None:
                minutes = drafting.begin(self.office, meeting)
                consultation.circulate(self.office, minutes.id, self.zone.after(day, 7))
                asked = list(
                    Opinion.select()
                    .where((Opinion.minutes == minutes) & (Opinion.unit != ""))
                    .order_by(Opinion.id)
                )
                for place, opinion in enumerate(asked[:9]):
                    person = self.liaison(opinion.unit)
                    self.zone.schedule(
                        self.zone.moment(self.zone.after(day, 3)), person,
                        lambda p=person, o=opinion.id, a=place != 4: consultation.say(p, o, a, "" if a else "建议补充清单的报送格式。"),
                    )  # fmt: skip

            self.at(self.zone.after(day, 2), 10, 0, self.office, write)

        self._convene(noticed, plan, self.office, self.office, then)

    def _next_meeting(self) -> None:
        noticed = self.workday(2, 23)
        day = self.workday(2, 29)
        plan = self._plan(rules.ALL, day, f"{day.year}年第三次市场监管联席会议", demo_texts.NEXT_AGENDA)
        self._convene(
            noticed, plan, self.office, self.convenor,
            lambda meeting: self._materials(noticed, self.zone.after(noticed, 3), "第三季度工作情况", meeting, open_now=True),
        )  # fmt: skip

    def _letters(self) -> None:
        def urge(title: str, text: str, due: date) -> Callable[[], None]:
            return lambda: _print(("urge", letters.urge(self.office, "urge", self.lazy, title, text, due).id))

        first, second = self.workday(1, 25), self.workday(2, 21)
        self.at(
            first,
            10,
            0,
            self.office,
            urge("关于报送上半年工作小结的督办通知", demo_texts.URGE, self.zone.after(first, 5)),
        )
        person = self.liaison(self.lazy)
        self.at(
            self.zone.after(first, 4),
            16,
            0,
            person,
            lambda: letters.answer_urge(person, 1, "已安排专人，工作小结正在补报。", None),
        )
        self.at(
            second,
            10,
            0,
            self.office,
            urge("关于许可认领和反馈的督办通知", demo_texts.URGE_2, self.zone.after(second, 5)),
        )
        day = self.workday(1, 5)

        def report() -> None:
            made = letters.report(self.office, "关于市场监管联席会议工作中重大事项的报告", demo_texts.REPORT)
            _print(("meeting_report", made.id))
            answered = self.zone.after(day, 6)
            self.at(
                answered, 11, 0, self.office,
                lambda: letters.note_answer(self.office, made.id, "同意。请有关部门抓好落实。", answered, None),
            )  # fmt: skip

        self.at(day, 9, 0, self.office, report)


def seats_people(zone: Any, role: str) -> list[Any]:
    """Everybody of the cast with ``role``, whatever the body."""
    return [person for (_, held), people in zone.people.items() if held == role for person in people]


def _sending(person: Any, due: int, title: str) -> Callable[[], None]:
    name = f"{units.unit(person.unit).short_name}{title}.pdf"
    content = PDF + person.unit.encode()
    return lambda: materials.send(person, due, [(name, content)], "")


def _to_signature(office: Any, minutes: int) -> None:
    consultation.submit(office, minutes)
    issuing.ask_signature(office, minutes)


def _print(record: tuple[str, int]) -> None:
    """Make the record's newest paper at once: the demonstration has no runner beside it."""
    paper = (
        Paper.select()
        .where((Paper.record_type == record[0]) & (Paper.record_id == record[1]))
        .order_by(Paper.id.desc())
        .first()
    )
    jobs.run(paper.job_id)
