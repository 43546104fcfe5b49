"""Which sentence a failed start ends with.

Failures that were foreseen carry their sentence. Any other one is a defect: it is named by its class and
the places in our code where it passed, without its text, which could hold what should not be printed.
"""

from __future__ import annotations

from api.logs import frames_of


def sentence_for(failure: BaseException) -> str:
    """What to tell the person who started the server."""
    if isinstance(failure, _foreseen()):
        return str(failure)
    places = ", ".join(frames_of(failure)) or "outside Candor's own code"
    return f"The server could not start because of a defect: {type(failure).__name__} at {places}."


def _foreseen() -> tuple[type[Exception], ...]:
    # Imported only when something failed: a start that is refused early has loaded hardly any of them.
    from api.contract.document import ContractError
    from api.serve.startup import StartFailed
    from api.settings import BadSetting
    from persistence.availability import StoreUnavailable
    from persistence.embedded import EmbeddedPostgresError
    from persistence.migration_refusals import MigrationRefused

    return (StartFailed, BadSetting, ContractError, EmbeddedPostgresError, MigrationRefused, StoreUnavailable)
