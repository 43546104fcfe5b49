"""Every table, as SQLModel classes. What stands here must stand in the contract's `components/x-records`
too, column by column.

The classes are definitions: migrations and statements are made from them. Rows travel as records, not as
instances of these classes.
"""

from persistence.tables.accounts import (
    Account,
    PersonalAccessToken,
    Plan,
    PlanEntitlement,
    Workspace,
    WorkspaceMember,
)
from persistence.tables.assistant import AssistantCall, AssistantKey, Model, Provider, ProviderKey
from persistence.tables.catalogue import Package, Release, ReleaseLink
from persistence.tables.columns import metadata
from persistence.tables.credits import (
    CreditEntry,
    CreditHold,
    CreditLot,
    CreditTransaction,
    CreditWallet,
)
from persistence.tables.grants import AccessToken, AuthorizationRequest, DeviceGrant, RefreshToken, Session
from persistence.tables.instances import Instance, RegistrationKey
from persistence.tables.jobs import queue as _queue  # noqa: F401 (PgQueuer's tables are ours to declare)
from persistence.tables.mails import Mail
from persistence.tables.observed import Attempt, Interaction, InteractionClock
from persistence.tables.second_factors import (
    Passkey,
    PasskeySetup,
    RecoveryCode,
    SignInTicket,
    Totp,
    TotpSetup,
)
from persistence.tables.sign_ins import SignIn, SignInToken
from persistence.tables.sign_ups import AccountToken, Registration, SignUp

__all__ = [
    "AccessToken",
    "Account",
    "AccountToken",
    "AssistantCall",
    "AssistantKey",
    "Attempt",
    "AuthorizationRequest",
    "CreditEntry",
    "CreditHold",
    "CreditLot",
    "CreditTransaction",
    "CreditWallet",
    "DeviceGrant",
    "Instance",
    "Interaction",
    "InteractionClock",
    "Mail",
    "Model",
    "Package",
    "Passkey",
    "PasskeySetup",
    "PersonalAccessToken",
    "Plan",
    "PlanEntitlement",
    "Provider",
    "ProviderKey",
    "RecoveryCode",
    "RefreshToken",
    "Registration",
    "RegistrationKey",
    "Release",
    "ReleaseLink",
    "Session",
    "SignIn",
    "SignInTicket",
    "SignInToken",
    "SignUp",
    "Totp",
    "TotpSetup",
    "Workspace",
    "WorkspaceMember",
    "metadata",
]
