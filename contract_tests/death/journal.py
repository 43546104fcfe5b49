"""What the callers were told: the side of the truth that is held against the database."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract_tests.death.calls import Fate


@dataclass(slots=True)
class Key:
    """A registration key, with how many registrations were confirmed and how many were lost sight of."""

    text: str
    max_uses: int | None
    confirmed: int = 0
    unknown: int = 0

    @property
    def may_have_room(self) -> bool:
        """Whether a registration with it must succeed."""
        return self.max_uses is None or self.confirmed + self.unknown < self.max_uses


@dataclass(frozen=True, slots=True)
class Installed:
    """A registration that was confirmed."""

    client_id: str
    client_secret: str

    @property
    def credentials(self) -> dict[str, str]:
        """For `client_secret_post`."""
        return {"client_id": self.client_id, "client_secret": self.client_secret}


@dataclass(slots=True)
class Flow:
    """A device authorization that was confirmed, and the fate of the latest attempt at its two further steps;
    None: never tried."""

    instance: Installed
    device_code: str
    user_code: str
    approved: Fate | None = None
    redeemed: Fate | None = None


@dataclass(slots=True)
class Family:
    """The tokens that came from one confirmed redemption, the oldest first."""

    instance: Installed
    access: list[str]
    refresh: list[str]
    rotating: Fate | None = None  # the latest attempt to rotate the newest refresh token
    revoked: Fate | None = None
    looked: bool = False  # a session was shown, so the call was recorded


@dataclass(slots=True)
class Journal:
    """Everything that one load did."""

    keys: list[Key]
    instances: list[Installed] = field(default_factory=list)
    own_tokens: list[str] = field(default_factory=list)
    alive: list[Installed] = field(default_factory=list)  # said so, and it was confirmed
    flows: list[Flow] = field(default_factory=list)
    flows_unknown: int = 0
    own_tokens_unknown: int = 0
    families: list[Family] = field(default_factory=list)
    confirmed: int = 0  # calls of any kind
    unserved: int = 0  # calls that were answered 503, or not at all

    def key(self) -> Key:
        """A key to register with: the limited ones first, while they have room."""
        return next(key for key in self.keys if key.may_have_room)
