"""The database: tables, connections, queries. SQLite and PostgreSQL, chosen by the URL alone."""
