"""Every route of an app, what it needs and which roles have that: a page made of the routes themselves.

Kept in `docs/`, so that a policy that becomes looser is a line of a change that somebody reads.
"""

from collections.abc import Iterable, Mapping

from fastapi import FastAPI

from contract.feed import Permission
from web.policy import Declared, Policy, declared

Holds = Mapping[str, frozenset[Permission]]


def page(app: FastAPI, title: str, written_by: str, roles: Holds) -> str:
    """`roles`: what each may do where the house set nothing else."""
    head = (
        f"# {title}", "", f"Written by `{written_by}`.", "",
        "Roles as they are where the house sets nothing else; a house gives each what it wants. “Where” is the store",
        "that is asked: *its store*, which a route names; *any*, looking past stores on purpose; *whole house*, for",
        "people of every store.", "",
        f"| route | needs one of | where | {' | '.join(name.replace('_', ' ') for name in roles)} |",
        f"|{'---|' * (3 + len(roles))}",
    )  # fmt: skip
    lines = sorted({_line(each, roles) for each in declared(app)})
    return "\n".join((*head, *lines, ""))


def admits(policies: Iterable[Policy], held: frozenset[Permission]) -> bool:
    """Whether somebody of every store with these permissions passes them all."""
    return all(each.open_to_all or not each.permissions or bool(held & {*each.permissions}) for each in policies)


def _line(route: Declared, roles: Holds) -> str:
    needs = [
        "nobody's login" if each.open_to_all else ", ".join(each.permissions) or "a login" for each in route.policies
    ]
    tightest = [each for each in dict.fromkeys(needs) if each != "a login"] or needs[:1] or ["**nothing is declared**"]
    where = _where(route)
    ticks = " | ".join("yes" if admits(route.policies, held) else "–" for held in roles.values())
    return f"| `{route.method} {route.path}` | {' and '.join(tightest)} | {where} | {ticks} |"


def _where(route: Declared) -> str:
    asked = {each.of for each in route.policies if not each.open_to_all}
    if "everywhere" in asked:
        return "whole house"
    return "its store" if "store" in asked and route.takes_store else "any" if asked else ""
