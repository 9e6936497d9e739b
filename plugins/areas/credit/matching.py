"""The joint sanction check as sets: a staged list is matched and joined with the records in a few statements.

The list lies in ``credit_checked_party``; no statement runs once for each row, so fifty thousand rows cost what the
bare join costs plus their writing. Every statement is plain SQL that both databases run.
"""

from __future__ import annotations

from plugins.areas.credit import record_rules
from plugins.areas.credit.check_models import (
    BY_CODE,
    BY_FORMER_CODE,
    BY_FORMER_NAME,
    BY_NAME,
    NOT_FOUND,
    SAME_NAMES,
    SanctionCheck,
)
from portal.toolkit import database, is_postgresql

_BY_CODE = """
UPDATE credit_checked_party SET match = %s, subject_id = (
    SELECT s.id FROM subject s WHERE s.credit_code = credit_checked_party.code
    UNION ALL SELECT s.id FROM subject s WHERE s.registration_number = credit_checked_party.code LIMIT 1)
WHERE check_id = %s AND code <> '' AND match = %s AND (
    EXISTS (SELECT 1 FROM subject s WHERE s.credit_code = credit_checked_party.code)
    OR EXISTS (SELECT 1 FROM subject s WHERE s.registration_number = credit_checked_party.code))
"""

_BY_FORMER_CODE = """
UPDATE credit_checked_party SET match = %s, subject_id = (
    SELECT f.subject_id FROM credit_former_code f WHERE f.code = credit_checked_party.code ORDER BY f.id DESC LIMIT 1)
WHERE check_id = %s AND code <> '' AND match = %s
  AND EXISTS (SELECT 1 FROM credit_former_code f WHERE f.code = credit_checked_party.code)
"""

#: One subject of that name, now or formerly; two of one name are not guessed between.
_BY_NAME = """
UPDATE credit_checked_party SET
    match = CASE (SELECT COUNT(DISTINCT n.subject_id) FROM subject_name n WHERE n.name_key = credit_checked_party.name_key)
        WHEN 1 THEN %s ELSE %s END,
    subject_id = CASE (SELECT COUNT(DISTINCT n.subject_id) FROM subject_name n WHERE n.name_key = credit_checked_party.name_key)
        WHEN 1 THEN (SELECT MIN(n.subject_id) FROM subject_name n WHERE n.name_key = credit_checked_party.name_key) END
WHERE check_id = %s AND code = '' AND name_key <> '' AND match = %s
  AND EXISTS (SELECT 1 FROM subject_name n WHERE n.name_key = credit_checked_party.name_key)
"""

_FORMER = """
UPDATE credit_checked_party SET match = %s
WHERE check_id = %s AND match = %s
  AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.id = credit_checked_party.subject_id AND s.name_key = credit_checked_party.name_key)
"""

_OTHER_NAME = """
UPDATE credit_checked_party SET note = %s
WHERE check_id = %s AND code <> '' AND name_key <> '' AND subject_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM subject_name n
      WHERE n.subject_id = credit_checked_party.subject_id AND n.name_key = credit_checked_party.name_key)
"""

_IN_FORCE = "r.state = %s AND r.force_until >= %s AND r.decided_on <= %s"

_RECORDS_OF_SUBJECTS = f"""
INSERT INTO credit_checked_record (party_id, record_id)
SELECT p.id, r.id FROM credit_checked_party p JOIN dishonesty_record r ON r.subject_id = p.subject_id
WHERE p.check_id = %s AND {_IN_FORCE}
"""

#: Parties outside the zone's register have records under their code alone.
_RECORDS_OF_CODES = f"""
INSERT INTO credit_checked_record (party_id, record_id)
SELECT p.id, r.id FROM credit_checked_party p JOIN dishonesty_record r ON r.party_code = p.code AND r.subject_id IS NULL
WHERE p.check_id = %s AND p.code <> '' AND p.subject_id IS NULL AND {_IN_FORCE}
"""

#: An organisation without a subject that was asked by its full name; a person's name alone proves nothing.
_RECORDS_OF_NAMES = f"""
INSERT INTO credit_checked_record (party_id, record_id)
SELECT p.id, r.id FROM credit_checked_party p
JOIN dishonesty_record r ON r.party_name_key = p.name_key AND r.subject_id IS NULL
WHERE p.check_id = %s AND p.code = '' AND p.name_key <> '' AND p.subject_id IS NULL AND p.match = %s
  AND r.party_kind <> %s AND {_IN_FORCE}
"""

_PERSONS = f"""
UPDATE credit_checked_party SET note = %s
WHERE check_id = %s AND code = '' AND name_key <> '' AND EXISTS (
    SELECT 1 FROM dishonesty_record r WHERE r.party_name_key = credit_checked_party.name_key AND r.party_kind = %s AND {_IN_FORCE})
"""

OTHER_NAME_NOTE = "代码与名称不符：以代码为准，请核对名称"
PERSON_NOTE = "有同名自然人的有效记录，姓名相同不等于同一人，请凭身份证件向决定单位核实"


def _run(statement: str, *values: object) -> int:
    text = statement if is_postgresql() else statement.replace("%s", "?")
    return database.execute_sql(text, values).rowcount


def match_parties(check: SanctionCheck) -> None:
    """Take each staged party for the one subject that has its code, former code, name or former name; never for a like one."""
    _run(_BY_CODE, BY_CODE, check.id, NOT_FOUND)
    _run(_BY_FORMER_CODE, BY_FORMER_CODE, check.id, NOT_FOUND)
    _run(_BY_NAME, BY_NAME, SAME_NAMES, check.id, NOT_FOUND)
    _run(_FORMER, BY_FORMER_NAME, check.id, BY_NAME)
    _run(_OTHER_NAME, OTHER_NAME_NOTE, check.id)


def find_records(check: SanctionCheck) -> int:
    """Join the matched parties with the records in force on the check's day; returns how many pairs there are."""
    force = (record_rules.ACTIVE, check.day, check.day)
    found = _run(_RECORDS_OF_SUBJECTS, check.id, *force)
    found += _run(_RECORDS_OF_CODES, check.id, *force)
    found += _run(_RECORDS_OF_NAMES, check.id, NOT_FOUND, record_rules.PERSON, *force)
    _run(_PERSONS, PERSON_NOTE, check.id, record_rules.PERSON, *force)
    return found
