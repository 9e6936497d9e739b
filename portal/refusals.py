"""What the portal says no with: every expected refusal carries a Chinese sentence for the person."""

from __future__ import annotations


class Refused(Exception):
    """An act that the rules forbid or a value that they refuse; ``fields`` maps a form field to its own sentence."""

    status = 422

    def __init__(self, text: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.fields = fields or {}

    def beside(self, otherwise: str | None = None) -> dict[str | None, str]:
        """What a form shows, {field: sentence}: where one field is refused, the whole sentence, which names field, value
        and rule also at the head of the page; without a field the sentence stands at ``otherwise``."""
        if len(self.fields) == 1:
            return dict.fromkeys(self.fields, str(self))
        return dict(self.fields) or {otherwise: str(self)}


class NotAllowed(Refused):
    """The person's roles do not allow the act."""

    status = 403


class Missing(Refused):
    """No such record, or none that this person may see: the two answers are the same."""

    status = 404


class Stale(Refused):
    """Somebody else changed the record since the form was shown; nothing was overwritten."""

    status = 409
