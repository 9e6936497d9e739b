"""A list of 50,000 checked against 1,000,000 records, beside the bare SQL join over the same staged list.

The whole check reads the pasted text, stages it, matches codes, former codes, names and former names, finds the
records in force, counts and digests the answer, and writes its audit entry. The bare join is what no check can go
below: one statement from a staged list by code to the records in force.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from stdnum.cn import uscc

from plugins.areas.credit import check_lists, checks
from plugins.areas.credit.check_models import SanctionCheck
from portal import app as application
from portal import audit, clock, files, jobs
from portal.database import database, ready_connection, transaction
from portal.subjects import name_key

SUBJECTS, RECORDS, LISTED, SEED = 200_000, 1_000_000, 50_000, 20260925
DAY = date(2026, 9, 25)
_RECORD = (
    "INSERT INTO dishonesty_record (kind, category, unit, subject_id, party_kind, party_name, party_name_key, party_code, "
    "id_number, party_key, representative, representative_title, document_name, document_number, document_key, decided_on, "
    "act_kind, facts, basis, penalty_kinds, content, licence, field, measures, simple_procedure, severity, sector_rule, track, "
    "note, source, state, force_until, publicity, publicity_reason, disputed, version, entered_on, entered_at, entered_by) "
    "VALUES ('penalty', '', 'police', ?, 'organisation', ?, ?, ?, '', ?, '', '', '', ?, ?, ?, '占道经营', '', '条例', '[\"罚款\"]', "
    "'罚款', '', '市容环卫', '[\"CG01\"]', 0, '', '', 'credit', '', '表单', ?, ?, 'published', '', 0, 1, '2026-01-05', "
    "'2026-01-05 09:00:00.000000+08:00', '某')"
)


def code_of(number: int) -> str:
    """A valid code for each number."""
    body = f"91320691MA{number:07d}"
    return body + uscc.calc_check_digit(body)


def fill() -> None:
    """Subjects with one former name in ten, and five records each, one in five of them in force."""
    source = random.Random(SEED)
    names = [f"南通第{number}号贸易有限公司" for number in range(1, SUBJECTS + 1)]
    connection = database.connection()
    with transaction():
        connection.executemany(
            "INSERT INTO subject (id, credit_code, name, name_key, category, kind, representative, approved, registrar, address, street, "
            "industry, scope, state, classification, turned_from, version, entered_at) VALUES (?, ?, ?, ?, '企业', '', '', '2020-01-01', "
            "'', '', '', '', '', '存续', '', '', 1, '2026-01-01 09:00:00.000000+08:00')",
            ((n, code_of(n), name, name_key(name)) for n, name in enumerate(names, 1)),
        )
        rows = ((n, name, name_key(name)) for n, name in enumerate(names, 1))
        connection.executemany(
            "INSERT INTO subject_name (subject_id, name, name_key, since) VALUES (?, ?, ?, '2020-01-01')",
            rows,
        )
        former = ((n, f"旧名{n}", f"旧名{n}") for n in range(10, SUBJECTS + 1, 10))
        connection.executemany(
            "INSERT INTO subject_name (subject_id, name, name_key, since) VALUES (?, ?, ?, '2010-01-01')",
            former,
        )
        connection.executemany(_RECORD, (_record(n, source, names) for n in range(RECORDS)))
    database.execute_sql("ANALYZE")


def _record(number: int, source: random.Random, names: list[str]) -> tuple:
    subject = source.randrange(SUBJECTS) + 1
    decided = date(2020, 1, 1) + timedelta(days=source.randrange(2400))
    state = "active" if source.random() < 0.9 else "repaired"
    until = DAY + timedelta(days=source.randrange(-1500, 400))
    name = names[subject - 1]
    number_text = f"罚{number}号"
    return (
        subject,
        name,
        name_key(name),
        code_of(subject),
        code_of(subject),
        number_text,
        number_text,
        decided,
        state,
        until,
    )


def the_list() -> str:
    """45,000 codes, 2,500 names, 1,500 former names, 1,000 of nobody, shuffled."""
    source = random.Random(SEED + 1)
    chosen = source.sample(range(1, SUBJECTS + 1), 48_000)
    lines = [code_of(n) for n in chosen[:45_000]] + [
        f"南通第{n}号贸易有限公司" for n in chosen[45_000:47_500]
    ]
    lines += [f"旧名{n}" for n in source.sample(range(10, SUBJECTS + 1, 10), 1_500)] + [
        f"查无此人{n}" for n in range(1_000)
    ]
    source.shuffle(lines)
    return "\n".join(lines)


def bare_join(text: str) -> tuple[float, int]:
    """Seconds and pairs of the statement alone, over a staged list of the same parties' codes (staging not counted)."""
    database.execute_sql("CREATE TEMP TABLE staged (code TEXT)")
    numbers = (re.search(r"^(?:南通第|旧名)(\d+)", line) for line in text.splitlines())
    codes = [
        (code_of(int(named[1])) if named else line,)
        for named, line in zip(numbers, text.splitlines(), strict=True)
    ]
    database.connection().executemany("INSERT INTO staged VALUES (?)", codes)
    start = time.perf_counter()
    rows = database.execute_sql(
        "SELECT l.rowid, r.id FROM staged l JOIN subject s ON s.credit_code = l.code JOIN dishonesty_record r ON r.subject_id = s.id "
        "WHERE r.state = 'active' AND r.force_until >= ? AND r.decided_on <= ?",
        (DAY, DAY),
    ).fetchall()
    return time.perf_counter() - start, len(rows)


def whole_check(text: str) -> tuple[float, SanctionCheck]:
    """Seconds from the pasted text to the answered check."""
    start = time.perf_counter()
    with transaction():
        check = checks.check_list(
            files.store(check_lists.as_stream(text), "名单.txt"), unit="police", purpose="procurement"
        )
    jobs.work_off()
    return time.perf_counter() - start, SanctionCheck.get_by_id(check.id)


def main() -> None:
    """Prints the rows: ratio first."""
    with tempfile.TemporaryDirectory() as folder, clock.using(clock.HandClock(clock.at(DAY, 10))):
        made = application.create_app(
            {
                "DATA_DIR": folder,
                "DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.db'}",
                "SECRET_KEY": "bench",
            },
            ready=False,
        )
        with made.app_context():
            ready_connection()
            application.migrate(made)
            audit.act_as(audit.Actor(name="测速"))
            fill()
            text = the_list()
            join, pairs = bare_join(text)
            whole, check = whole_check(text)
            database.close()
    if pairs != check.hits:
        raise SystemExit(f"the check found {check.hits} pairs, the join {pairs}")
    print(f"ratio {whole / join:.1f} (whole check / bare join)")
    print(
        f"bare join {join:.3f} s, {pairs:,} pairs; whole check {whole:.3f} s, {check.parties:,} parties, {check.hits:,} pairs"
    )
    print(
        f"{check.parties / whole:,.0f} parties a second against {RECORDS:,} records of {SUBJECTS:,} subjects"
    )


if __name__ == "__main__":
    main()
