"""The audit log's formats and checks: what an entry's bytes are, how they are chained, what verification finds. No SQL."""
