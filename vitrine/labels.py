"""`vitrine tag print`: a batch of labels at a store's printer, in somebody's name, followed to its end."""

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Final

import httpx

from contract.feed import Role
from contract.ids import UserId
from edge.api.tags import shapes
from vitrine.ask import Api, AskError
from vitrine.problems import PersonError
from vitrine.shop import Login

LOOK_EVERY_S: Final = 0.5


def print_labels(url: str, user: str, pin: str, pieces: Sequence[str], printer: str) -> int:
    """Prints a line for each label as it ends. How many were not bound. Raises `PersonError`."""
    who = Login(user=UserId(user), name=user, role=Role.ASSOCIATE, pin=pin, password="")
    asked = {"pieces": list(pieces)} | ({"printer": printer} if printer else {})
    try:
        with closing(Api(url)) as store:
            batch = store.at_store(who).post("/api/v1/labels", shapes.LabelBatchView, asked)
            said: set[str] = set()
            while True:
                _tell(batch, said)
                if batch.over:
                    break
                time.sleep(LOOK_EVERY_S)
                batch = store.get(f"/api/v1/labels/{batch.batch}", shapes.LabelBatchView)
    except AskError as error:
        raise PersonError(error.problem or str(error)) from error
    except httpx.TransportError as error:
        raise PersonError(f"No store answers at {url} ({error}): give its address with --store.") from error
    return sum(label.stand != "bound" for label in batch.labels)


def _tell(batch: shapes.LabelBatchView, said: set[str]) -> None:
    for label in batch.labels:
        if label.piece in said or label.stand not in {"bound", "refused"}:
            continue
        said.add(label.piece)
        voids = f", {label.voids} void before it" if label.voids else ""
        outcome = f"bound to {label.epc}{voids}" if label.stand == "bound" else f"refused: {label.why}"
        print(f"{len(said)} of {len(batch.labels)}  {label.piece}  {outcome}", flush=True)
