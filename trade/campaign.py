"""A campaign: written, then begun once, then over. Whom it chose never changes after it began."""

from enum import StrEnum
from typing import Final

from trade.machine import Machine


class CampaignState(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    """Letters go out, answers come in, purchases count."""
    OVER = "over"
    DROPPED = "dropped"


class CampaignEvent(StrEnum):
    BEGIN = "begin"
    END = "end"
    DROP = "drop"


CAMPAIGN: Final = Machine[CampaignState, CampaignEvent](
    name="campaign",
    starts=frozenset({CampaignState.DRAFT}),
    ends=frozenset({CampaignState.OVER, CampaignState.DROPPED}),
    table={
        (CampaignState.DRAFT, CampaignEvent.BEGIN): CampaignState.RUNNING,
        (CampaignState.DRAFT, CampaignEvent.DROP): CampaignState.DROPPED,
        (CampaignState.RUNNING, CampaignEvent.END): CampaignState.OVER,
    },
)
