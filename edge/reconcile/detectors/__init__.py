"""Loss prevention: one small pure module for each thing that can happen, and one `Scene` that all of them look at.

`Suspicion` is what a detector says. Its bar is set by the budget (`budget.py`); a delivery that is under way
may mute it (`restock.py`); `severity.py` says how loud it is.
"""

from edge.reconcile.detectors.scene import Scene as Scene
from edge.reconcile.detectors.scene import Suspicion as Suspicion
