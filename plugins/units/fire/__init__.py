"""The fire brigade (消防大队): fire safety of the places where people gather."""

from pathlib import Path

from portal.toolkit import CheckField, Unit, hookimpl, read_check_items, read_permit_items

FOLDER = Path(__file__).parent

CHECK_FIELDS = (CheckField("消防"),)


@hookimpl
def register_unit() -> Unit:
    """Declare 消防大队 as row 13 of Annex 2-2 (附件2-2) lists it."""
    return Unit(
        key=FOLDER.name,
        number=13,
        name="消防大队",
        short_name="消防大队",
        credit_code="113206000000001313",
        credit_code_placeholder=True,
        duties=frozenset({"login", "permit", "unlicensed", "penalty", "other_dishonesty"}),
        check_fields=CHECK_FIELDS,
        permit_items=read_permit_items(FOLDER),
        check_items=read_check_items(FOLDER),
    )
