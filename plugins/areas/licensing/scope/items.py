"""What the reader needs of a permit item; ``portal.declarations.PermitItem`` has it all."""

from __future__ import annotations

from typing import Protocol


class CatalogueItem(Protocol):
    """A row of the permit catalogue (areas.md 1.2); a protocol, so reading imports no portal."""

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
