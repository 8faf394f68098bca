-- Calls per key and second: what the gateways of a fleet tell each other about request rates (ADR 12).
--
-- Unlogged: the counts live for a minute, and after a crash of the server they begin at nothing.
-- Each process writes rows of its own (`writer`), so no two ever wait for each other, and a count sent twice is one
-- count. A second is numbered by the database's clock.
CREATE UNLOGGED TABLE dvara_main.rate_counts (
    second   bigint NOT NULL,
    key      text   NOT NULL,
    writer   bigint NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (second, key, writer)
) WITH (
    -- A row is updated some four times and read for a minute: room for that on its own page, and early cleaning.
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000
);

-- Notes what a process (`$1`) counted, as seconds, keys and totals of its own, and returns what all others counted in
-- the seconds from `$2` on. The first row has the database's clock in milliseconds and no key.
-- A function, because its plans are kept by the session, and because what it reads includes what was committed while
-- it wrote. With nothing to note it writes nothing.
CREATE FUNCTION dvara_main.rate_exchange(bigint, bigint, bigint[], text[], bigint[])
RETURNS TABLE (second bigint, key text, requests bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    clock bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
BEGIN
    IF cardinality($3) > 0 THEN
        INSERT INTO dvara_main.rate_counts AS counted (second, key, writer, requests)
        SELECT noted.second, noted.key, $1, noted.requests
        FROM unnest($3, $4, $5) AS noted (second, key, requests)
        ORDER BY 1, 2
        ON CONFLICT ON CONSTRAINT rate_counts_pkey DO UPDATE
        SET requests = greatest(counted.requests, excluded.requests);
    END IF;
    RETURN QUERY SELECT clock, NULL::text, 0::bigint;
    -- Nothing older than a window and a half is anybody's business, however long the process was away.
    RETURN QUERY
        SELECT counted.second, counted.key, sum(counted.requests)::bigint
        FROM dvara_main.rate_counts AS counted
        WHERE counted.second >= greatest($2, clock / 1000 - 90) AND counted.writer <> $1
        GROUP BY counted.second, counted.key;
END
$$;

-- Deletes seconds that no window reaches any more, or that a clock which was wrong for a while left in the future.
-- Rows that somebody else is just deleting are left to them. Returns how many it deleted.
CREATE FUNCTION dvara_main.rate_forget() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    clock bigint := floor(extract(epoch FROM clock_timestamp()));
    deleted bigint;
BEGIN
    DELETE FROM dvara_main.rate_counts WHERE ctid = ANY (ARRAY(
        SELECT old.ctid FROM dvara_main.rate_counts AS old
        WHERE old.second < clock - 120 OR old.second > clock + 120
        LIMIT 20000
        FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;
