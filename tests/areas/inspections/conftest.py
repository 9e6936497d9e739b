"""The stage of spot checks for each test."""

import pytest
from spot_stage import Stage


@pytest.fixture
def spot(people, hand) -> Stage:
    """The people of spot checks, the clock in hand."""
    return Stage(people, hand)
