"""Who meets on the page for connecting a device: a person, an instance that shows a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import SCOPE, DeviceFlow, Instance
from contract_tests.harness.people import Person


@dataclass(frozen=True)
class Asking:
    """An instance that waits for a decision."""

    instance: Instance
    started: DeviceFlow

    @property
    def user_code(self) -> str:
        """What it shows."""
        return self.started.user_code

    def poll(self) -> dict[str, Any]:
        """What the token endpoint says now."""
        answer: dict[str, Any] = self.instance.poll(self.started).json()
        return answer


@dataclass(frozen=True)
class Flow:
    """A person of a server, and instances that ask for them."""

    client: CheckedClient
    person: Person

    @classmethod
    def of(cls, client: CheckedClient, admin: Administration) -> Self:
        """Make the person."""
        return cls(client, Person.with_password(admin, "ada"))

    def asking(self, *, claimed: bool = True, **registered: object) -> Asking:
        """A new instance with a code to show; `registered` goes into its registration."""
        key = self.person.key if claimed else None
        instance = Instance.register(self.client, key=key, **registered)
        return Asking(instance, instance.start_device_flow(SCOPE))
