"""The store: tables, statements, unit of work, migrations and the embedded PostgreSQL. It knows neither HTTP nor the
rules.
"""
