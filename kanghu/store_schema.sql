-- The operational store of the platform. Every statement can be run again.
create schema if not exists kanghu;

-- A batch: one run of collect over some feeds, then carried through the later steps.
create table if not exists kanghu.batch (
    batch_id text primary key,
    kind text not null check (kind in ('collect', 'replay')),
    state text not null check (state in ('open', 'collected', 'normalised', 'identified', 'done')),
    created_at timestamptz not null default now(),
    finished_at timestamptz
);

-- The batch log: what one batch did with one feed.
create table if not exists kanghu.feed_run (
    batch_id text not null references kanghu.batch,
    institution text not null,
    feed text not null,
    system text not null,
    table_name text not null,
    mode text not null,
    state text not null check (state in ('collected', 'failed')),
    delivered bigint not null default 0,
    source_rows bigint not null default 0,
    bronze_rows bigint not null default 0,
    unchanged_rows bigint not null default 0,
    deleted_rows bigint not null default 0,
    watermark_from text,
    watermark_to text,
    error text,
    started_at timestamptz not null,
    finished_at timestamptz not null default now(),
    primary key (batch_id, institution, feed)
);

alter table kanghu.feed_run add column if not exists columns jsonb;
comment on column kanghu.feed_run.columns is
'Of a run that brought rows: [[name, source type], ...] that their hashes were made of.';

-- What is known of a feed between batches. columns: [[name, source type], ...] as last accepted.
create table if not exists kanghu.feed_state (
    institution text not null,
    feed text not null,
    system text not null,
    table_name text not null,
    watermark text,
    columns jsonb,
    last_batch_id text,
    last_success timestamptz,
    last_error text,
    primary key (institution, feed)
);

alter table kanghu.feed_state add column if not exists seen jsonb;
comment on column kanghu.feed_state.seen is
'What lets collect know an idle feed without opening the lake: the keys and hashes of the rows at or
after the watermark, or a fingerprint of the feed''s files.';

-- What collect is about to commit to one bronze table, written before the commit: whoever resumes
-- the batch after a kill finds either the commit in the table (and finishes the log from here) or not.
create table if not exists kanghu.landing (
    batch_id text not null references kanghu.batch,
    system text not null,
    table_name text not null,
    outcomes jsonb not null,
    primary key (batch_id, system, table_name)
);

-- The last comparison of a feed's source with the lake.
create table if not exists kanghu.comparison (
    institution text not null,
    feed text not null,
    compared_at timestamptz not null default now(),
    result text not null check (result in ('equal', 'different', 'not comparable')),
    source_rows bigint,
    lake_rows bigint,
    missing_rows bigint,
    extra_rows bigint,
    altered_rows bigint,
    reason text,
    examples jsonb,
    primary key (institution, feed)
);

create table if not exists kanghu.bronze_loss (
    institution text not null,
    feed text not null,
    what text not null,
    first_seen timestamptz not null default now(),
    primary key (institution, feed, what)
);
comment on table kanghu.bronze_loss is
'Rows of bronze that are not what their batch wrote: told loudly once, then kept here, since no
source holds an older version any more.';

-- Where each feed's rows of each dataset stand after the last normalise.
create table if not exists kanghu.conservation (
    institution text not null,
    feed text not null,
    dataset text not null,
    bronze bigint not null,
    silver bigint not null,
    quarantine bigint not null,
    superseded bigint not null,
    batch_id text not null,
    primary key (institution, feed, dataset)
);

alter table kanghu.conservation add column if not exists shared bigint not null default 0;
comment on column kanghu.conservation.shared is
'Rows that a dataset before this one in the table''s maps counts too: over a feed''s datasets, bronze
less shared is the number of rows in its bronze table.';

-- What of bronze has still to be carried into silver again: asked for (kanghu replay), or not carried
-- because a mapping failed. It stays until the marts are built from it, so a kill forgets nothing.
-- An empty system means all systems, an empty dataset all of the table's.
create table if not exists kanghu.replay_due (
    system text not null default '',
    table_name text not null default '',
    dataset text not null default '',
    error text,
    asked_at timestamptz not null default now(),
    primary key (system, table_name, dataset)
);

alter table kanghu.batch add column if not exists error text;
comment on column kanghu.batch.error is 'What stopped the batch on its way; null once it went on.';

-- One writer a table at a time (law 3). fencing grows with every new holder.
create table if not exists kanghu.lease (
    resource text primary key,
    holder text not null,
    fencing bigint not null,
    expires_at timestamptz not null
);

-- Which version of each dataset silver holds; a table that is being rebuilt does not hold all yet.
create table if not exists kanghu.silver_version (
    dataset text primary key,
    version integer not null,
    state text not null check (state in ('current', 'rebuilding')),
    changed_at timestamptz not null default now()
);

-- What people decided about who is who (spark_jobs/identity/decisions.py). Only ever appended to:
-- a decision made in error is undone by an entry that names it. Numbers grow in the order of
-- commits, as entries are made one at a time, so the last one read says what was read.
create table if not exists kanghu.identity_decision (
    decision_id bigint primary key,
    kind text not null check (kind in ('same', 'different', 'undo')),
    undoes bigint unique references kanghu.identity_decision,
    who text not null check (who <> ''),
    why text not null check (why <> ''),
    decided_at timestamptz not null default now(),
    left_resident text not null,
    right_resident text not null,
    check ((kind = 'undo') = (undoes is not null))
);

create table if not exists kanghu.identity_decision_row (
    decision_id bigint not null references kanghu.identity_decision,
    side text not null check (side in ('left', 'right')),
    institution text not null,
    feed text not null,
    source_key text not null,
    dataset text not null,
    primary key (decision_id, institution, feed, source_key, dataset)
);

create or replace function kanghu.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is only ever appended to', tg_table_name;
end $$;

create or replace trigger only_appended before update or delete or truncate
    on kanghu.identity_decision for each statement execute function kanghu.refuse_change();
create or replace trigger only_appended before update or delete or truncate
    on kanghu.identity_decision_row for each statement execute function kanghu.refuse_change();

-- The last decision that reached silver and the marts: one row.
create table if not exists kanghu.identity_carried (
    single boolean primary key check (single),
    decision_id bigint not null
);

-- Exceptions from quality rules (pipeline/quality_exceptions.py), only ever appended to: one is
-- taken back by an entry that names it. Without feed and source key it is meant for every record of
-- the institution.
create table if not exists kanghu.quality_exception (
    exception_id bigint primary key,
    kind text not null check (kind in ('grant', 'revoke')),
    revokes bigint unique references kanghu.quality_exception,
    rule text not null,
    institution text not null,
    feed text,
    source_key text,
    who text not null check (who <> ''),
    why text not null check (why <> ''),
    granted_at timestamptz not null default now(),
    until_date date,
    check ((kind = 'revoke') = (revokes is not null)),
    check ((kind = 'grant') = (until_date is not null)),
    check ((feed is null) = (source_key is null))
);
create or replace trigger only_appended before update or delete or truncate
    on kanghu.quality_exception for each statement execute function kanghu.refuse_change();

-- Who looked at direct identifiers in quality lists, and why.
create table if not exists kanghu.quality_disclosure (
    disclosure_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    who text not null check (who <> ''),
    why text not null check (why <> ''),
    asked text not null,
    records bigint not null
);
create or replace trigger only_appended before update or delete or truncate
    on kanghu.quality_disclosure for each statement execute function kanghu.refuse_change();

-- The weights, grades, targets and exceptions with which the published marts were made: one row.
create table if not exists kanghu.quality_carried (
    single boolean primary key check (single),
    fingerprint text not null
);
