"""Two servers on one PostgreSQL, a data directory each: any of them goes on with what the other began."""

from __future__ import annotations

from contract_tests.conftest import StartServer
from contract_tests.harness.administration import Administration
from contract_tests.harness.instances import Instance, approve, bearer
from contract_tests.harness.people import Person
from contract_tests.storage.cluster import SharedCluster


def test_every_request_may_go_to_another_machine(start_server: StartServer, cluster: SharedCluster) -> None:
    url = cluster.create_database("machines")  # empty: they migrate it, one of them, while the other waits
    servers = [start_server(database_url=url, wait=False) for _ in range(2)]
    with servers[0].until_ready().client() as here, servers[1].until_ready().client() as there:
        person = Person.create(Administration(url), "ada")
        at_home = Instance.register(here, key=person.key)
        abroad = Instance(there, at_home.client_id, at_home.client_secret)
        flow = abroad.start_device_flow()
        assert approve(here, person.pat, flow.user_code).status_code == 200
        tokens = abroad.poll(flow).json()
        assert at_home.poll(flow).json()["error"] == "invalid_grant"  # redeemed already, over there

        successor = at_home.refresh(tokens["refresh_token"]).json()
        assert abroad.refresh(tokens["refresh_token"]).json()["refresh_token"] == successor["refresh_token"]
        assert abroad.revoke(successor["access_token"]).status_code == 200
        assert (
            here.get("/instance/user/session", headers=bearer(successor["access_token"])).status_code == 401
        )
