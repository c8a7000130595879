"""An e-mail as bytes: words, the link that ends such messages (RFC 2369, RFC 8058), an invitation (RFC 6047). Pure."""

import datetime as dt
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from cloud.messages.port import Parcel

ONE_CLICK: Final = "List-Unsubscribe=One-Click"
FOOT: Final = "\n\n--\nTo hear no more from us this way: "


def message_id(message: str, sender: str) -> str:
    """The same at each try, so that a mail server that has it already may drop the second."""
    return f"<{message}@{sender.rpartition('@')[2]}>"


def email(parcel: Parcel, *, sender: str, house: str, now_us: int) -> bytes:
    """Ready for a mail server. Whatever stands in names or words cannot become a header."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=200))
    user, _, domain = sender.rpartition("@")
    mail["From"] = Address(display_name=" ".join(house.split()), username=user, domain=domain)
    mail["To"] = parcel.to
    mail["Subject"] = " ".join(parcel.subject.split())
    mail["Date"] = format_datetime(dt.datetime.fromtimestamp(now_us // 1_000_000, dt.UTC))
    mail["Message-ID"] = message_id(parcel.message, sender)
    mail["Auto-Submitted"] = "auto-generated"
    if parcel.opt_out:
        mail["List-Unsubscribe"] = f"<{parcel.opt_out}>"
        mail["List-Unsubscribe-Post"] = ONE_CLICK
    mail.set_content(parcel.text + (FOOT + parcel.opt_out if parcel.opt_out else "") + "\n", cte="quoted-printable")
    if parcel.calendar:
        method = parcel.calendar_method or "REQUEST"
        mail.add_alternative(parcel.calendar, subtype="calendar", params={"method": method}, cte="base64")
        mail.add_attachment(
            parcel.calendar.encode(), maintype="application", subtype="ics", filename="appointment.ics"
        )  # fmt: skip
    return mail.as_bytes()
