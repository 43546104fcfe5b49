"""The contract's `x-never`: what an operation is given or gives, and that nobody writes anywhere.

That a name is one which the operation has is found here, before the server starts; a promise about something
that does not exist promises nothing. That it is kept follows from who can write: what is collected comes from
a closed list of sources (`records.py`), which has no body in it, and logs from a closed list of events.
"""

from __future__ import annotations

from typing import Any

from api.contract.document import ContractError, operations
from api.contract.forwarding import BODY
from api.contract.place import Place, members_of

_RESPONSE = "$response.body#/"


def refuse_untrue(tree: dict[str, Any]) -> None:
    """Raise ContractError, with a sentence naming the operation, for a name that an operation does not
    have."""
    for path, method, operation in operations(tree):
        declared = operation.get("x-never", [])
        place = Place(tree, tree).at("paths").at(path).at(method)
        if not isinstance(declared, list) or not set(declared) <= _names(place):
            raise ContractError(
                f"Operation {operation['operationId']} says of something that it does not have that it is"
                " written nowhere (x-never)."
            )


def _names(place: Place) -> frozenset[str]:
    """The members of an operation's body and of its good answers."""
    found = {BODY + name for name in members_of(place.at("requestBody"))}
    for status, response in place.children("responses"):
        if status.startswith("2"):
            found |= {_RESPONSE + name for name in members_of(response)}
    return frozenset(found)
