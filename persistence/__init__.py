"""The store: tables, statements, unit of work, migrations and the embedded PostgreSQL. Knows neither HTTP nor the rules."""
