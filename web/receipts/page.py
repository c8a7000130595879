"""A receipt for a page: what the template `receipts/receipt.html` draws it from."""

from pathlib import Path
from typing import Any, Final

from trade.receipt import Receipt
from web.receipts import qr
from web.receipts.when import moment

TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = {"/static/receipts": Path(__file__).parent / "static"}


def shown(receipt: Receipt) -> dict[str, Any]:
    """Arguments of the macro `paper`."""
    return {
        "receipt": receipt,
        "moment": moment(receipt),
        "qr": qr.path(receipt.check_url) if receipt.check_url else None,
    }
