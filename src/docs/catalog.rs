//! catalog.json v1 from the database's catalog rows.
