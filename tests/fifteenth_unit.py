"""Run by test_plugging in a process of its own, where a fifteenth unit is installed as a package."""

import sys
from datetime import date
from pathlib import Path

from portal import app as application
from portal import audit, clock, official_calendar, scores, units
from portal.database import ready_connection, transaction
from portal.plugging import registry
from portal.refusals import Refused
from portal.workdays import Quarter

clock.use(clock.HandClock(clock.parse("2026-09-25T10:00")))
folder = Path(sys.argv[1])
given = {"TESTING": True, "SECRET_KEY": "x", "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/portal.db"}
app = application.create_app(given, ready=False)
with app.app_context():
    ready_connection()
    application.migrate(app)
    official_calendar.seed()
    with transaction():
        for unit in registry().units[:14]:
            units.found(unit.key, date(2026, 1, 1), "实施办法 附件1")
    tax = registry().by_key["tax"]
    print(len(registry().units), tax.name, tax.permit_items[0].code, tax.check_items[0].number)
    with audit.acting(audit.Actor(name="办公室")):
        request = units.ask("tax", True, date(2026, 9, 1), "增补")
        try:
            units.answer(request.id, True)
        except Refused as refusal:
            print(f"申请须有联席会议决定：{refusal}")
        units.answer(request.id, True, basis="开发区市场监管联席会议纪要〔2026〕3号")
        board = scores.board(Quarter(2026, 3))
        lines = board.row("tax").score.lines
        print(f"第 {len(board.rows)} 个得分单位：{board.row('tax').unit.name}，权重合计 {sum(line.weight for line in lines)}")
        gone = units.ask("tax", False, date(2026, 9, 25), "撤出")
        units.answer(gone.id, True)
        left = scores.board(Quarter(2026, 3))
        kept = units.UnitRequest.select().where(units.UnitRequest.unit == "tax").count()
        print(f"停用后得分单位 {len(left.rows)} 个，记录仍在：{kept} 条")
