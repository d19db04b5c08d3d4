"""The audit log's formats and checks: an entry's bytes, how they are chained, what verification finds. No SQL."""
