"""How a tablet or phone learns to trust the house's certificate, so that its browser reaches the box without a warning.

Open to everybody: who needs it cannot sign in yet. A certificate is no secret; its fingerprint is compared with the one
the office shows, so that nobody in between can give out another.
"""

from pathlib import Path
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from fastapi import APIRouter, Request
from starlette.responses import Response

from edge.api.shop import Shop, the_shop
from web.front import render
from web.policy import public
from web.problems import ProblemError
from web.words import _

MEDIA_TYPE = "application/x-x509-ca-cert"
"""By which tablets offer to install it."""

router = APIRouter(include_in_schema=False, dependencies=[public()])
TheShop = Annotated[Shop, the_shop()]


@router.get("/trust")
def explain(request: Request, shop: TheShop) -> Response:
    """Steps for each kind of device, and the fingerprint to compare."""
    digest = _house(shop).fingerprint(hashes.SHA256()).hex().upper()
    parts = [digest[at : at + 4] for at in range(0, len(digest), 4)]
    return render(request, "edge/trust.html", fingerprint=" ".join(parts), names=shop.config.tls_names)


@router.get("/trust/house.crt")
def certificate(shop: TheShop) -> Response:
    """The house's own certificate, DER, as tablets and computers install it."""
    der = _house(shop).public_bytes(serialization.Encoding.DER)
    return Response(der, media_type=MEDIA_TYPE, headers={"Content-Disposition": 'attachment; filename="house.crt"'})


def _house(shop: Shop) -> x509.Certificate:
    """Raises a 404 problem on a box without an office."""
    ca: Path | None = None if shop.config.uplink is None else shop.config.uplink.ca
    try:
        if ca is not None:
            return x509.load_pem_x509_certificate(ca.read_bytes())
    except (OSError, ValueError):
        ca = None
    title = _("This box knows no house yet")
    raise ProblemError(404, "no-house", title, _("Enrol it with a token from the store's page at the office."))
