"""A receipt as an e-mail: text beside HTML, the QR code within, the PDF with it (RFC 5322, 2045–2049)."""

import functools
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import jinja2

from trade.receipt import Receipt
from web.receipts import qr
from web.receipts.address import address_of
from web.receipts.layout import as_text
from web.receipts.page import TEMPLATES
from web.receipts.when import moment


def message(receipt: Receipt, sender: str, to: str, pdf: bytes) -> bytes:
    """The message as it is sent. No date: whoever sends it puts that in. Raises `ValueError` for an address."""
    told = EmailMessage(policy=SMTP)
    told["From"] = Address(display_name=receipt.seller.name, addr_spec=str(address_of(sender)))
    told["To"] = address_of(to)
    told["Subject"] = f"{receipt.title} {receipt.number}"
    told["Message-ID"] = f"<{receipt.receipt.replace(':', '.')}.{receipt.copy}@{address_of(sender).domain}>"
    told["Content-Language"] = receipt.language
    told.set_content(as_text(receipt) + (f"\n{receipt.check_url}\n" if receipt.check_url else ""))
    told.add_alternative(html(receipt), subtype="html")
    if receipt.check_url:
        body = told.get_payload()[1]  # type: ignore[index]
        body.add_related(qr.png(receipt.check_url), "image", "png", cid="<check>")  # type: ignore[union-attr]
    told.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{receipt.number}.pdf")
    _same_boundaries(told, receipt.number)
    return told.as_bytes()


def _same_boundaries(told: EmailMessage, number: str) -> None:
    """The parts' limits are drawn by lot otherwise; a base64 or quoted part has no such line."""
    for at, part in enumerate(each for each in told.walk() if each.is_multipart()):
        part.set_boundary(f"=_{number}_{at}")


def html(receipt: Receipt) -> str:
    """One table, every style where it is used: mail programs know neither sheets nor grids."""
    return _environment().get_template("mail.html").render(receipt=receipt, moment=moment(receipt))


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
