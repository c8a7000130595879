"""Every MQTT topic, spelled only here. The broker's access rules are generated from the same words."""

from typing import Final

from contract.ids import StoreId

ROOT: Final = "vitrine/v1"
EVERY_UP: Final = f"{ROOT}/+/up"
EVERY_STATUS: Final = f"{ROOT}/+/status"
QOS: Final = 1
"""PUBACK is flow control, never proof (DESIGN law 2)."""


def up(store: StoreId) -> str:
    """Edge → cloud: `messages.Up`."""
    return f"{ROOT}/{store}/up"


def down(store: StoreId) -> str:
    """Cloud → edge: `messages.Down`."""
    return f"{ROOT}/{store}/down"


def status(store: StoreId) -> str:
    """Edge → everyone who may: `messages.Status`, retained, with a will."""
    return f"{ROOT}/{store}/status"


def store_of(topic: str) -> StoreId:
    """The store a topic belongs to. Raises `ValueError` for a topic that is not ours."""
    parts = topic.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != ROOT or not parts[2]:
        raise ValueError(f"topic {topic!r} is not of the form {ROOT}/STORE/KIND")
    return StoreId(parts[2])
