"""The numbers of a running server, as monitoring reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from contract_tests.harness.server import ServerProcess


@dataclass(frozen=True)
class Reading:
    """One look at `/metrics`."""

    text: str

    @classmethod
    def of(cls, server: ServerProcess) -> Reading:
        """Look now."""
        return cls(httpx.get(f"{server.private_url}/metrics").raise_for_status().text)

    @property
    def families(self) -> Mapping[str, Metric]:
        """Candor's own, by their name as monitoring knows them: those that count end in `_total`."""
        found = text_string_to_metric_families(self.text)
        ours = (each for each in found if each.name.startswith("candor_"))
        return {f"{each.name}_total" if each.type == "counter" else each.name: each for each in ours}

    def value(self, name: str, **labels: str) -> float:
        """One number; 0 while there is none."""
        for family in self.families.values():
            for sample in family.samples:
                if (sample.name, sample.labels) == (name, labels):
                    return float(sample.value)
        return 0.0
