"""The carriers of this house, from its configuration."""

from pathlib import Path

from cloud.config import CloudConfig, MessagesConfig
from cloud.messages.outbox import Ways
from cloud.messages.port import Carrier
from cloud.messages.providers import SmsCarrier, WhatsAppCarrier
from cloud.messages.quiet import Hours
from cloud.messages.smtp import SmtpCarrier
from trade.consent import Channel


def ways(config: CloudConfig) -> Ways:
    told = config.messages or MessagesConfig()
    carriers: dict[Channel, Carrier] = {}
    if told.mail is not None:
        mail = told.mail
        carriers[Channel.EMAIL] = SmtpCarrier(
            mail.host, mail.port, mail.sender, house=config.house, tls=mail.tls, user=mail.user,
            password_file=mail.password_file,
        )  # fmt: skip
    if told.sms is not None:
        carriers[Channel.SMS] = SmsCarrier(told.sms.url, told.sms.sender, told.sms.token_file)
    if told.whatsapp is not None:
        way = told.whatsapp
        carriers[Channel.MESSENGER] = WhatsAppCarrier(
            way.url, way.sender, way.token_file, template=way.template, language=way.template_language
        )
    return Ways(
        carriers=carriers, sender=told.mail.sender if told.mail is not None else "", public_url=told.public_url,
        house=config.house, language=told.language,
        hours=Hours(told.from_hour, told.until_hour, sundays=told.sundays), per_day_max=told.per_day_max,
    )  # fmt: skip


def hook_secret(config: CloudConfig, channel: Channel) -> bytes:
    """Empty: nobody is believed about this channel. Raises `OSError` when its file went away."""
    told = config.messages or MessagesConfig()
    way: object = {Channel.EMAIL: told.mail, Channel.SMS: told.sms, Channel.MESSENGER: told.whatsapp}.get(channel)
    file = getattr(way, "hook_secret_file", "") if way is not None else ""
    return Path(file).read_bytes().strip() if file else b""
