"""The approval bureau (行政审批局): it registers and pushes subjects, and supervises no field."""

from pathlib import Path

from portal.toolkit import Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent


@hookimpl
def register_unit() -> Unit:
    """Declare 行政审批局 as row 11 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=11,
        name="行政审批局",
        short_name="审批局",
        credit_code="11320600000000115D",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "other_dishonesty"}),
        permit_items=read_permit_items(FOLDER),
        check_items=read_check_items(FOLDER),
        functions=frozenset({"registrar"}),
    )
