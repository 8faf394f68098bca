-- Usage: one row per settled call, its hourly sums, and the lives of the processes that settle calls.

-- One row per call. Partitioned by the UTC day the call was opened on, so that old days are dropped and not deleted.
-- The settlement's id makes a row written twice one row; it stands behind the time because a key of a partitioned
-- table must hold the partition's column.
CREATE TABLE dvara_main.usage (
    id                     text        NOT NULL,
    epoch                  text        NOT NULL,
    opened_at              timestamptz NOT NULL,
    tenant                 text,
    key                    text,
    trace_id               text        NOT NULL,
    session_id             text,
    endpoint               text        NOT NULL,
    requested_model        text,
    model                  text,
    provider               text,
    route                  text,
    status                 smallint    NOT NULL,
    outcome                text        NOT NULL,
    error_code             text,
    stream                 boolean     NOT NULL,
    -- Tokens in classes that do not overlap; all absent where nothing is known about the call's tokens.
    input_tokens           bigint,
    cache_read_tokens      bigint,
    cache_write_tokens     bigint,
    output_tokens          bigint,
    reasoning_tokens       bigint,
    estimated              boolean     NOT NULL,
    output_characters      bigint,
    cache_status           text,
    credential_fingerprint text,
    attempts               integer     NOT NULL,
    duration_us            bigint      NOT NULL,
    upstream_us            bigint,
    first_byte_us          bigint,
    -- Absent means unpriced, which is not the same as free.
    cost_nanousd           bigint,
    PRIMARY KEY (opened_at, id)
) PARTITION BY RANGE (opened_at);

-- Takes the rows of days that nobody made a partition for, so that no insert can fail for want of one.
CREATE TABLE dvara_main.usage_default PARTITION OF dvara_main.usage DEFAULT;

-- Sums per hour: what charts and bills read. Absent texts are '' here, since a key takes no nulls.
-- `model` is '' for calls refused with 4xx other than 429: such a name may be one that a caller made up.
-- `shard` spreads the writers of a fleet over several rows of the same hour, so that they do not wait for each
-- other; it has no meaning, and readers sum over it.
CREATE TABLE dvara_main.usage_hourly (
    hour               timestamptz NOT NULL,
    tenant             text        NOT NULL,
    key                text        NOT NULL,
    model              text        NOT NULL,
    provider           text        NOT NULL,
    status_class       smallint    NOT NULL,
    outcome            text        NOT NULL,
    shard              smallint    NOT NULL,
    calls              bigint      NOT NULL,
    input_tokens       bigint      NOT NULL,
    cache_read_tokens  bigint      NOT NULL,
    cache_write_tokens bigint      NOT NULL,
    output_tokens      bigint      NOT NULL,
    reasoning_tokens   bigint      NOT NULL,
    estimated_calls    bigint      NOT NULL,
    unpriced_calls     bigint      NOT NULL,
    cost_nanousd       bigint      NOT NULL,
    duration_us        bigint      NOT NULL,
    upstream_us        bigint      NOT NULL,
    PRIMARY KEY (hour, tenant, key, model, provider, status_class, outcome, shard)
) WITH (fillfactor = 70);

-- One life of one process. A row that is neither closed nor seen lately belongs to a process that died: its last
-- settlements may be missing. `dropped` counts settlements that the process itself knows it lost.
CREATE TABLE dvara_main.epochs (
    id         text        PRIMARY KEY,
    service    text        NOT NULL,
    host       text        NOT NULL,
    version    text        NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz,
    dropped    bigint      NOT NULL DEFAULT 0
);

CREATE INDEX epochs_last_seen ON dvara_main.epochs (last_seen);

-- Makes the partitions of the days from `first_day` to `last_day`, moves the rows there that came before their
-- partition, and returns how many were made. A partition is attached and not created in place, so that writers of
-- other days are not held up; the locks are taken parent first, as everybody else takes them.
CREATE FUNCTION dvara_main.usage_ensure_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
DECLARE
    day  date    := first_day;
    made integer := 0;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dvara_main.usage partitions', 0));
    WHILE day <= last_day LOOP
        part := 'usage_p' || to_char(day, 'YYYYMMDD');
        IF to_regclass(format('dvara_main.%I', part)) IS NULL THEN
            LOCK TABLE ONLY dvara_main.usage IN SHARE UPDATE EXCLUSIVE MODE;
            LOCK TABLE dvara_main.usage_default IN ACCESS EXCLUSIVE MODE;
            EXECUTE format('CREATE TABLE dvara_main.%I (LIKE dvara_main.usage INCLUDING ALL)', part);
            EXECUTE format(
                'WITH moved AS (DELETE FROM dvara_main.usage_default WHERE opened_at >= %1$L AND opened_at < %2$L RETURNING *)
                 INSERT INTO dvara_main.%3$I SELECT * FROM moved',
                day::timestamptz, (day + 1)::timestamptz, part);
            EXECUTE format(
                'ALTER TABLE dvara_main.usage ATTACH PARTITION dvara_main.%3$I FOR VALUES FROM (%1$L) TO (%2$L)',
                day::timestamptz, (day + 1)::timestamptz, part);
            made := made + 1;
        END IF;
        day := day + 1;
    END LOOP;
    RETURN made;
END
$$;

-- Drops the partitions of all days before `first_kept`, and such rows of the default partition; returns how many
-- partitions went. The hourly sums stay.
CREATE FUNCTION dvara_main.usage_drop_before(first_kept date) RETURNS integer
LANGUAGE plpgsql SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
DECLARE
    part    name;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dvara_main.usage partitions', 0));
    FOR part IN
        SELECT child.relname
        FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = 'dvara_main.usage'::regclass
          AND child.relname ~ '^usage_p[0-9]{8}$'
          AND child.relname < 'usage_p' || to_char(first_kept, 'YYYYMMDD')
        ORDER BY child.relname
    LOOP
        EXECUTE format('DROP TABLE dvara_main.%I', part);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM dvara_main.usage_default WHERE opened_at < first_kept::timestamptz;
    RETURN dropped;
END
$$;
