"""`vitrine tag print`: a batch of labels at a store's printer, in somebody's name, followed to its end."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from edge.api.tags.shapes import LabelBatchView
from vitrine.tag import Box

LOOK_EVERY_S: Final = 0.5


def print_labels(box: Box, pieces: Sequence[str], printer: str, say: Callable[[str], None]) -> bool:
    """Says a line for each label as it ends; True when all are bound. Raises `PersonError`.

    Who interrupts it ends the batch: the label under way is the last.
    """
    asked = {"pieces": list(pieces)} | ({"printer": printer} if printer else {})
    batch = box.ask("POST", "/api/v1/labels", LabelBatchView, asked)
    said: set[str] = set()
    try:
        _tell(batch, said, say)
        while not batch.over:
            time.sleep(LOOK_EVERY_S)
            batch = box.ask("GET", f"/api/v1/labels/{batch.batch}", LabelBatchView)
            _tell(batch, said, say)
    except KeyboardInterrupt:
        box.ask("DELETE", f"/api/v1/labels/{batch.batch}", LabelBatchView)
        raise
    bound = sum(label.stand == "bound" for label in batch.labels)
    say(f"{bound} of {len(batch.labels)} bound.")
    return bound == len(batch.labels)


def _tell(batch: LabelBatchView, said: set[str], say: Callable[[str], None]) -> None:
    for label in batch.labels:
        if label.piece in said or label.stand not in {"bound", "refused"}:
            continue
        said.add(label.piece)
        voids = f", {label.voids} void before it" if label.voids else ""
        outcome = f"bound to {label.epc}{voids}" if label.stand == "bound" else f"refused: {label.why}"
        say(f"{len(said)} of {len(batch.labels)}  {label.piece}  {outcome}")
