"""E-mail over SMTP (RFC 5321). A sender of its own for each message (VERP) says which one came back."""

import smtplib
import ssl
from pathlib import Path
from typing import Final

from cloud.messages import mime
from cloud.messages.port import InDoubtError, NeverError, NotNowError, Parcel
from trade.consent import Channel

WITHIN_S: Final = 15.0
BAD_ADDRESS: Final = (550, 551, 553)
"""Replies to RCPT that are about the mailbox (RFC 5321 §4.2.2)."""


class SmtpCarrier:
    """Through one mail server; nothing of an address or a text is in any word that leaves it."""

    channel = Channel.EMAIL
    remembers = False

    def __init__(
        self, host: str, port: int, sender: str, *, house: str, tls: bool = True, user: str = "",
        password_file: str = "",
    ) -> None:  # fmt: skip
        self._host, self._port, self._sender, self._house = host, port, sender, house
        self._tls, self._user, self._password_file = tls, user, password_file

    def send(self, parcel: Parcel, *, now_us: int) -> str:
        try:
            body = mime.email(parcel, sender=self._sender, house=self._house, now_us=now_us)
        except ValueError as error:  # its words stay out of ours: they may quote the address
            raise NeverError("this cannot be written as a mail: look at the address and at its words") from error
        handed_over = False
        try:
            with smtplib.SMTP(self._host, self._port, timeout=WITHIN_S) as server:
                if self._tls:
                    server.starttls(context=ssl.create_default_context())
                if self._user:
                    server.login(self._user, Path(self._password_file).read_text(encoding="utf-8").strip())
                handed_over = True
                server.sendmail(returns_to(self._sender, parcel.message), [parcel.to], body)
        except smtplib.SMTPRecipientsRefused as error:
            raise _about_recipient(error) from error
        except smtplib.SMTPAuthenticationError as error:
            raise NotNowError("the mail server refuses the office's password: renew it") from error
        except smtplib.SMTPResponseException as error:
            if 500 <= error.smtp_code < 600:
                raise NeverError(
                    f"the mail server refuses this message ({error.smtp_code}): look at its words"
                ) from error
            raise NotNowError(f"the mail server asks to wait ({error.smtp_code})") from error
        except UnicodeError as error:
            raise NeverError("the mail server takes no such address: ask for another one", address_bad=True) from error
        except OSError as error:  # smtplib's own errors are some
            kind = InDoubtError if handed_over else NotNowError
            raise kind(f"the mail server cannot be reached ({type(error).__name__})") from error
        return mime.message_id(parcel.message, self._sender)


def returns_to(sender: str, message: str) -> str:
    """`house+MESSAGE@example.com`: what comes back there came of that message."""
    user, _, domain = sender.rpartition("@")
    return f"{user}+{message}@{domain}"


def _about_recipient(error: smtplib.SMTPRecipientsRefused) -> Exception:
    code = next((code for code, _ in error.recipients.values()), 0)
    if 500 <= code < 600:
        return NeverError(
            f"the mail server knows no such mailbox ({code}): ask for another address", address_bad=code in BAD_ADDRESS
        )
    return NotNowError(f"the mail server asks to wait for this mailbox ({code})")
