"""A box renews its own certificate over the connection that the present one opens."""

import datetime as dt
from typing import Final

import structlog

from contract.ids import StoreId
from edge.config import UplinkConfig
from edge.sync import papers
from edge.sync.office import Office

LAST_FIFTH: Final = 0.2
"""A certificate with less of its life left was to be renewed long ago: that is said as a warning."""
log = structlog.get_logger(__name__)


async def renew_if_due(office: Office, uplink: UplinkConfig, store: StoreId, now: dt.datetime) -> bool:
    """Whether the box has a new certificate now; the broker sees it at the next connection.

    Raises `OfficeUnreachableError`, `PapersError`, `OSError` or `ValueError`; then the files are as they were.
    """
    if not uplink.cert.exists():
        return False  # a plain line, which is for tests on loopback only
    left = papers.life_left(uplink.cert, now)
    if left < LAST_FIFTH:
        log.warning("certificate_ends", left_percent=round(left * 100), mend="vitrine enrol with a new token")
    if not papers.due(uplink.cert, now):
        return False
    asking = papers.ask(store)
    answer = await office.renew(asking.csr)
    papers.keep(uplink.cert, uplink.key, cert_pem=answer.cert.encode(), key_pem=asking.key)
    office.show_papers()
    log.info("certificate_renewed")
    return True
