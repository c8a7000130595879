"""Receipts to the mail server, over SMTP: the one door, and no address in any word that leaves it."""

import datetime as dt
import smtplib
import ssl
from email.utils import format_datetime
from typing import Final

from edge.config import MailConfig

WITHIN_S: Final = 15.0


class MailError(Exception):
    """The mail server did not take it, so nobody gets it; the message says what to do."""


def send(config: MailConfig, to: str, message: bytes, now_us: int) -> None:
    """Blocks up to some seconds: runs in the pool. now_us: wall time, for the Date field. Raises `MailError`."""
    date = format_datetime(dt.datetime.fromtimestamp(now_us // 1_000_000, dt.UTC))
    try:
        with smtplib.SMTP(config.host, config.port, timeout=WITHIN_S) as server:
            if config.tls:
                server.starttls(context=ssl.create_default_context())
            if config.user and config.password_file is not None:
                server.login(config.user, config.password_file.read_text(encoding="utf-8").strip())
            server.sendmail(config.sender, [to], f"Date: {date}\r\n".encode() + message)
    except smtplib.SMTPRecipientsRefused as error:
        raise MailError("The mail server knows no such mailbox: compare the address letter by letter.") from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailError("The mail server refuses this store's password: whoever set it up has to renew it.") from error
    except (smtplib.SMTPException, ssl.SSLError) as error:
        raise MailError(f"The mail server did not take it ({type(error).__name__}): print it, or try later.") from error
    except OSError as error:
        raise MailError(
            f"The mail server cannot be reached ({error.strerror or error}): print it, or try later."
        ) from error
