"""One piece left its place: presence has said everything."""

from edge.reconcile.detectors.gone import Gone


def tell(gone: Gone) -> str | None:
    """Nothing to add to presence's own sentence."""
    return "" if gone.pieces else None
