"""Document numbers: officers who issue at the same moment get different numbers, and none is left out."""

from __future__ import annotations

import threading

from plugins.areas.meetings import papers
from portal.database import database, ready_connection, transaction


def test_numbers_given_at_once_differ_and_leave_no_gap(app):
    given: list[int] = []
    failed: list[BaseException] = []

    def issue(place: int) -> None:
        ready_connection()
        try:
            with transaction():
                number = papers.next_number("minutes", 2026)
                if place % 3 == 0:
                    raise LookupError("the act fails after its number was given")
                given.append(number)
        except LookupError:
            pass
        except BaseException as error:
            failed.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=issue, args=(place,)) for place in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(given) == list(range(1, 9))
