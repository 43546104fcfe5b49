"""Servers and their key file: made at the first start, kept at the next, shared by a setting."""

from __future__ import annotations

import stat
from pathlib import Path

from contract_tests.conftest import StartServer


class TestStart:
    def test_makes_it_in_the_data_directory_and_keeps_it(self, start_server: StartServer) -> None:
        server = start_server()
        made = server.data_dir / "candor.key"
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert "back it up" in server.stderr
        content = made.read_bytes()
        server.stop()
        again = start_server(data_dir=server.data_dir)
        assert made.read_bytes() == content
        assert "back it up" not in again.stderr

    def test_makes_it_where_the_setting_says(self, start_server: StartServer, tmp_path: Path) -> None:
        server = start_server(variables={"CANDOR_KEY_FILE": str(tmp_path / "elsewhere")}, workers=2)
        assert (tmp_path / "elsewhere").is_file()
        assert not (server.data_dir / "candor.key").exists()

    def test_is_refused_with_a_file_that_holds_no_key(
        self, start_server: StartServer, tmp_path: Path
    ) -> None:
        (tmp_path / "broken").write_text("not a key\n")
        server = start_server(variables={"CANDOR_KEY_FILE": str(tmp_path / "broken")}, wait=False)
        assert server.ended() == 1
        assert f"Line 1 of the key file {tmp_path / 'broken'}" in server.stderr.splitlines()[-1]
        assert (tmp_path / "broken").read_text() == "not a key\n"
