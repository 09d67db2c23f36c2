"""Ledger tables: the tables that every ledger has, and making them where they lack.

Belongs here: the schema of files, parses, rules and builds, and the list of modules with tables of their own. Does not: any
statement on them (state, and those modules).
"""

from __future__ import annotations

import sqlite3
import zlib

from pipelines.core import departed, drifts, file_history, measured, receipts, tickets

SCHEMA = """
create table if not exists home (key text primary key, value text not null);
create table if not exists file (
    feed text, sha256 text, contract text not null, name text not null, size_bytes integer not null, received_at text not null,
    extracted_at text, covers text not null, status text not null, held_what text not null default '',
    held_where text not null default '', held_remedy text not null default '', unknown_columns text not null default '',
    primary key (feed, sha256));
create table if not exists sighting (
    feed text, path text, size_bytes integer, mtime_ns integer, sha256 text not null, seen_at text not null,
    primary key (feed, path, size_bytes, mtime_ns));
create index if not exists sighting_of on sighting (feed, sha256);
create table if not exists parse (
    feed text, sha256 text, parser text, contract text not null, landing_path text not null, is_current integer not null,
    read_n integer not null, accepted_n integer not null, quarantined_n integer not null, repeat_n integer not null,
    nondata_n integer not null, clock_min text, clock_max text, encoding text not null, loaded_at text not null,
    primary key (feed, sha256, parser));
create table if not exists rule_outcome (
    feed text, sha256 text, parser text, rule_id text, column_name text, severity text, dimension text,
    evaluated_n integer not null, failed_n integer not null, primary key (feed, sha256, parser, rule_id));
create table if not exists quality_outcome (
    feed text, sha256 text, parser text, rule_id text, severity text not null,
    evaluated_n integer not null, failed_n integer not null,
    is_error integer not null, error text not null, ran_at text not null, primary key (feed, sha256, parser, rule_id));
create table if not exists judgement (feed text, sha256 text, parser text not null, primary key (feed, sha256));
create table if not exists build (
    build_id text primary key, started_at text not null, finished_at text, as_of text, mode text, status text not null,
    reason text not null default '', fingerprint text not null default '');
"""
#: Modules with tables of their own; and a number for what all tables look like: a file with another one lacks something.
PARTS = (tickets, measured, receipts, drifts, file_history, departed)
SHAPE = zlib.crc32("".join([SCHEMA, *(part.SCHEMA for part in PARTS), *tickets.ADDED]).encode()) >> 1


def prepare(db: sqlite3.Connection) -> None:
    """Make what is lacking. Opening a ledger as it should be writes nothing, and so waits for no writer."""
    if db.execute("pragma user_version").fetchone()[0] == SHAPE:
        return
    db.executescript(SCHEMA)
    for part in PARTS:
        part.prepare(db)
    db.execute(f"pragma user_version = {SHAPE}")
