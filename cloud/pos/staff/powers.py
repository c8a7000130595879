"""What somebody may do, as the office's logins ask for it at each request."""

from cloud.db import Office
from cloud.pos.staff import factors, roles
from contract.feed import StaffCard
from web.powers import Powers


class Powerhouse:
    """`second_factor`: whether the house wants one of everybody who may move money or people."""

    def __init__(self, office: Office, *, second_factor: bool) -> None:
        self._office = office
        self._second_factor = second_factor

    def powers(self, person: StaffCard) -> Powers:
        with self._office.reading() as tx:
            return roles.powers(roles.rights_of(tx, person))

    def factor_due(self, person: StaffCard, powers: Powers) -> bool:
        """Until a code app is set up, nothing else is theirs to do."""
        if not self._second_factor or not factors.moves_much(powers):
            return False
        with self._office.reading() as tx:
            return not factors.has_factor(tx, person.user)
