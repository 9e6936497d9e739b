"""What the reader needs of a permit item; ``portal.declarations.PermitItem`` has it, and so has any row like it."""

from __future__ import annotations

from typing import Protocol


class CatalogueItem(Protocol):
    """A row of the permit catalogue (areas.md 1.2); a protocol, so that reading a scope imports nothing of the portal."""

    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def match(self) -> str: ...
    @property
    def supervising_unit(self) -> str: ...
    @property
    def keywords(self) -> tuple[str, ...]: ...
    @property
    def exclusions(self) -> tuple[str, ...]: ...
