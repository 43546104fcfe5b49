"""The embedded server's settings: durable, local, quiet about values, sized for a small machine.

Both files are written at each start, so that a newer Candor brings its settings along, and lie outside the
cluster, where the server's user cannot change them.
"""

from collections.abc import Mapping
from typing import Final

from persistence.embedded.layout import Layout

_SETTINGS: Final[Mapping[str, str]] = {
    # Who can connect: nobody over a network; the socket path is relative to the cluster, so its length is
    # bounded.
    "listen_addresses": "",
    "unix_socket_directories": "../socket",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "allow_alter_system": "off",
    # Durability: what was confirmed survives a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Size.
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "min_wal_size": "80MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "huge_pages": "off",
    "random_page_cost": "1.1",
    "jit": "off",  # short statements only
    # A forgotten transaction must not hold locks, and rows that others wait for, for ever.
    "idle_in_transaction_session_timeout": "60s",
    "client_connection_check_interval": "5s",
    # Same answers everywhere.
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "ISO, YMD",
    "default_text_search_config": "pg_catalog.simple",
    # The log says what happens to the server. Errors of statements are the client's to report: their messages
    # can hold values (a failed cast quotes its input), so they are not logged at all.
    "logging_collector": "on",
    "log_destination": "stderr",
    "log_directory": "../log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_file_mode": "0600",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
}

_ACCESS_RULES: Final = """\
# Written at each start. Only the socket, only with a password.
local all all scram-sha-256
"""


def write_configuration(layout: Layout, extra_settings: Mapping[str, str]) -> None:
    """Write both files; ``extra_settings`` override ours."""
    settings = {**_SETTINGS, **extra_settings}
    lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
    layout.write(layout.settings, "# Written at each start.\n" + "".join(lines))
    layout.write(layout.access_rules, _ACCESS_RULES)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
