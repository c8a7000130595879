"""Words by which clients are found (`contract.names`), keyed by the office."""

from cloud.people import WordKey
from cloud.pos.clients.profile import Profile
from contract.names import nearly, of_person, of_query, plain
from web.sealed import dialled

__all__ = ["keyed", "nearly", "of_profile", "of_query", "plain"]


def of_profile(profile: Profile) -> set[str]:
    """Every word the profile is to be found by, normalised, each with its kind before it."""
    names = f"{profile.given_name} {profile.family_name} {profile.also_called}"
    return of_person(names, profile.emails, (digits for number in profile.phones for digits in dialled(number)))


def keyed(words: set[str] | list[str], key: WordKey) -> list[bytes]:
    return [key.word(word) for word in sorted(words)]
