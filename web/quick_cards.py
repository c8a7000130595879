"""A card for each role: what a person does in a day, on one sheet that can be printed and kept at the till."""

from typing import Final, NamedTuple

from web.words import Later, later


class Part(NamedTuple):
    """One thing to do, in steps."""

    title: Later
    steps: tuple[Later, ...]


class Card(NamedTuple):
    role: Later
    parts: tuple[Part, ...]


CARDS: Final[dict[str, Card]] = {
    "associate": Card(
        later("Associate"),
        (
            Part(
                later("Sell"),
                (
                    later("Lay the pieces on the pad. They appear in the register with their price."),
                    later("Press Ring up, or F2. Attach the client: F4, a name, Enter."),
                    later("Press F8 for a card, or F9 for cash, a bank transfer or several together."),
                    later("Red means stop: the pad and the cart do not agree. The line says what to do."),
                ),
            ),
            Part(
                later("When the office does not answer"),
                (
                    later("Go on selling. The register says what it knows and from when."),
                    later("What you sell is sent by itself later."),
                ),
            ),
            Part(
                later("Show a tray"),
                (
                    later("Open the appointment and lay its pieces on the pad before you take them out."),
                    later("Lay them on the pad again when you bring them back: the tray closes when all are there."),
                ),
            ),
        ),
    ),
    "manager": Card(
        later("Manager"),
        (
            Part(
                later("Open the day"),
                (
                    later("Look at the wall: nothing to look for, no blind zone."),
                    later("Open the shift and count the float."),
                ),
            ),
            Part(
                later("Approve"),
                (
                    later("Read what is asked and the figures beside it. Your PIN approves that one thing, once."),
                    later("A count is approved by somebody who did not count."),
                ),
            ),
            Part(
                later("Close the day"),
                (
                    later("Open Closing: it says whether the safes are complete."),
                    later("Count the drawer before you see what it should hold. Print the Z."),
                ),
            ),
        ),
    ),
    "guard": Card(
        later("Guard"),
        (
            Part(
                later("When an alarm comes"),
                (
                    later("Look at the picture, the place and the sentence that says how sure we are."),
                    later("Press I look after it, so that nobody else runs too."),
                    later("Close it with what it was: theft, false alarm, found. It teaches the detector."),
                ),
            ),
            Part(
                later("What the wall cannot see"),
                (
                    later("A blind zone has no witness: look there yourself."),
                    later("If the wall says that it hears nothing, watch the doors and look after the box."),
                ),
            ),
        ),
    ),
    "stock": Card(
        later("Stock"),
        (
            Part(
                later("Put a delivery away"),
                (
                    later("Begin a delivery for the zones you fill, so that movement there accuses nobody."),
                    later("Lay each new piece on the pad to write its tag. End the delivery when all is put away."),
                ),
            ),
            Part(
                later("Count"),
                (
                    later("Start the count. Readers count by themselves; watch the zones fill."),
                    later("Look for what is named missing, where it was last read. Say why, or find it."),
                    later("Sweep with the handheld what no antenna watches."),
                ),
            ),
            Part(
                later("Send and receive"),
                (
                    later("Ship pieces by a transfer: from then on they are on their way."),
                    later("What arrives is yours to sell once a reader has read it here."),
                ),
            ),
        ),
    ),
    "controller": Card(
        later("Controller"),
        (
            Part(
                later("Each day"),
                (
                    later("Look at Cases: a quarantined sale waits for a decision."),
                    later("Look at the Zs and what was banked. A difference has a reason, or it gets one."),
                ),
            ),
            Part(
                later("Each month"),
                (
                    later("See that the trial balance agrees, then close the month. It stays closed."),
                    later("Write what must be corrected as an entry of its own: nothing posted is altered."),
                ),
            ),
        ),
    ),
}
