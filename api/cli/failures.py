"""Which sentence a command that failed ends with.

Failures that were foreseen carry theirs. Any other one is a defect: it is named by its class and the places
in our code where it passed, without its text, which could hold what should not be printed.
"""

from __future__ import annotations

from handlers.errors import ApiError


class Refused(Exception):
    """The command cannot do what was asked. The text is one sentence."""


def sentence_for(failure: BaseException) -> str:
    """What to tell the person who typed the command."""
    if isinstance(failure, ApiError):
        return failure.public_message
    if isinstance(failure, _foreseen()):
        return str(failure)
    from api.logs import frames_of

    places = ", ".join(frames_of(failure)) or "outside Candor's own code"
    return f"The command failed because of a defect: {type(failure).__name__} at {places}."


def _foreseen() -> tuple[type[BaseException], ...]:
    # Loaded only when something has failed: a command should not wait for what it does not use.
    from api.contract.document import ContractError
    from api.settings import BadSetting
    from persistence.availability import StoreUnavailable
    from persistence.embedded import EmbeddedPostgresError
    from persistence.migration_refusals import MigrationRefused

    return (Refused, BadSetting, ContractError, EmbeddedPostgresError, MigrationRefused, StoreUnavailable)
