"""What `scripts/serve` does before there is anything installed, with a stand-in for the installer.

The stand-in is a program called `uv` that makes an environment out of the Python at hand and writes down
what it was asked for. What it cannot show, a real installation from the locked lists, is what the whole
suite runs on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.harness.contract import REPOSITORY

INSTALLER = """#!/bin/sh
echo "$@" >>"{calls}"
if [ "$1" = venv ]; then
    for last; do :; done
    mkdir -p "$last/bin" && ln -sf "{python}" "$last/bin/python"
elif [ -e "{broken}" ]; then
    exit 3
fi
"""


class Machine:
    """A machine with a copy of the scripts, in a directory whose name has a space, and a PATH of its own."""

    def __init__(self, directory: Path) -> None:
        self.repository = directory / "a clone"
        self.programs = directory / "programs"
        self.calls = directory / "calls"
        self.broken = directory / "broken"
        shutil.copytree(REPOSITORY / "scripts", self.repository / "scripts")
        self.programs.mkdir()
        self.add_program("python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        installer = INSTALLER.format(calls=self.calls, python=sys.executable, broken=self.broken)
        self.add_program("uv", installer)

    def add_program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(
        self, *command: str, kind: str = "runtime", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.repository / "scripts" / "in_environment", kind, *command],
            cwd=cwd or self.repository,
            env={"PATH": f"{self.programs}:{os.defpath}", "HOME": str(self.repository)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def installed(self) -> list[str]:
        """The list of each installation, in order."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [Path(line.split(" -r ")[1]).stem for line in lines if " -r " in line]

    def list_of(self, kind: str) -> Path:
        return self.repository / "scripts" / "requirements" / f"{kind}.txt"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class TestEnvironment:
    def test_is_made_once_with_hashes_and_no_builds(self, machine: Machine) -> None:
        first = machine.run("-c", "print('it runs')")
        assert first.stdout == "it runs\n"
        assert "installing" in first.stderr
        assert "--require-hashes" in machine.calls.read_text()
        assert "--only-binary :all:" in machine.calls.read_text()
        again = machine.run("-c", "print('it runs')")
        assert (again.stdout, again.stderr) == ("it runs\n", "")
        assert machine.installed() == ["runtime"]

    def test_runs_from_any_directory_with_the_repository_on_the_path_only(
        self, machine: Machine, tmp_path: Path
    ) -> None:
        (tmp_path / "api").mkdir()
        done = machine.run("-c", "import sys; print(sys.path[0])", cwd=tmp_path)
        assert done.stdout.strip() == str(machine.repository)

    def test_follows_the_list_when_it_changes(self, machine: Machine) -> None:
        machine.run()
        with machine.list_of("runtime").open("a") as out:
            out.write("# a newer one\n")
        machine.run()
        assert machine.installed() == ["runtime", "runtime"]
        assert machine.calls.read_text().count("venv --clear") == 1

    def test_of_the_developer_serves_the_server_too(self, machine: Machine) -> None:
        machine.run(kind="development")
        machine.run(kind="runtime")
        assert machine.installed() == ["development"]

    def test_of_the_server_becomes_the_developers(self, machine: Machine) -> None:
        machine.run(kind="runtime")
        machine.run(kind="development")
        machine.run(kind="runtime")
        assert machine.installed() == ["runtime", "development"]

    def test_is_made_again_after_a_failure(self, machine: Machine) -> None:
        machine.broken.touch()
        failed = machine.run("-c", "print('not this')")
        assert failed.returncode == 1
        assert failed.stdout == ""
        assert failed.stderr.splitlines()[-1].startswith("The packages could not be installed")
        machine.broken.unlink()
        assert machine.run("-c", "print('it runs')").stdout == "it runs\n"
        assert machine.calls.read_text().count("venv --clear") == 2

    @pytest.mark.parametrize("first", ["runtime", "development"])
    def test_takes_the_local_model_beside_what_it_holds(self, machine: Machine, first: str) -> None:
        for kind in (first, "local-model", first, "local-model"):
            machine.run(kind=kind)
        assert machine.installed() == [first, "local-model"]

    def test_of_the_local_model_alone_is_the_servers_with_it(self, machine: Machine) -> None:
        machine.run(kind="local-model")
        machine.run(kind="runtime")
        assert machine.installed() == ["runtime", "local-model"]

    @pytest.mark.parametrize(
        ("arguments", "wanted"), [([], False), (["--local-model"], True), (["--port", "1"], False)]
    )
    def test_of_a_start_is_what_it_was_told(
        self, machine: Machine, arguments: list[str], wanted: bool
    ) -> None:
        subprocess.run(
            [machine.repository / "scripts" / "serve", *arguments],
            env={"PATH": f"{machine.programs}:{os.defpath}", "HOME": str(machine.repository)},
            capture_output=True,
            timeout=60,
        )
        assert ("local-model" in machine.installed()) is wanted

    def test_is_made_by_one_of_two_that_start_at_once(self, machine: Machine) -> None:
        command = [
            str(machine.repository / "scripts" / "in_environment"),
            "runtime",
            "-c",
            "print('it runs')",
        ]
        variables = {"PATH": f"{machine.programs}:{os.defpath}"}
        both = [
            subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for _ in range(2)
        ]
        assert [each.communicate(timeout=60)[0] for each in both] == [b"it runs\n"] * 2
        assert machine.installed() == ["runtime"]

    def test_says_what_is_missing_when_python_is_too_old(self, machine: Machine) -> None:
        for name in ("python3", "python", "python3.11", "python3.12", "python3.13", "python3.14"):
            machine.add_program(name, "#!/bin/sh\nexit 1\n")
        failed = machine.run("-c", "print('not this')")
        assert failed.returncode == 1
        assert failed.stderr == "Candor needs Python 3.11 or newer, and none was found on the PATH.\n"
        assert not (machine.repository / ".venv").exists()


def test_the_developers_list_has_the_servers_pins() -> None:
    def pins(kind: str) -> set[str]:
        lines = (REPOSITORY / "scripts" / "requirements" / f"{kind}.txt").read_text().splitlines()
        return {line.split()[0] for line in lines if "==" in line}

    assert pins("runtime") <= pins("development")
