"""Whole servers and their mails: sent within moments, by any of them, once, whoever dies."""

from __future__ import annotations

import httpx

from contract_tests.conftest import StartServer
from contract_tests.harness.administration import Administration
from contract_tests.harness.instances import Instance
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import execute, rows
from contract_tests.mails.office import Office, Rude
from contract_tests.mails.test_smtp import context_of
from contract_tests.serve.test_stop import eventually, has_logged
from contract_tests.transport.authority import Authority

SUBJECT = "An instance has come into your workspace"
QUEUE = """
WITH queued AS (
    INSERT INTO mail (id, kind, to_address, subject_id, state, attempts, created_at, due_at)
    SELECT lpad(n::text, 26, '0'), 'instance_claimed', n || '@example.org', $1, 'queued', 0, now(), now()
    FROM generate_series(1, $2::int) AS n RETURNING 1
) SELECT pg_notify('candor_mail', '') FROM queued
"""
"""So many mails about one instance, put in as operations do it."""
COME_DUE = "UPDATE mail SET due_at = now() WHERE state IN ('queued', 'sending')"
TELL = "SELECT pg_notify('candor_mail', '')"


def smtp(port: int, **further: str) -> dict[str, str]:
    """The settings for a server at that port."""
    return {
        "CANDOR_SMTP_HOST": "localhost",
        "CANDOR_SMTP_PORT": str(port),
        "CANDOR_SMTP_TLS": "none",
        "CANDOR_MAIL_FROM": "Candor of Example <candor@example.org>",
        **further,
    }


def an_instance(server: ServerProcess, url: str) -> str:
    """The id of one that is claimed."""
    ada = Person.create(Administration(url), "ada")
    with server.client() as client:
        Instance.register(client, key=ada.key)
    (row,) = rows(url, "SELECT id FROM instance")
    return str(row["id"])


def states(url: str) -> list[str]:
    return [row["state"] for row in rows(url, "SELECT state FROM mail ORDER BY id")]


def become(url: str, *expected: str) -> None:
    eventually(lambda: states(url) == [*expected], f"the mails are {expected}")


def again(url: str) -> None:
    """What waits for its time has waited."""
    execute(url, COME_DUE)
    execute(url, TELL)


def put_off(server: ServerProcess) -> int:
    return [each["event"] for each in server.events].count("mail_put_off")


def test_without_an_smtp_server_they_are_files_that_the_operator_reads(
    start_server: StartServer, database_url: str
) -> None:
    server = start_server(database_url=database_url)
    admin = Administration(database_url)
    person = Person.create(admin, "ada")
    with server.client() as client:
        waiting = Instance.register(client)
    admin.run(
        "instance", "claim", "--client-id", waiting.client_id, "--user", person.email, "--name", "lab-7"
    )
    mail = Mailbox.of(server).arrives(person.email, SUBJECT)
    assert "lab-7" in mail.text
    become(database_url, "sent")

    (listed,) = admin.run("mail", "list")["mails"]
    assert listed["to_address"] == person.email
    assert (listed["kind"], listed["state"], listed["attempts"]) == ("instance_claimed", "sent", 1)
    shown = admin.attempt("mail", "show", listed["id"], f"--data-dir={server.data_dir}")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"Subject: {SUBJECT}" in shown.stdout
    elsewhere = admin.run("mail", "show", listed["id"])
    assert elsewhere["message"] is None


def test_what_the_operator_asks_for_and_is_not_there(database_url: str) -> None:
    admin = Administration(database_url)
    assert admin.run("mail", "list") == {"mails": [], "next": None}
    unknown = admin.attempt("mail", "show", "01KAJ3S9QWXJ0V0B4R1YH8N2CD")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "no mail with this id" in unknown.stderr
    state = admin.attempt("mail", "list", "--state", "lost")
    assert (state.returncode, state.stdout) == (1, "")


def test_two_servers_on_one_database_send_each_once(start_server: StartServer, database_url: str) -> None:
    office = Office()
    with office.open() as port:
        servers = [start_server(database_url=database_url, variables=smtp(port)) for _ in range(2)]
        instance = an_instance(servers[0], database_url)
        execute(database_url, QUEUE, instance, 60)
        office.arrived(60)
        become(database_url, *["sent"] * 60)
        for server in servers:
            assert server.stop() == 0
    ids = [taken.mail.message["Message-ID"] for taken in office.taken]
    assert len(ids) == len(set(ids)) == 60
    assert {taken.sender for taken in office.taken} == {"candor@example.org"}
    assert {str(taken.mail.message["From"]) for taken in office.taken} == {
        "Candor of Example <candor@example.org>"
    }


def test_over_tls_with_a_password(start_server: StartServer, database_url: str, authority: Authority) -> None:
    office = Office(users={"candor": "not for logs"})
    with office.open(tls=context_of(authority.issue("post"))) as port:
        secured = smtp(
            port,
            CANDOR_SMTP_TLS="starttls",
            CANDOR_SMTP_USERNAME="candor",
            CANDOR_SMTP_PASSWORD="not for logs",
            SSL_CERT_FILE=str(authority.file),
        )
        server = start_server(database_url=database_url, variables=secured)
        execute(database_url, QUEUE, an_instance(server, database_url), 1)
        (taken,) = office.arrived(1)
    assert (taken.encrypted, taken.user) == (True, "candor")
    assert "not for logs" not in server.stderr


def test_one_that_is_put_off_is_sent_later_and_the_operator_sees_it(
    start_server: StartServer, database_url: str
) -> None:
    office = Office()
    office.refusals = ["451 come again", "451 come again", "554 never"]
    with office.open() as port:
        server = start_server(database_url=database_url, variables=smtp(port))
        execute(database_url, QUEUE, an_instance(server, database_url), 1)
        eventually(has_logged(server, "mail_put_off"), "it is put off")
        again(database_url)
        eventually(lambda: put_off(server) == 2, "it is put off again")
        again(database_url)
        become(database_url, "failed")
        eventually(has_logged(server, "mail_failed"), "it has failed")
        numbers = httpx.get(f"{server.private_url}/metrics").text
    assert 'candor_mails_total{kind="instance_claimed",outcome="put_off"} 2.0' in numbers
    assert 'candor_mails_total{kind="instance_claimed",outcome="failed"} 1.0' in numbers
    assert not office.taken
    assert "@example.org" not in server.stderr


def test_a_line_that_is_cut_after_the_end_is_not_tried_again(
    start_server: StartServer, database_url: str
) -> None:
    rude = Rude("end", "close")
    with rude.open() as port:
        server = start_server(database_url=database_url, variables=smtp(port))
        execute(database_url, QUEUE, an_instance(server, database_url), 1)
        become(database_url, "unknown")
        eventually(has_logged(server, "mail_unknown"), "the operator is told")
        again(database_url)
        execute(database_url, "UPDATE mail SET id = lpad('99', 26, '0')")  # a second one, told of afterwards,
        execute(database_url, QUEUE, rows(database_url, "SELECT id FROM instance")[0]["id"], 1)
        become(database_url, "unknown", "unknown")  # was seen to, and so was whatever came before it
    assert rude.ends == 2


def test_a_server_that_is_killed_after_the_end_leaves_it_to_nobody(
    start_server: StartServer, database_url: str
) -> None:
    rude, office = Rude("end", "hang"), Office()
    with rude.open() as port:
        server = start_server(database_url=database_url, variables=smtp(port))
        execute(database_url, QUEUE, an_instance(server, database_url), 1)
        assert rude.there.wait(30)
        assert states(database_url) == ["sending"]
        server.process.kill()
        server.ended()
    with office.open() as port:
        again(database_url)
        successor = start_server(database_url=database_url, variables=smtp(port))
        become(database_url, "unknown")
        eventually(has_logged(successor, "mail_unknown"), "the operator is told")
        assert successor.stop() == 0
    assert (rude.ends, office.attempts) == (1, 0)


def test_a_server_that_is_killed_before_the_end_leaves_it_to_the_next(
    start_server: StartServer, database_url: str
) -> None:
    rude, office = Rude("RCPT", "hang"), Office()
    with rude.open() as port:
        server = start_server(database_url=database_url, variables=smtp(port))
        execute(database_url, QUEUE, an_instance(server, database_url), 1)
        assert rude.there.wait(30)
        server.process.kill()
        server.ended()
    assert states(database_url) == ["queued"]
    with office.open() as port:
        again(database_url)
        start_server(database_url=database_url, variables=smtp(port))
        office.arrived(1)
        become(database_url, "sent")
    assert office.attempts == 1


def test_a_stop_lets_what_is_under_way_arrive(start_server: StartServer, database_url: str) -> None:
    office = Office()
    with office.open() as port:
        server = start_server(database_url=database_url, variables=smtp(port))
        execute(database_url, QUEUE, an_instance(server, database_url), 40)
        office.arrived(1)
        assert server.stop() == 0
    assert states(database_url).count("sent") == len(office.taken)
    assert {*states(database_url)} <= {"sent", "queued"}


def test_a_defect_puts_one_off_and_is_told(start_server: StartServer, database_url: str) -> None:
    server = start_server(database_url=database_url)
    instance = an_instance(server, database_url)
    execute(database_url, "ALTER TABLE workspace RENAME COLUMN name TO label")
    execute(database_url, QUEUE, instance, 1)
    eventually(has_logged(server, "mail_defective"), "the operator is told")
    eventually(has_logged(server, "mail_put_off"), "it is put off")
    execute(database_url, "ALTER TABLE workspace RENAME COLUMN label TO name")
    again(database_url)
    become(database_url, "sent")
