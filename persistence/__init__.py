"""The store: tables, statements, unit of work, migrations and the embedded PostgreSQL; it knows neither HTTP
nor the rules.
"""
